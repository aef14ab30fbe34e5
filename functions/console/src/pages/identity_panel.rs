//! Who a person is to sign-ins: where they came from, which connection owns them, and which subjects are bound to them.

use jiff::Timestamp;
use rollcall_directory::{Connection, Person, PersonOrigin};

use crate::messages::{Text, t};

/// Who a person is, as their page shows it.
pub(crate) struct IdentityPanel {
    pub(crate) origin: Text,
    /// The id of the connection that owns them, and its name, unless it was deleted.
    pub(crate) owner: Option<(String, Option<String>)>,
    /// The subjects that are bound to them, each as a text.
    pub(crate) subjects: Vec<String>,
    pub(crate) blocked_at: Option<Timestamp>,
    /// Whether they only came by signing in, so that the account can be closed into another person.
    pub(crate) only_signed_in: bool,
}

impl IdentityPanel {
    pub(crate) fn of(person: &Person, connections: &[Connection]) -> Self {
        let identity = &person.identity;
        let name = |id: &str| {
            let known = connections.iter().find(|one| one.id == id);
            known.map(|one| one.label.clone())
        };
        let bound = identity.bindings.iter().map(|(connection, binding)| {
            let place = name(connection).unwrap_or_else(|| t("person-bound-nowhere").plain());
            match binding.firm {
                true => place,
                false => t("person-bound-once").s("place", place).plain(),
            }
        });
        Self {
            origin: match identity.origin {
                Some(PersonOrigin::SignIn) => t("person-origin-sign-in"),
                Some(PersonOrigin::Import) => t("person-origin-import"),
                Some(PersonOrigin::Pushed) | None => t("person-origin-pushed"),
            },
            owner: identity.owner.as_ref().map(|id| (id.clone(), name(id))),
            subjects: bound.collect(),
            blocked_at: identity.blocked_at,
            only_signed_in: identity.only_signed_in(),
        }
    }
}
