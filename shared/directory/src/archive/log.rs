//! Reads and writes the archive. Its keys are times, so what happened after a restore point is one range per month and part.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use rollcall_model::EventType;
use rollcall_store::create_table::TTL_ATTRIBUTE;
use rollcall_store::{
    ArchiveKeys, Error, Item, Partition, Range, Table, from_item, now, number, text, to_item,
};

use crate::archive::record::Archived;
use crate::journal::feed::Event;

/// The environment variable with the name of the archive's table.
pub const ARCHIVE_NAME_VARIABLE: &str = "ARCHIVE_TABLE_NAME";

/// How long a row is kept: longer than point-in-time recovery (35 days) and backups that are kept for a year. An operator who
/// keeps backups longer switches off that rows expire (`ArchiveExpires` of `infra/data.yaml`).
const KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Archives those of the events that end something. Archiving them again changes nothing.
pub(crate) async fn archive(archive: &Table, events: &[Event]) -> Result<(), Error> {
    let records = Archived::of_all(events);
    let items = records.iter().map(item);
    archive.batch_put(items.collect::<Result<_, _>>()?).await
}

/// Archives that a service key is revoked now.
pub(crate) async fn archive_service_key(archive: &Table, id: &str) -> Result<(), Error> {
    let record = Archived::of_service_key(id, now());
    archive.put(item(&record)?).await
}

/// Archives what is done now to a webhook of the stack.
pub(crate) async fn archive_stack_webhook(
    archive: &Table,
    id: &str,
    kind: EventType,
) -> Result<(), Error> {
    let record = Archived::of_stack_webhook(id, kind, now());
    archive.put(item(&record)?).await
}

fn item(record: &Archived) -> Result<Item, Error> {
    let key = ArchiveKeys::of(record.tenant.as_ref(), record.at, &record.event);
    let mut item = to_item(&key, record)?;
    let expires = number((record.at + KEPT).as_second());
    item.insert(TTL_ATTRIBUTE.to_owned(), expires);
    Ok(item)
}

/// Reads a part of the archive in the order of time. Two pages are in memory at most.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    archive: &'a Table,
    part: u8,
    from: Timestamp,
    until: Timestamp,
    /// The rows of a page.
    page: usize,
    months: VecDeque<[Partition; 2]>,
    /// What is read of a month: the rows that earlier versions wrote, and those of the part.
    sides: [Side; 2],
}

#[derive(Debug, Default)]
struct Side {
    /// What is still to be read.
    next: Option<Range>,
    rows: VecDeque<(String, Archived)>,
}

impl<'a> Rows<'a> {
    /// Begins at a time and ends at another. A page has so many rows at most, and 1 MB.
    pub(crate) fn between(
        archive: &'a Table,
        part: u8,
        (from, until): (Timestamp, Timestamp),
        page: usize,
    ) -> Self {
        Self {
            archive,
            part,
            from,
            until,
            page,
            months: ArchiveKeys::months(part, from, until).into(),
            sides: Default::default(),
        }
    }

    /// Returns the next row; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Archived>, Error> {
        loop {
            for side in &mut self.sides {
                while side.rows.is_empty()
                    && let Some(range) = side.next.take()
                {
                    let (part, until) = (self.part, self.until);
                    let is_wanted = |row: &Archived| {
                        row.at <= until && ArchiveKeys::part(row.tenant.as_ref()) == part
                    };
                    side.read(self.archive, range, is_wanted).await?;
                }
            }
            let heads = [0, 1].map(|side: usize| self.sides[side].rows.front());
            let first = match heads.map(|head| head.map(|(sort, _)| sort)) {
                [Some(whole), Some(part)] => usize::from(part < whole),
                [Some(_), None] => 0,
                [None, Some(_)] => 1,
                [None, None] => match self.months.pop_front() {
                    Some(month) => {
                        self.sides = month.map(|partition| self.side(partition));
                        continue;
                    }
                    None => return Ok(None),
                },
            };
            let row = self.sides[first].rows.pop_front();
            return Ok(row.map(|(_, record)| record));
        }
    }

    fn side(&self, partition: Partition) -> Side {
        let range = Range::above(partition, ArchiveKeys::floor(self.from));
        Side {
            next: Some(range.limit(self.page)),
            rows: VecDeque::new(),
        }
    }
}

impl Side {
    /// Reads the wanted rows of a page.
    async fn read(
        &mut self,
        archive: &Table,
        range: Range,
        is_wanted: impl Fn(&Archived) -> bool,
    ) -> Result<(), Error> {
        let page = archive.query(&range).await?;
        for item in page.items {
            let sort = text(&item, "SK")?.to_owned();
            let record: Archived = from_item(item)?;
            if is_wanted(&record) {
                self.rows.push_back((sort, record));
            }
        }
        self.next = page.next.map(|next| range.after(Some(next)));
        Ok(())
    }
}
