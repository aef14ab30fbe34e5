//! What a sign-in presents to say whose it is, in the form in which it is compared.

use rollcall_model::{Binding, NO_CONNECTION, USERS, sha256_hex};
use serde::{Deserialize, Serialize};

use crate::credentials::connections::Connection;
use crate::resources::traces::Identifiers;
use crate::sign_in::assertion::Assertion;

/// The formats of a `NameID` that is no id of a person: one is a name, the other is new at each sign-in.
const FORMATS_OF_NAMES: [&str; 2] = ["emailAddress", "transient"];

/// What a sign-in brings as its subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BroughtSubject {
    /// None.
    #[default]
    Nothing,
    /// A name in place of an id that never changes. It is not bound.
    Name,
    /// An id that can be bound. This also stands for what only a newer version knows.
    #[serde(other)]
    Id,
}

/// The identifiers of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Presented {
    /// The connection that the application names: its id, if it is known by that or by an alias.
    pub(super) connection: Option<String>,
    /// The tenant's only connection, if the application names none.
    pub(super) sole: Option<String>,
    /// The alias by which the application names it, if it is not the id.
    pub(super) alias: Option<String>,
    /// The hash of the subject, if it brings one that can be bound.
    pub(super) subject: Option<String>,
    /// What it brings as subject.
    pub(super) brought: BroughtSubject,
    /// The external id.
    pub(super) external_id: Option<String>,
    /// The external id by which people are looked up: the subject serves, if there is none.
    pub(super) sought_external_id: Option<String>,
    /// The user name, as user names are compared.
    pub(super) name: String,
    /// The form of the name in keys of earlier versions, if it is another one.
    pub(super) name_before: Option<String>,
    /// The e-mail address, as user names are compared: the user name serves, if it is an address and there is none.
    pub(super) email: Option<String>,
    /// The form of the address in keys of earlier versions, if it is another one.
    pub(super) email_before: Option<String>,
    /// The user name as it was given.
    pub(super) given_name: String,
    /// The e-mail address as it was given.
    given_email: Option<String>,
}

impl Presented {
    pub(super) fn of(assertion: &Assertion) -> Self {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let name = USERS.compared(&assertion.user_name);
        let given_email = given(&assertion.email);
        let email = given_email.as_deref().map(|email| USERS.compared(email));
        let email = email.or_else(|| name.contains('@').then(|| name.clone()));
        let brought = given(&assertion.subject);
        let is_name = brought.as_deref().is_some_and(|subject| {
            let folded = USERS.compared(subject);
            let is_named = folded == name || Some(&folded) == email.as_ref();
            folded.contains('@') || is_named || is_format_of_names(assertion)
        });
        let brought_as = match (&brought, is_name) {
            (None, _) => BroughtSubject::Nothing,
            (Some(_), true) => BroughtSubject::Name,
            (Some(_), false) => BroughtSubject::Id,
        };
        let subject = brought.filter(|_| !is_name);
        let external_id = given(&assertion.external_id);
        Self {
            connection: given(&assertion.connection),
            sole: None,
            alias: None,
            sought_external_id: external_id.clone().or_else(|| subject.clone()),
            subject: subject.as_deref().map(sha256_hex),
            brought: brought_as,
            external_id,
            name,
            name_before: USERS.compared_before(&assertion.user_name),
            email,
            email_before: given_email
                .as_deref()
                .and_then(|email| USERS.compared_before(email)),
            given_name: assertion.user_name.clone(),
            given_email,
        }
    }

    /// Returns what is presented after its connection was found by an alias.
    pub(super) fn of_connection(&self, id: &str) -> Self {
        Self {
            alias: self.connection.clone(),
            connection: Some(id.to_owned()),
            ..self.clone()
        }
    }

    /// Returns what is presented after its connection was read. Without a named one, it is the tenant's only connection:
    /// its rules hold, and subjects are bound in it. Bindings of before still count, whichever connection they are in.
    pub(super) fn meaning(&self, connection: Option<&Connection>) -> Self {
        let is_sole = self.connection.is_none();
        let sole = connection.filter(|_| is_sole);
        Self {
            sole: sole.map(|connection| connection.id.clone()),
            ..self.clone()
        }
    }

    /// Returns the connection that is meant: the named one, or the tenant's only one.
    pub(super) fn meant(&self) -> Option<&str> {
        self.connection.as_deref().or(self.sole.as_deref())
    }

    /// Returns the connection in which a subject is bound.
    pub(super) fn namespace(&self) -> &str {
        self.meant().unwrap_or(NO_CONNECTION)
    }

