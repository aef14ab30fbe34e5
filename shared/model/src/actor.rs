//! Who makes a change, and what the change is about.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::tenant_id::TenantId;

/// Longest name that a shortened subject carries, in characters.
const MAX_NAME_CHARS: usize = 80;

/// Who made a change.
///
/// Serialises as an object whose `type` is [`Actor::kind`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Actor {
    /// An actor that this version of the code knows.
    Known(KnownActor),
    /// An actor that a newer version wrote, kept as it is stored.
    Other(Map<String, Value>),
}

/// The actors that this version of the code knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum KnownActor {
    /// An identity provider, by one of its tokens.
    Token {
        /// The token's id.
        id: String,
        /// The id of the connection that the token belongs to.
        connection: String,
    },
    /// A person in a session.
    Person {
        /// The user's id.
        id: String,
    },
    /// The holder of a portal link.
    PortalLink,
    /// The application, by its service key.
    Application,
    /// Rollcall itself.
    System,
}

impl Actor {
    /// The holder of a portal link.
    pub const PORTAL_LINK: Self = Self::Known(KnownActor::PortalLink);
    /// The application, by its service key.
    pub const APPLICATION: Self = Self::Known(KnownActor::Application);
    /// Rollcall itself.
    pub const SYSTEM: Self = Self::Known(KnownActor::System);

    /// Returns an identity provider that calls with a token of a connection.
    pub fn token(id: impl Into<String>, connection: impl Into<String>) -> Self {
        Self::Known(KnownActor::Token {
            id: id.into(),
            connection: connection.into(),
        })
    }

    /// Returns a person in a session.
    pub fn person(id: impl Into<String>) -> Self {
        Self::Known(KnownActor::Person { id: id.into() })
    }

    /// Returns the kind of actor, as in `token`.
    pub fn kind(&self) -> &str {
        match self {
            Self::Known(KnownActor::Token { .. }) => "token",
            Self::Known(KnownActor::Person { .. }) => "person",
            Self::Known(KnownActor::PortalLink) => "portal_link",
            Self::Known(KnownActor::Application) => "application",
            Self::Known(KnownActor::System) => "system",
            Self::Other(fields) => fields
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or("other"),
        }
    }

    /// Returns the id of the connection whose token it is, if it is an identity provider.
    pub fn connection(&self) -> Option<&str> {
        match self {
            Self::Known(KnownActor::Token { connection, .. }) => Some(connection),
            _ => None,
        }
    }

    /// Returns the user's id, if it is a person.
    pub fn person_id(&self) -> Option<&str> {
        match self {
            Self::Known(KnownActor::Person { id }) => Some(id),
            _ => None,
        }
    }

    /// Returns the id of the token or person; `None` for an actor without one.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Known(KnownActor::Token { id, .. } | KnownActor::Person { id }) => Some(id),
            Self::Known(_) => None,
            Self::Other(fields) => fields.get("id").and_then(Value::as_str),
        }
    }

    /// Returns whether `wanted` is the actor's kind, its id, or the id of its connection.
    pub fn is_called(&self, wanted: &str) -> bool {
        self.id() == Some(wanted) || self.connection() == Some(wanted) || self.kind() == wanted
    }
}

/// What a change is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// `user`, `group`, `tenant`, `connection` or `token`.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// Its id.
    pub id: String,
    /// Its name when the change was made.
    pub name: String,
}

impl Subject {
    /// Returns a subject of one kind.
    pub fn new(kind: &'static str, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            id: id.into(),
            name: name.into(),
        }
    }

    /// Returns the tenant itself as a subject.
    pub fn tenant(id: &TenantId) -> Self {
        Self::new("tenant", id.as_str(), id.as_str())
    }

    /// Returns the subject with its name cut to 80 characters.
    #[must_use]
    pub fn shortened(mut self) -> Self {
        if self.name.chars().count() > MAX_NAME_CHARS {
            self.name = self
                .name
                .chars()
                .take(MAX_NAME_CHARS)
                .chain(['…'])
                .collect();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_actor_serialises_under_its_kind() {
        for actor in [
            Actor::token("t", "c"),
            Actor::person("p"),
            Actor::PORTAL_LINK,
            Actor::APPLICATION,
            Actor::SYSTEM,
        ] {
            let stored = json!(actor);
            assert_eq!(stored["type"], actor.kind());
            assert_eq!(serde_json::from_value::<Actor>(stored).unwrap(), actor);
        }
    }

    #[test]
    fn an_unknown_actor_is_kept_as_it_is() {
        let stored = json!({"type": "robot", "id": "r-1", "model": {"name": "x"}});
        let actor: Actor = serde_json::from_value(stored.clone()).unwrap();
        assert!(matches!(actor, Actor::Other(_)));
        assert_eq!(actor.kind(), "robot");
        assert!(actor.is_called("r-1"));
        assert_eq!(json!(actor), stored);
    }

    #[test]
    fn long_names_are_cut() {
        let subject = Subject::new("user", "1", "ä".repeat(100)).shortened();
        assert_eq!(subject.name.chars().count(), 81);
        assert!(subject.name.ends_with('…'));
    }
}
