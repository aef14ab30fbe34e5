//! Reads an export page by page. Each page reads a bounded part of the table, so a page can be short, or even empty,
//! although others follow.

use rollcall_model::USERS;
use rollcall_scim as scim;
use rollcall_store::{Error, Item, Range, text};
use serde_json::Value;

use crate::erasure::mentions::Person;
use crate::erasure::needles::Needles;
use crate::export::handle::Exports;
use crate::export::known::known;
use crate::export::lines::line;
use crate::export::sections::{
    Below, DELETED_PEOPLE, MEMBERS, OF_PERSON, PEOPLE, REQUESTS, SECTIONS, Section,
};
use crate::request_log::log::LoggedRequest;
use crate::request_log::stored::unpacked;
use crate::resources::handle::Resources;
use crate::resources::signed::{list_cursor, list_place};

/// The list to which the cursors of the export of a tenant are bound.
const OF_TENANT: &str = "export";

/// One page of an export.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExportPage {
    /// The objects, each with its `type`.
    pub lines: Vec<Value>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
}

/// The place after which a page begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    section: usize,
    /// The item whose own objects are being read, such as the group of members.
    group: Option<String>,
    behind: Option<String>,
}

impl Place {
    /// Reads what [`Self::said`] has said.
    fn parse(said: &str) -> Option<Self> {
        let mut parts = said.splitn(3, '~');
        let (name, group, behind) = (parts.next()?, parts.next()?, parts.next()?);
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Some(Self {
            section: SECTIONS.iter().position(|section| section.name == name)?,
            group: given(group),
            behind: given(behind),
        })
    }

    /// Returns what the cursor says of the place; `None` at the end.
    fn said(&self) -> Option<String> {
        let section = SECTIONS.get(self.section)?;
        let shown = |text: &Option<String>| text.clone().unwrap_or_default();
        let (group, behind) = (shown(&self.group), shown(&self.behind));
        Some(format!("{}~{group}~{behind}", section.name))
    }

    fn of_next_section(&self) -> Self {
        Self {
            section: self.section + 1,
            ..Self::default()
        }
    }
}

