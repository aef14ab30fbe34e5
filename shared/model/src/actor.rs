//! The actor and the subject of a change.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::secrets::cleaned;
use crate::tenant_id::TenantId;

/// The maximum length of the name of a shortened subject, in characters.
const MAX_NAME_CHARS: usize = 80;

/// The actor of a change.
///
/// An actor serialises to an object whose `type` is [`Actor::kind`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Actor {
    /// An actor that this version of the code knows.
    Known(KnownActor),
    /// An actor that a newer version wrote, as it is stored.
    Other(Map<String, Value>),
}

/// The actors that this version of the code knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum KnownActor {
    /// An identity provider that uses one of its tokens.
    Token {
        /// The token's id.
        id: String,
        /// The id of the connection that the token belongs to.
        connection: String,
    },
    /// A person with a session.
    Person {
        /// The user's id.
        id: String,
        /// The id of the session. Earlier versions do not store it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
    },
    /// The holder of a portal link.
    PortalLink {
        /// The id of the link. Earlier versions do not store it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The address of the person for whom the link was made, if the application named one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<String>,
        /// The id of the session that the link opened. Earlier versions do not store it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
    },
    /// The application, which uses its service key.
    Application {
        /// The id of the service key. Earlier versions do not store it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// Rollcall itself.
    System,
}

impl Actor {
    /// Rollcall itself.
    pub const SYSTEM: Self = Self::Known(KnownActor::System);

    /// Returns an identity provider that uses a token of a connection.
    pub fn token(id: impl Into<String>, connection: impl Into<String>) -> Self {
        Self::Known(KnownActor::Token {
            id: id.into(),
            connection: connection.into(),
        })
    }

    /// Returns a person in a session.
    pub fn person(id: impl Into<String>, session: impl Into<String>) -> Self {
        Self::Known(KnownActor::Person {
            id: id.into(),
            session: Some(session.into()),
        })
    }

    /// Returns the holder of a portal link in the session that the link opened.
    pub fn portal_link(link: PortalLink, session: impl Into<String>) -> Self {
        Self::Known(KnownActor::PortalLink {
            id: link.id,
            email: link.email.map(cleaned),
            session: Some(session.into()),
        })
    }

    /// Returns the application, which uses the service key with this id.
    pub fn application(service_key: impl Into<String>) -> Self {
        Self::Known(KnownActor::Application {
            id: Some(service_key.into()),
        })
    }

    /// Returns the actor's kind: `token`, `person`, `portal_link`, `application`, `system`, or that of a newer version.
    pub fn kind(&self) -> &str {
        match self {
            Self::Known(KnownActor::Token { .. }) => "token",
            Self::Known(KnownActor::Person { .. }) => "person",
            Self::Known(KnownActor::PortalLink { .. }) => "portal_link",
            Self::Known(KnownActor::Application { .. }) => "application",
            Self::Known(KnownActor::System) => "system",
            Self::Other(fields) => fields
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or("other"),
        }
    }

    /// Returns the id of the connection, if the actor is an identity provider.
    pub fn connection(&self) -> Option<&str> {
        match self {
            Self::Known(KnownActor::Token { connection, .. }) => Some(connection),
            _ => None,
        }
    }

    /// Returns the user's id, if the actor is a person.
    pub fn person_id(&self) -> Option<&str> {
        match self {
            Self::Known(KnownActor::Person { id, .. }) => Some(id),
            _ => None,
        }
    }

    /// Returns the address of the person for whom the actor's portal link was made.
    pub fn email(&self) -> Option<&str> {
        match self {
            Self::Known(KnownActor::PortalLink { email, .. }) => email.as_deref(),
            _ => None,
        }
    }

    /// Returns the id of the session in which the actor made the change.
    pub fn session(&self) -> Option<&str> {
        match self {
            Self::Known(
                KnownActor::Person { session, .. } | KnownActor::PortalLink { session, .. },
            ) => session.as_deref(),
            _ => None,
        }
    }

