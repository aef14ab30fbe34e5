//! Where a request came from.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::secrets::cleaned;

/// The maximum length of a user agent in bytes. Every journal entry of a request contains it.
const MAX_USER_AGENT: usize = 128;
/// The maximum length of an address in bytes: the longest form of an IPv6 address.
const MAX_ADDRESS: usize = 45;

/// Where a request came from, according to the gateway that received it.
///
/// Empty for what Rollcall does by itself, and in what earlier versions stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Origin {
    /// The IP address from which the gateway received the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What the client calls itself: its `User-Agent` header, without secrets, cut to 128 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// When the gateway received the request. Not stored with the origin: only entries about the end of somebody's access
    /// have it.
    #[serde(skip)]
    pub received_at: Option<Timestamp>,
}

impl Origin {
    /// Returns the origin with this address and user agent, without what is empty.
    pub fn new(address: Option<&str>, user_agent: Option<&str>) -> Self {
        Self {
            address: address.and_then(|text| bounded(&cleaned(text), MAX_ADDRESS)),
            user_agent: user_agent.and_then(|text| bounded(&cleaned(text), MAX_USER_AGENT)),
            received_at: None,
        }
    }

    /// Returns the address, if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.address.as_deref()?.parse().ok()
    }

    /// Returns the origin of a request that the gateway received then, in milliseconds since 1970; 0 if that is not known.
    #[must_use]
    pub fn received(self, milliseconds: i64) -> Self {
        let at = Timestamp::from_millisecond(milliseconds).ok();
        Self {
            received_at: at.filter(|_| milliseconds > 0),
            ..self
        }
    }

    /// Returns whether neither the address nor the user agent is known.
    pub fn is_empty(&self) -> bool {
        self.address.is_none() && self.user_agent.is_none()
    }
}

/// Returns the beginning of a text in at most `max` bytes, without control characters; `None` if nothing is left.
fn bounded(text: &str, max: usize) -> Option<String> {
    let clean: String = text.chars().filter(|char| !char.is_control()).collect();
    let cut = clean.trim();
    let cut = cut[..cut.floor_char_boundary(max)].trim_end();
    (!cut.is_empty()).then(|| cut.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_user_agent_is_bounded() {
        for (given, kept) in [
            ("okta/1.0", Some("okta/1.0".to_owned())),
            (" a\u{0}\tb ", Some("ab".to_owned())),
            ("sync rcs_acme_0123456789", Some("sync ***".to_owned())),
            ("", None),
            (" \t", None),
            (&"x".repeat(500), Some("x".repeat(128))),
            (&"ü".repeat(500), Some("ü".repeat(64))),
            (
                &format!("x{}", "ü".repeat(500)),
                Some(format!("x{}", "ü".repeat(63))),
            ),
        ] {
            assert_eq!(Origin::new(None, Some(given)).user_agent, kept, "{given}");
        }
    }

    #[test]
    fn an_unknown_origin_is_an_empty_object() {
        assert!(Origin::default().is_empty());
        assert_eq!(json!(Origin::default()), json!({}));
        let origin = Origin::new(Some("2001:db8::1"), None);
        assert_eq!(json!(origin), json!({"address": "2001:db8::1"}));
        let newer = json!({"address": "2001:db8::1", "country": "CH"});
        assert_eq!(serde_json::from_value::<Origin>(newer).unwrap(), origin);
    }
}