impl Exports<'_> {
    /// Reads the page of the tenant's export after a cursor, with at most `limit` objects.
    ///
    /// # Errors
    /// `404` when the tenant never existed; `invalidCursor` and `expiredCursor` for the cursor.
    pub async fn tenant(self, after: Option<&str>, limit: usize) -> Result<ExportPage, Error> {
        let place = self.place(OF_TENANT, after).await?;
        let page = self.page(place, None, limit).await?;
        self.signed(OF_TENANT, page).await
    }

    /// Reads the page of a person's export after a cursor, with at most `limit` objects.
    ///
    /// # Errors
    /// `404` when the person never existed, or was erased; `invalidCursor` and `expiredCursor` for the cursor.
    pub async fn person(
        self,
        id: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ExportPage, Error> {
        let list = format!("{OF_TENANT}\n{id}");
        let place = self.place(&list, after).await?;
        let Some(called) = known(self.scope, id, after.is_none()).await? else {
            let page = ExportPage {
                lines: Vec::new(),
                next: place.said(),
            };
            return self.signed(&list, page).await;
        };
        let person = Person {
            id,
            identifiers: &Needles::new(called.identifiers)?,
            names: &Needles::new(called.names)?,
        };
        let page = self.page(place, Some(person), limit).await?;
        self.signed(&list, page).await
    }

    /// Returns the place that a cursor of this export names; the beginning without one.
    async fn place(self, list: &str, after: Option<&str>) -> Result<Place, Error> {
        let Some(cursor) = after else {
            return Ok(Place::default());
        };
        let said: String = list_place(self.scope, list, cursor).await?;
        // The version before a roll-back can have had other sections.
        let place = Place::parse(&said).ok_or(scim::Error::InvalidCursor)?;
        Ok(place)
    }

    /// Binds the cursor of the next page to this export.
    async fn signed(self, list: &str, page: ExportPage) -> Result<ExportPage, Error> {
        let next = match &page.next {
            Some(said) => Some(list_cursor(self.scope, list, said).await?),
            None => None,
        };
        Ok(ExportPage { next, ..page })
    }

    async fn page(
        self,
        place: Place,
        person: Option<Person<'_>>,
        limit: usize,
    ) -> Result<ExportPage, Error> {
        let Some(section) = SECTIONS.get(place.section) else {
            return Ok(ExportPage::default());
        };
        let is_skipped = person.is_some() && !OF_PERSON.contains(&section.name);
        if is_skipped {
            return Ok(ExportPage {
                lines: Vec::new(),
                next: place.of_next_section().said(),
            });
        }
        if section.name == MEMBERS
            && let Some(person) = person
        {
            return self.memberships(place, section, person).await;
        }
        if let Some(below) = section.below {
            return self.below(place, section, below, limit).await;
        }
        let keys = self.scope.keys();
        let range = match person {
            Some(person) => section.range_about(keys, person.id),
            None => section.range(keys),
        };
        let range = range.after(place.behind.clone()).limit(limit);
        let page = self.scope.table.query(&range).await?;
        let next = match page.next {
            Some(behind) => Place {
                behind: Some(behind),
                ..place
            },
            None => place.of_next_section(),
        };
        Ok(ExportPage {
            lines: lines(section, page.items, person)?,
            next: next.said(),
        })
    }

    /// Reads the memberships of a person.
    async fn memberships(
        self,
        place: Place,
        section: &Section,
        person: Person<'_>,
    ) -> Result<ExportPage, Error> {
        let keys = self.scope.keys();
        let of = [person.id.to_owned()];
        let record = Resources::of(self.scope).records(&USERS, &of).await?.pop();
        let groups = record.map(|record| record.groups).unwrap_or_default();
        let memberships = groups.iter().map(|group| keys.member(group, person.id));
        let items = self.scope.table.batch_get(memberships).await?;
        Ok(ExportPage {
            lines: lines(section, items, None)?,
            next: place.of_next_section().said(),
        })
    }

    /// Reads the objects of one item, such as the members of a group, or goes on to the next item.
    async fn below(
        self,
        place: Place,
        section: &Section,
        (partition, of): Below,
        limit: usize,
    ) -> Result<ExportPage, Error> {
        let keys = self.scope.keys();
        let Some(group) = &place.group else {
            let groups = section.parents(keys).after(place.behind.clone());
            let found = self.scope.table.query(&groups.limit(1)).await?.items;
            let next = match found.first() {
                Some(group) => Place {
                    group: Some(text(group, "SK")?.to_owned()),
                    behind: None,
                    ..place
                },
                None => place.of_next_section(),
            };
            return Ok(ExportPage {
                lines: Vec::new(),
                next: next.said(),
            });
        };
        let range = Range::all(partition(keys, group)).after(place.behind.clone());
        let page = self.scope.table.query(&range.limit(limit)).await?;
        let mut lines = lines(section, page.items, None)?;
        for line in &mut lines {
            line[of] = Value::from(group.as_str());
        }
        let next = match page.next {
            Some(behind) => Place {
                behind: Some(behind),
                ..place.clone()
            },
            // The next item is the one after this.
            None => Place {
                group: None,
                behind: Some(group.clone()),
                ..place.clone()
            },
        };
        Ok(ExportPage {
            lines,
            next: next.said(),
        })
    }
}

/// Returns the objects of the items, or of those that name the person.
fn lines(
    section: &Section,
    items: Vec<Item>,
    person: Option<Person<'_>>,
) -> Result<Vec<Value>, Error> {
    let mut lines = Vec::with_capacity(items.len());
    for item in items {
        let item = match section.name {
            // One that cannot be read is exported as it is stored.
            REQUESTS => unpacked(item.clone()).unwrap_or(item),
            _ => item,
        };
        let is_wanted = match (person, section.name) {
            // Their range is the person's id.
            (None, _) | (Some(_), PEOPLE | DELETED_PEOPLE) => true,
            (Some(person), REQUESTS) => match LoggedRequest::from_item(item.clone()) {
                Ok(request) => person.is_in_request(&request),
                Err(_) => person.is_in_item(&item),
            },
            (Some(person), _) => person.is_in_item(&item),
        };
        if is_wanted {
            lines.extend(line(section, item)?);
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_said() {
        for cursor in [
            "configuration~~",
            "users~~u-1",
            "memberships~g-1~m-1",
            "events~~0001",
        ] {
            let place = Place::parse(cursor).unwrap();
            assert_eq!(place.said().as_deref(), Some(cursor));
        }
        for cursor in ["", "users", "users~", "nothing~~"] {
            assert_eq!(Place::parse(cursor), None, "{cursor}");
        }
    }

    #[test]
    fn the_sections_of_a_person_exist() {
        for name in OF_PERSON {
            assert!(
                SECTIONS.iter().any(|section| section.name == name),
                "{name}"
            );
        }
    }
}
