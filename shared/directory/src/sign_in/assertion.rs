//! What the application passes of a sign-in, once it has verified it.

use std::collections::BTreeSet;

/// The content of an assertion.
#[derive(Clone, Debug, Default)]
pub struct Assertion {
    /// The name of the user, matched with `userName`.
    pub user_name: String,
    /// The connection of the identity provider, if the application says it.
    pub connection: Option<String>,
    /// The identity provider's id of the person that never changes, such as a persistent `NameID` or an OIDC `sub`.
    pub subject: Option<String>,
    /// The `Format` of the `NameID`, if the subject is one.
    pub subject_format: Option<String>,
    /// The identity provider's id of the user, matched with `externalId`.
    pub external_id: Option<String>,
    /// The `displayName`, if this sign-in creates the user.
    pub display_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether the identity provider has verified the e-mail address, if it says so.
    pub email_verified: Option<bool>,
    /// The `groups` claim; `None` if the assertion has no such claim.
    pub groups: Option<Vec<String>>,
}

impl Assertion {
    /// Returns the distinct values of the claim. An empty one names no group.
    pub(super) fn claim_values(&self) -> BTreeSet<&str> {
        let values = self.groups.iter().flatten().map(String::as_str);
        values.filter(|value| !value.is_empty()).collect()
    }
}
