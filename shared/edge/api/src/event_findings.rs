//! The schemas of `before` and `after` in events about findings. Only the OpenAPI document uses these types.

use jiff::Timestamp;
use utoipa::ToSchema;

/// A finding that a check found and the check before it did not.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
pub(crate) struct OpenedFinding {
    /// Its id.
    finding: String,
    /// Its kind, as `GET …/health` has it. A newer version may have others.
    kind: String,
    /// `problem`, `warning` or `notice`. A newer version may have others.
    severity: String,
    /// What is wrong, in one line.
    title: String,
    /// Whether the contacts of the tenant get mail about it.
    mail: bool,
}

/// A finding that a check no longer found.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
pub(crate) struct ClosedFinding {
    /// Its id.
    finding: String,
    /// Its kind.
    kind: String,
    /// Its severity when it was first found.
    severity: String,
    /// What was wrong, in one line.
    title: String,
}

/// A finding that was acknowledged or put off.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
pub(crate) struct PutOffFinding {
    /// Its id.
    finding: String,
    /// Its kind.
    kind: String,
    /// What was wrong when it was put off, in one line.
    title: String,
    /// Why it was acknowledged or put off.
    reason: String,
    /// Until when it was put off; null if it was acknowledged.
    #[schema(required)]
    until: Option<Timestamp>,
}
