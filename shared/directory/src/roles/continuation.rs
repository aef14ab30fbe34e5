//! What remains of the reconciliation of many people after a part of it.

use serde::{Deserialize, Serialize};

/// People per page, which is a part of the work. The progress is stored after each page.
pub(super) const PEOPLE_AT_ONCE: usize = 100;

/// What remains to do for an event when time runs out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Continuation {
    /// The reconciliation of this group.
    Group(String),
    /// Everybody after this person, by id.
    PeopleBehind(String),
    /// The people of a deleted connection who are to be deactivated.
    LeftBy {
        /// The id of the connection.
        connection: String,
        /// The person after whom to continue.
        behind: Option<String>,
    },
}

impl Continuation {
    /// Returns what the work is called where only one is in hand at a time.
    pub fn name(&self) -> String {
        match self {
            Self::Group(group) => format!("group#{group}"),
            Self::PeopleBehind(_) => "everybody".to_owned(),
            Self::LeftBy { connection, .. } => format!("left#{connection}"),
        }
    }
}
