//! The clock, and ids that are derived from a time.

use jiff::{Timestamp, Unit};
use rollcall_model::clock::time;

/// Returns the current time, rounded to milliseconds, so that SCIM responses show exactly the stored value.
pub fn now() -> Timestamp {
    let now = time();
    now.round(Unit::Millisecond).unwrap_or(now)
}

/// Returns an id that sorts after every UUIDv7 generated up to the end of this millisecond.
pub fn just_after(at: Timestamp) -> String {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis.saturating_add(1), &[0; 10])
        .into_uuid()
        .to_string()
}
