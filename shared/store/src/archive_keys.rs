//! The keys of the archive, a table of its own: by month and part, and in a part by time. All that is archived of a tenant is
//! in one part, so its order is that of the part.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rollcall_model::{TenantId, sha256_hex};

use crate::partition::{Key, Partition};

/// The keys of the archive.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveKeys;

impl ArchiveKeys {
    /// How many parts a month has. Writes go to the end of a partition, so one of them takes 1,000 units a second at most.
    pub const PARTS: u8 = 16;

    /// Returns the key of what happened at a time, with an id that tells it from everything else of that time. `tenant` is
    /// `None` for what belongs to the stack.
    pub fn of(tenant: Option<&TenantId>, at: Timestamp, id: &str) -> Key {
        divided(at, Self::part(tenant)).at(format!("{}#{id}", Self::floor(at)))
    }

    /// Returns the part with what is archived of a tenant; `None` for what belongs to the stack.
    pub fn part(tenant: Option<&TenantId>) -> u8 {
        let digest = sha256_hex(tenant.map_or("", TenantId::as_str));
        let first = digest.chars().next().and_then(|digit| digit.to_digit(16));
        first
            .and_then(|part| part.try_into().ok())
            .unwrap_or_default()
    }

    /// Returns the partitions of a part for the months from one time to another. The first of each two is that of the whole
    /// month, in which earlier versions put everything.
    pub fn months(part: u8, from: Timestamp, to: Timestamp) -> Vec<[Partition; 2]> {
        let mut months = Vec::new();
        let last = undivided(to);
        let first = from.to_zoned(TimeZone::UTC).first_of_month();
        let mut next = first.ok();
        while let Some(at) = next {
            let month = undivided(at.timestamp());
            let is_last = month >= last;
            months.push([month, divided(at.timestamp(), part)]);
            next = at.checked_add(1.month()).ok().filter(|_| !is_last);
        }
        months
    }

    /// Returns the sort key below which a partition has nothing of this time or later.
    pub fn floor(at: Timestamp) -> String {
        format!("{:015}", at.as_millisecond())
    }
}

/// Returns the partition of a month, in which earlier versions put everything.
fn undivided(at: Timestamp) -> Partition {
    let date = at.to_zoned(TimeZone::UTC).date();
    Partition::stored(&format!("A#{:04}-{:02}", date.year(), date.month()))
}

fn divided(at: Timestamp, part: u8) -> Partition {
    Partition::stored(&format!("{}#{part:x}", undivided(at).as_str()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_month_in_between_is_read() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let months = |from: &str, to: &str| {
            let months = ArchiveKeys::months(10, at(from), at(to)).into_iter();
            months
                .map(|month| month.map(|partition| partition.as_str().to_owned()))
                .collect::<Vec<_>>()
        };
        let (old, new) = ("2026-11-30T23:59:59Z", "2027-01-01T00:00:00Z");
        assert_eq!(
            months(old, new),
            [
                ["A#2026-11", "A#2026-11#a"],
                ["A#2026-12", "A#2026-12#a"],
                ["A#2027-01", "A#2027-01#a"]
            ]
        );
        assert_eq!(months(old, old), [["A#2026-11", "A#2026-11#a"]]);
        let of = |time: &str| ArchiveKeys::of(None, at(time), "x");
        assert!(of(old) < of(new));
        assert!(ArchiveKeys::floor(at(old)).as_str() < of(old).sort());
    }

    /// A tenant is in one part, and all parts are used.
    #[test]
    fn tenants_are_spread() {
        let tenants = (0..200).map(|number| format!("t{number}").parse::<TenantId>().unwrap());
        let parts: BTreeSet<u8> = tenants
            .map(|tenant| {
                let part = ArchiveKeys::part(Some(&tenant));
                let key = ArchiveKeys::of(Some(&tenant), Timestamp::UNIX_EPOCH, "x");
                assert_eq!(
                    key.partition.as_str(),
                    format!("A#1970-01#{part:x}"),
                    "{tenant}"
                );
                part
            })
            .collect();
        assert_eq!(parts, (0..ArchiveKeys::PARTS).collect());
    }
}
