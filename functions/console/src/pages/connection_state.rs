//! How a connection is, in a word, as its page and the lists say it.

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::Connection;
use rollcall_insight::Milestones;

use crate::messages::{Text, t};

/// After this time without a request, a connection of any product counts as silent, and Health warns.
const SILENT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Returns the class of a badge, and its word. What needs the admin comes first.
pub(super) fn state(
    connection: &Connection,
    milestones: &Milestones,
    has_arrived: bool,
    now: Timestamp,
) -> (&'static str, Text) {
    let Milestones {
        last_request_at,
        last_success_at,
        ..
    } = milestones;
    let is_silent = last_request_at.is_some_and(|at| now.duration_since(at) >= SILENT);
    match (last_request_at == last_success_at, has_arrived) {
        (false, _) => ("failed", t("connection-request-failed")),
        (true, true) if is_silent => ("invited", t("connection-silent")),
        _ if connection.observing => ("info", t("connection-observed")),
        (true, false) => ("invited", t("connection-setting-up")),
        (true, true) => ("active", t("connection-working")),
    }
}
