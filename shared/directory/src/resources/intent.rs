//! The stored forms of an intent: the intent, its preparation, and its steps. See `intents`.

use jiff::Timestamp;
use rollcall_model::{Actor, GROUPS, Origin, Subject};
use serde::{Deserialize, Serialize};

/// The purpose of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "String")]
pub(super) enum Purpose {
    /// Apply the listed steps to a group. The group is marked, and nothing else changes it in the meantime.
    ChangeMembers,
    /// Remove a deleted user from the listed groups.
    ForgetUser,
    /// Remove a deleted group from its members' lists of groups.
    ForgetGroup,
    /// A purpose that only a newer version knows. Only that version completes it.
    Unknown,
}

impl From<String> for Purpose {
    fn from(text: String) -> Self {
        match text.as_str() {
            "change_members" => Self::ChangeMembers,
            "forget_user" => Self::ForgetUser,
            "forget_group" => Self::ForgetGroup,
            _ => Self::Unknown,
        }
    }
}

/// An intent as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Intent {
    #[serde(rename = "SK")]
    pub(super) id: String,
    pub(super) purpose: Purpose,
    pub(super) subject_id: String,
    pub(super) subject_name: String,
    pub(super) actor: Actor,
    /// Absent in intents of earlier versions.
    #[serde(default, skip_serializing_if = "Origin::is_empty")]
    pub(super) origin: Origin,
    pub(super) request_id: String,
}

impl Intent {
    pub(super) fn group(&self) -> Subject {
        Subject::new(GROUPS.noun, &self.subject_id, &self.subject_name)
    }
}

/// A prepared intent as it is stored.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Preparation {
    #[serde(rename = "SK")]
    pub(super) id: String,
    pub(super) at: Timestamp,
}

/// A list of steps, at most as many as fit one transaction.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Chunk {
    #[serde(rename = "SK")]
    pub(super) number: String,
    /// The steps, or the ids of groups, as JSON.
    pub(super) work: String,
}