    /// Returns the id of the token, person, portal link or service key; `None` for an actor without a known id.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Known(KnownActor::Token { id, .. } | KnownActor::Person { id, .. }) => Some(id),
            Self::Known(KnownActor::PortalLink { id, .. } | KnownActor::Application { id }) => {
                id.as_deref()
            }
            Self::Known(KnownActor::System) => None,
            Self::Other(fields) => fields.get("id").and_then(Value::as_str),
        }
    }

    /// Returns the actor without what names a person other than by an id.
    #[must_use]
    pub fn by_id_alone(self) -> Self {
        match self {
            Self::Known(KnownActor::PortalLink { id, session, .. }) => {
                Self::Known(KnownActor::PortalLink {
                    id,
                    email: None,
                    session,
                })
            }
            other => other,
        }
    }

    /// Returns whether `wanted` is the actor's kind, its id, the id of its connection or session, or its address.
    pub fn is_called(&self, wanted: &str) -> bool {
        let names = [self.id(), self.connection(), self.session(), self.email()];
        self.kind() == wanted || names.contains(&Some(wanted))
    }
}

/// A portal link, as the session that it opens remembers it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalLink {
    /// The id of the link. Sessions that earlier versions opened do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The address of the person for whom the link was made, if the application named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// The subject of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subject {
    /// `user`, `group`, `tenant`, `connection` or `token`.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// Its id.
    pub id: String,
    /// Its name when the change was made, without secrets.
    pub name: String,
}

impl Subject {
    /// Creates a subject. Clients choose names, so what looks like a secret in one is left out.
    pub fn new(kind: &'static str, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            id: id.into(),
            name: cleaned(name),
        }
    }

    /// Returns a tenant as a subject.
    pub fn tenant(id: &TenantId) -> Self {
        Self::new("tenant", id.as_str(), id.as_str())
    }

    /// Returns the subject without what it was: `placeholder` takes the place of its id and name.
    #[must_use]
    pub fn erased(self, placeholder: &str) -> Self {
        Self {
            id: placeholder.to_owned(),
            name: placeholder.to_owned(),
            ..self
        }
    }

    /// Returns the subject with its name cut to 80 characters and an ellipsis, if it is longer.
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
        let link = PortalLink {
            id: Some("l".to_owned()),
            email: Some("ada@example.com".to_owned()),
        };
        for actor in [
            Actor::token("t", "c"),
            Actor::person("p", "s"),
            Actor::portal_link(link, "s"),
            Actor::portal_link(PortalLink::default(), "s"),
            Actor::application("k"),
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

    /// Rows: an actor as an earlier version stored it, and its id.
    #[test]
    fn actors_of_earlier_versions_are_known() {
        for (stored, id) in [
            (
                json!({"type": "token", "id": "t", "connection": "c"}),
                Some("t"),
            ),
            (json!({"type": "person", "id": "p"}), Some("p")),
            (json!({"type": "portal_link"}), None),
            (json!({"type": "application"}), None),
            (json!({"type": "system"}), None),
        ] {
            let actor: Actor = serde_json::from_value(stored.clone()).unwrap();
            assert!(matches!(actor, Actor::Known(_)), "{stored}");
            assert_eq!((actor.id(), actor.session()), (id, None), "{stored}");
            assert_eq!(json!(actor), stored);
        }
    }

    #[test]
    fn an_actor_is_found_by_each_of_its_names() {
        let link = PortalLink {
            id: Some("l".to_owned()),
            email: Some("ada@example.com".to_owned()),
        };
        let actor = Actor::portal_link(link, "s");
        for name in ["portal_link", "l", "s", "ada@example.com"] {
            assert!(actor.is_called(name), "{name}");
        }
        assert!(!actor.is_called(""));
        assert!(!Actor::SYSTEM.is_called(""));
    }

    #[test]
    fn no_subject_and_no_actor_is_made_with_a_secret() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
        let subject = Subject::new("group", "1", format!("Bearer {jwt}"));
        assert_eq!(subject.name, "Bearer ***");
        let link = PortalLink {
            id: None,
            email: Some(format!("{jwt}@x.test")),
        };
        assert_eq!(Actor::portal_link(link, "s").email(), Some("***"));
    }

    #[test]
    fn long_names_are_cut() {
        let subject = Subject::new("user", "1", "ä".repeat(100)).shortened();
        assert_eq!(subject.name.chars().count(), 81);
        assert!(subject.name.ends_with('…'));
    }
}
