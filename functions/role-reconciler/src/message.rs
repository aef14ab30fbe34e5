//! What stands in the queue.

use rollcall_directory::{Continuation, Event, TenantId};
use serde::{Deserialize, Serialize};

/// One message.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Message {
    /// An event as EventBridge delivers it; of its envelope only the detail matters.
    Event {
        /// The event.
        detail: Box<Event>,
    },
    /// What an earlier call had no time for.
    Rest {
        /// Of which tenant.
        tenant: TenantId,
        /// What.
        rest: Continuation,
    },
    /// Look at everybody. The schedule sends `{"full_pass": {}}`.
    FullPass {
        /// Where to go on.
        full_pass: Pass,
    },
}

/// How far a full pass has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pass {
    /// The last tenant that is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<TenantId>,
    /// The tenant to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// The last person of that tenant who was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}

impl Message {
    pub(crate) fn rest(tenant: TenantId, rest: Continuation) -> Self {
        Self::Rest { tenant, rest }
    }

    /// Whether it can take as long as there is: everybody, or all members of a group.
    pub(crate) fn is_long(&self) -> bool {
        match self {
            Self::Event { detail } => matches!(
                detail.kind.as_str(),
                "group.mapping_changed" | "group.deleted" | "tenant.settings_changed"
            ),
            Self::Rest { .. } | Self::FullPass { .. } => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart_by_what_they_hold() {
        let read = |text: &str| serde_json::from_str::<Message>(text);
        assert!(matches!(
            read(r#"{"full_pass": {}}"#),
            Ok(Message::FullPass { full_pass }) if full_pass == Pass::default()
        ));
        assert!(matches!(
            read(r#"{"tenant": "acme", "rest": {"group": "g"}}"#),
            Ok(Message::Rest { rest: Continuation::Group(group), .. }) if group == "g"
        ));
        assert!(matches!(
            read(r#"{"tenant": "acme", "rest": {"people_behind": "p"}}"#),
            Ok(Message::Rest { rest: Continuation::PeopleBehind(person), .. }) if person == "p"
        ));
        for other in [r#"{"tenant": "acme"}"#, "{}", "[]", "", r#"{"detail": {}}"#] {
            assert!(read(other).is_err(), "{other}");
        }
    }
}
