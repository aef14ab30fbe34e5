//! Reads and writes the archive. Its keys are times, so what happened after a restore point is one range per month.

use jiff::Timestamp;
use rollcall_model::EventType;
use rollcall_store::{ArchiveKeys, Error, Item, Range, Table, from_item, now, to_item};

use crate::archive::record::Archived;
use crate::journal::feed::Event;

/// The environment variable with the name of the archive's table.
pub const ARCHIVE_NAME_VARIABLE: &str = "ARCHIVE_TABLE_NAME";

/// Archives those of the events that end something. Archiving them again changes nothing.
pub(crate) async fn archive(archive: &Table, events: &[Event]) -> Result<(), Error> {
    let records = events.iter().filter_map(Archived::of);
    let items = records.map(|record| item(&record));
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
    to_item(&ArchiveKeys::of(record.at, &record.event), record)
}

/// Reads what was archived of the time since `from`, in order.
pub(crate) async fn since(archive: &Table, from: Timestamp) -> Result<Vec<Archived>, Error> {
    let mut found = Vec::new();
    for month in ArchiveKeys::months(from, now()) {
        let range = Range::above(month, ArchiveKeys::floor(from));
        let items = archive.query_all(range).await?.into_iter();
        let records = items.map(from_item::<Archived>);
        found.extend(records.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}
