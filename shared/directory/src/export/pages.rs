//! Reads an export page by page. Each page reads a bounded part of the table, so a page can be short, or even empty,
//! although others follow.

use std::collections::BTreeSet;

use rollcall_model::{GROUPS, USERS, is_id};
use rollcall_scim as scim;
use rollcall_store::{Error, Item, Range, text};
use serde_json::Value;

use crate::erasure::identifiers;
use crate::erasure::mentions::Person;
use crate::export::handle::Exports;
use crate::export::lines::line;
use crate::export::sections::{
    DELETED_PEOPLE, MEMBERS, OF_PERSON, PEOPLE, REQUESTS, SECTIONS, Section,
};
use crate::request_log::log::LoggedRequest;
use crate::request_log::stored::unpacked;
use crate::resources::crud::not_found;
use crate::resources::handle::Resources;
use crate::resources::tombstones::Tombstone;

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
    /// The group whose members are being read.
    group: Option<String>,
    behind: Option<String>,
}

impl Place {
    fn parse(cursor: Option<&str>) -> Option<Self> {
        let Some(cursor) = cursor else {
            return Some(Self::default());
        };
        let mut parts = cursor.splitn(3, '~');
        let (name, group, behind) = (parts.next()?, parts.next()?, parts.next()?);
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Some(Self {
            section: SECTIONS.iter().position(|section| section.name == name)?,
            group: given(group),
            behind: given(behind),
        })
    }

    fn cursor(&self) -> Option<String> {
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
    /// `404` when the tenant never existed; `invalidValue` for a cursor that no page had.
    pub async fn tenant(self, after: Option<&str>, limit: usize) -> Result<ExportPage, Error> {
        let place = Place::parse(after).ok_or_else(no_cursor)?;
        self.page(place, None, limit).await
    }

    /// Reads the page of a person's export after a cursor, with at most `limit` objects.
    ///
    /// # Errors
    /// `404` when the person never existed, or was erased; `invalidValue` for a cursor that no page had.
    pub async fn person(
        self,
        id: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ExportPage, Error> {
        let place = Place::parse(after).ok_or_else(no_cursor)?;
        let identifiers = self.identifiers(id).await?;
        let person = Person {
            id,
            identifiers: &identifiers,
        };
        self.page(place, Some(person), limit).await
    }

    /// Returns the identifiers of a person: those of now, or of a deleted person those of their history.
    async fn identifiers(self, id: &str) -> Result<BTreeSet<String>, Error> {
        if !is_id(id) {
            return Err(not_found(&USERS, id));
        }
        let ids = [id.to_owned()];
        let records = Resources::of(self.scope).records(&USERS, &ids).await?;
        if let Some(record) = records.into_iter().next() {
            let attributes = record.resource(&USERS)?.attributes().clone();
            return Ok(identifiers::of_attributes(&Value::Object(attributes)));
        }
        let deleted = Tombstone::of_person(self.scope, id).await?;
        deleted.ok_or_else(|| not_found(&USERS, id))?;
        identifiers::all_of(self.scope, id).await
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
                next: place.of_next_section().cursor(),
            });
        }
        if section.name == MEMBERS {
            return self.members(place, section, person, limit).await;
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
            next: next.cursor(),
        })
    }

    /// Reads the members of one group, or goes on to the next group.
    async fn members(
        self,
        place: Place,
        section: &Section,
        person: Option<Person<'_>>,
        limit: usize,
    ) -> Result<ExportPage, Error> {
        let keys = self.scope.keys();
        if let Some(person) = person {
            let of = [person.id.to_owned()];
            let record = Resources::of(self.scope).records(&USERS, &of).await?.pop();
            let groups = record.map(|record| record.groups).unwrap_or_default();
            let memberships = groups.iter().map(|group| keys.member(group, person.id));
            let items = self.scope.table.batch_get(memberships).await?;
            return Ok(ExportPage {
                lines: lines(section, items, None)?,
                next: place.of_next_section().cursor(),
            });
        }
        let Some(group) = &place.group else {
            let groups = Range::all(keys.resources(&GROUPS)).after(place.behind.clone());
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
                next: next.cursor(),
            });
        };
        let range = Range::all(keys.members(group)).after(place.behind.clone());
        let page = self.scope.table.query(&range.limit(limit)).await?;
        let mut lines = lines(section, page.items, None)?;
        for line in &mut lines {
            line["group"] = Value::from(group.as_str());
        }
        let next = match page.next {
            Some(behind) => Place {
                behind: Some(behind),
                ..place.clone()
            },
            // The next group is the one after this.
            None => Place {
                group: None,
                behind: Some(group.clone()),
                ..place.clone()
            },
        };
        Ok(ExportPage {
            lines,
            next: next.cursor(),
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
            REQUESTS => unpacked(item)?,
            _ => item,
        };
        let is_wanted = match (person, section.name) {
            // Their range is the person's id.
            (None, _) | (Some(_), PEOPLE | DELETED_PEOPLE) => true,
            (Some(person), REQUESTS) => {
                person.is_in_request(&LoggedRequest::from_item(item.clone())?)
            }
            (Some(person), _) => person.is_in_item(&item),
        };
        if is_wanted {
            lines.extend(line(section, item)?);
        }
    }
    Ok(lines)
}

fn no_cursor() -> Error {
    scim::Error::InvalidValue("`after` is not the `next` of a page".to_owned()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_says_where_to_go_on() {
        for cursor in [
            "configuration~~",
            "users~~u-1",
            "memberships~g-1~m-1",
            "events~~0001",
        ] {
            let place = Place::parse(Some(cursor)).unwrap();
            assert_eq!(place.cursor().as_deref(), Some(cursor));
        }
        for cursor in ["", "users", "users~", "nothing~~"] {
            assert_eq!(Place::parse(Some(cursor)), None, "{cursor}");
        }
        assert_eq!(Place::parse(None), Some(Place::default()));
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
