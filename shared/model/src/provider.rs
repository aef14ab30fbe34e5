//! The identity providers.

use serde::{Deserialize, Serialize};

/// An identity provider's product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the products'")]
pub enum Provider {
    Okta,
    Entra,
    OneLogin,
    JumpCloud,
    Google,
    Ping,
    CyberArk,
    Rippling,
    Other,
}

/// The properties of a product.
struct Facts {
    provider: Provider,
    /// The id in stored items and in the API.
    id: &'static str,
    /// Whether it sends requests on a schedule, even if nothing has changed. The others send requests only after
    /// changes.
    syncs_on_schedule: bool,
}

/// All providers.
const PROVIDERS: [Facts; 9] = [
    facts(Provider::Okta, "okta", false),
    facts(Provider::Entra, "entra", true),
    facts(Provider::OneLogin, "onelogin", false),
    facts(Provider::JumpCloud, "jumpcloud", false),
    facts(Provider::Google, "google", false),
    facts(Provider::Ping, "ping", false),
    facts(Provider::CyberArk, "cyberark", false),
    facts(Provider::Rippling, "rippling", false),
    facts(Provider::Other, "other", false),
];

const fn facts(provider: Provider, id: &'static str, syncs_on_schedule: bool) -> Facts {
    Facts {
        provider,
        id,
        syncs_on_schedule,
    }
}

impl Provider {
    /// Returns all providers.
    pub fn all() -> impl Iterator<Item = Self> {
        PROVIDERS.iter().map(|facts| facts.provider)
    }

    /// Returns the id, such as `okta`.
    pub fn as_str(self) -> &'static str {
        self.facts().map_or("other", |facts| facts.id)
    }

    /// Returns the provider with this id; `None` for an unknown id.
    pub fn of(id: &str) -> Option<Self> {
        let found = PROVIDERS.iter().find(|facts| facts.id == id);
        found.map(|facts| facts.provider)
    }

    /// Returns whether it sends requests on a schedule, even if nothing has changed.
    pub fn syncs_on_schedule(self) -> bool {
        self.facts().is_some_and(|facts| facts.syncs_on_schedule)
    }

    fn facts(self) -> Option<&'static Facts> {
        PROVIDERS.iter().find(|facts| facts.provider == self)
    }
}

impl<'de> Deserialize<'de> for Provider {
    /// Reads an id. The id of a product that only a newer version knows reads as [`Provider::Other`].
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        Ok(Self::of(&id).unwrap_or(Self::Other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_table_has_every_provider_under_its_id() {
        for provider in Provider::all() {
            assert_eq!(json!(provider), provider.as_str());
            assert_eq!(Provider::of(provider.as_str()), Some(provider));
        }
        let newer: Provider = serde_json::from_value(json!("badges")).unwrap();
        assert_eq!(newer, Provider::Other);
    }
}