    /// Returns whether a binding in this connection counts. Without a connection, any can be the one of the sign-in;
    /// and a binding without one can be of any. What was bound before the alias had a connection, is under the alias.
    pub(super) fn concerns(&self, connection: &str) -> bool {
        let is_named = |named: &String| named == connection || connection == NO_CONNECTION;
        let is_alias = self.alias.as_deref() == Some(connection);
        is_alias || self.connection.as_ref().is_none_or(is_named)
    }

    pub(super) fn is_subject_of(&self, binding: &Binding) -> bool {
        self.subject.as_ref() == Some(&binding.subject)
    }

    /// Returns the identifiers that somebody who was deleted may have had.
    pub(super) fn identifiers(&self) -> Identifiers {
        Identifiers::default()
            .with_names([self.given_name.as_str()])
            .with_names(self.given_email.as_deref())
            .with_external_ids(self.sought_external_id.as_deref())
    }
}

/// Returns whether the declared format is that of a name. `urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress` and
/// `emailAddress` are the same.
fn is_format_of_names(assertion: &Assertion) -> bool {
    let format = assertion.subject_format.as_deref().unwrap_or_default();
    let format = format.rsplit(':').next().unwrap_or_default().trim();
    let mut names = FORMATS_OF_NAMES.iter();
    names.any(|name| name.eq_ignore_ascii_case(format))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rollcall_model::Provider;

    use super::*;

    fn presented(subject: &str, name: &str, email: Option<&str>) -> Presented {
        Presented::of(&Assertion {
            subject: Some(subject.to_owned()),
            user_name: name.to_owned(),
            email: email.map(str::to_owned),
            ..Assertion::default()
        })
    }

    #[test]
    fn a_name_is_no_subject() {
        for (subject, name, email, is_one) in [
            ("s-1", "ada", None, true),
            ("", "ada", None, false),
            ("ADA", "ada", None, false),
            ("ada@x.test", "ada", None, false),
        ] {
            let presented = presented(subject, name, email);
            assert_eq!(presented.subject.is_some(), is_one, "{subject}");
        }
    }

    #[test]
    fn what_is_declared_a_name_is_no_subject() {
        for (format, brought) in [
            ("", BroughtSubject::Id),
            (
                "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
                BroughtSubject::Id,
            ),
            (
                "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
                BroughtSubject::Id,
            ),
            (
                "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
                BroughtSubject::Name,
            ),
            (
                "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
                BroughtSubject::Name,
            ),
            ("Transient", BroughtSubject::Name),
        ] {
            let presented = Presented::of(&Assertion {
                subject: Some("s-1".to_owned()),
                subject_format: Some(format.to_owned()),
                user_name: "ada".to_owned(),
                ..Assertion::default()
            });
            assert_eq!(presented.brought, brought, "{format}");
            let is_id = brought == BroughtSubject::Id;
            assert_eq!(presented.subject.is_some(), is_id, "{format}");
        }
        let none = Presented::of(&Assertion::default());
        assert_eq!(none.brought, BroughtSubject::Nothing);
    }

    #[test]
    fn what_serves_for_what_is_missing() {
        let one = presented("s-1", "Ada@x.test", None);
        assert_eq!(one.email.as_deref(), Some("ada@x.test"));
        assert_eq!(one.sought_external_id.as_deref(), Some("s-1"));
        assert_eq!((one.external_id.as_deref(), one.namespace()), (None, "-"));
        let two = presented("s-1", "ada", Some("Ada@y.test"));
        assert_eq!(two.email.as_deref(), Some("ada@y.test"));
    }

    #[test]
    fn the_only_connection_is_meant_if_none_is_named() {
        let only = Connection::new("only", Provider::Okta, Timestamp::UNIX_EPOCH);
        let mut one = presented("s-1", "ada", None);
        let meant = one.meaning(Some(&only));
        assert_eq!(
            (meant.namespace(), one.namespace()),
            (only.id.as_str(), "-")
        );
        // Bindings of before count, whichever connection they are in.
        assert!(meant.concerns("d") && meant.concerns("-"));
        one.connection = Some("c".to_owned());
        let named = one.meaning(Some(&only));
        assert!(named.namespace() == "c" && !named.concerns("d"));
    }

    #[test]
    fn which_bindings_count() {
        let mut one = presented("s-1", "ada", None);
        assert!(one.concerns("c") && one.concerns("-"));
        one.connection = Some("c".to_owned());
        assert!(one.concerns("c") && one.concerns("-") && !one.concerns("d"));
        let two = one.of_connection("d");
        assert!(two.concerns("c") && two.concerns("d") && two.concerns("-"));
        assert!(two.namespace() == "d" && !two.concerns("e"));
    }
}
