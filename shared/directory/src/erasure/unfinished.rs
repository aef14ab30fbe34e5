//! The list of the erasures that are not finished, of the whole stack. It is read in bounded pages.

use rollcall_model::TenantId;
use rollcall_store::{Error, Range, StackKeys, Table, text};

use crate::erasure::record::Erased;

/// How many erasures one page reads.
const READ_AT_ONCE: usize = 100;
/// What a place is called that is behind all people of a tenant, and before the next tenant: the character after `#`.
const BEHIND_PEOPLE: char = '$';

/// A page of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnfinishedErasures {
    /// Of each tenant its own erasure, and that of one of its people.
    pub erasures: Vec<Erased>,
    /// The place after which the next page begins; `None` at the end of the list.
    pub next: Option<String>,
}

/// Reads a page of the list, after the place `behind`. It has one person of each tenant, however many are to be erased, because
/// they are erased one after the other. Which one, depends on `turn`: if somebody cannot be erased, the others do not wait for
/// that each time.
pub(crate) async fn unfinished(
    table: &Table,
    behind: Option<String>,
    turn: usize,
) -> Result<UnfinishedErasures, Error> {
    let range = Range::all(StackKeys::erasing());
    let page = table
        .query(&range.after(behind).limit(READ_AT_ONCE))
        .await?;
    let places = page.items.iter().map(|item| text(item, "SK"));
    let places = places.collect::<Result<Vec<&str>, _>>()?;
    page_of(&places, page.next.is_none(), turn)
}

fn page_of(places: &[&str], is_last: bool, turn: usize) -> Result<UnfinishedErasures, Error> {
    let of_one = |one: &&str, other: &&str| tenant_of(one) == tenant_of(other);
    let mut tenants: Vec<&[&str]> = places.chunk_by(of_one).collect();
    // The page may end within the last tenant. If that is not the only one, the next page has it as a whole.
    let next = match (is_last, tenants.as_slice()) {
        (true, _) | (_, []) => None,
        (false, [only]) => only.first().map(|place| behind_people(place)),
        (false, [.., before, _]) => {
            let next = before.last().map(|place| (*place).to_owned());
            tenants.pop();
            next
        }
    };
    let mut erasures = Vec::new();
    for places in tenants {
        let tenant: TenantId = tenant_of(places[0]).parse().map_err(Error::corrupt)?;
        let people = places.iter().filter_map(|place| place.split_once('#'));
        let people: Vec<&str> = people.map(|(_, person)| person).collect();
        if people.len() < places.len() {
            erasures.push(Erased {
                tenant: tenant.clone(),
                person: None,
            });
        }
        if let Some(person) = turn.checked_rem(people.len()).map(|index| people[index]) {
            erasures.push(Erased {
                tenant,
                person: Some(person.to_owned()),
            });
        }
    }
    Ok(UnfinishedErasures { erasures, next })
}

fn tenant_of(place: &str) -> &str {
    place.split_once('#').map_or(place, |(tenant, _)| tenant)
}

fn behind_people(place: &str) -> String {
    format!("{}{BEHIND_PEOPLE}", tenant_of(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_each_tenant_once_and_one_of_its_people() {
        let page = |places: &[&str], is_last, turn| {
            let page = page_of(places, is_last, turn).unwrap();
            let erasures = page.erasures.into_iter();
            let place = |erased: Erased| match erased.person {
                Some(person) => format!("{}#{person}", erased.tenant),
                None => erased.tenant.to_string(),
            };
            (erasures.map(place).collect::<Vec<_>>(), page.next)
        };
        let list = ["a", "a#1", "a#2", "a-b", "b#1", "b#2", "b#3"];
        assert!(list.is_sorted());
        for (turn, people) in [
            (0, ["a#1", "b#1"]),
            (1, ["a#2", "b#2"]),
            (2, ["a#1", "b#3"]),
        ] {
            let expected = ["a", people[0], "a-b", people[1]]
                .map(str::to_owned)
                .to_vec();
            assert_eq!(page(&list, true, turn), (expected, None));
        }
        // What comes next of `b` is not known.
        let before_b = ["a", "a#1", "a-b"].map(str::to_owned).to_vec();
        assert_eq!(page(&list, false, 0), (before_b, Some("a-b".to_owned())));
        let (of_b, next) = page(&list[4..], false, 1);
        assert_eq!(
            (of_b, next.as_deref()),
            (vec!["b#2".to_owned()], Some("b$"))
        );
        assert!("b#~" < "b$" && "b$" < "b-");
        assert_eq!(page(&[], true, 0), (Vec::new(), None));
    }
}
