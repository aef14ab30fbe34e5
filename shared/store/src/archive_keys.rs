//! The keys of the archive, a table of its own: by month, and in a month by time.

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use crate::partition::{Key, Partition};

/// The keys of the archive.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveKeys;

impl ArchiveKeys {
    /// Returns the key of what happened at a time, with an id that tells it from everything else of that time.
    pub fn of(at: Timestamp, id: &str) -> Key {
        month(at).at(format!("{}#{id}", Self::floor(at)))
    }

    /// Returns the partitions of the months from one time to another.
    pub fn months(from: Timestamp, to: Timestamp) -> Vec<Partition> {
        let mut months = Vec::new();
        let last = month(to);
        let first = from.to_zoned(TimeZone::UTC).first_of_month();
        let mut next = first.ok();
        while let Some(at) = next {
            let partition = month(at.timestamp());
            let is_last = partition >= last;
            months.push(partition);
            next = at.checked_add(1.month()).ok().filter(|_| !is_last);
        }
        months
    }

    /// Returns the sort key below which a month has nothing of this time or later.
    pub fn floor(at: Timestamp) -> String {
        format!("{:015}", at.as_millisecond())
    }
}

fn month(at: Timestamp) -> Partition {
    let date = at.to_zoned(TimeZone::UTC).date();
    Partition::stored(&format!("A#{:04}-{:02}", date.year(), date.month()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_month_in_between_is_read() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let months = |from: &str, to: &str| {
            let months = ArchiveKeys::months(at(from), at(to)).into_iter();
            months
                .map(|month| month.as_str().to_owned())
                .collect::<Vec<_>>()
        };
        let (old, new) = ("2026-11-30T23:59:59Z", "2027-01-01T00:00:00Z");
        assert_eq!(months(old, new), ["A#2026-11", "A#2026-12", "A#2027-01"]);
        assert_eq!(months(old, old), ["A#2026-11"]);
        assert!(ArchiveKeys::of(at(old), "x") < ArchiveKeys::of(at(new), "x"));
        assert!(ArchiveKeys::floor(at(old)).as_str() < ArchiveKeys::of(at(old), "x").sort());
    }
}
