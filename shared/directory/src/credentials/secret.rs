//! Bearer tokens: how one looks, and the two types that keep a plaintext and a stored token apart.
//!
//! `<prefix>_<realm>_<44 base62 digits of chance><6 base62 digits of CRC-32>`: prefix and checksum let secret
//! scanners recognise one, and let a mistyped one be refused without a read. The realm is the tenant.

use std::fmt;

use rollcall_model::{TenantId, sha256_hex};

/// What a secret is for; it opens nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// An identity provider's bearer token.
    Scim,
    /// A person's session.
    Session,
    /// A link that opens the console, once.
    PortalLink,
    /// The application's key for the whole stack.
    ServiceKey,
}

impl Purpose {
    const ALL: [Self; 4] = [
        Self::Scim,
        Self::Session,
        Self::PortalLink,
        Self::ServiceKey,
    ];

    /// What every secret of the purpose starts with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Scim => "rcs_",
            Self::Session => "rcx_",
            Self::PortalLink => "rcl_",
            Self::ServiceKey => "rck_",
        }
    }
}

/// Base62 digits of one half of the random part; 62^22 exceeds 2^128.
const HALF_DIGITS: usize = 22;
/// Base62 digits of the checksum; 62^6 exceeds 2^32.
const CHECK_DIGITS: usize = 6;
/// How much of the random part is shown in lists, for recognition.
const SHOWN_DIGITS: usize = 4;

/// A token in plain text. Shown once, at creation; cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret {
    purpose: Purpose,
    realm: TenantId,
    text: String,
}

/// A token as it is stored: the SHA-256 of the plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenHash(pub(crate) String);

impl TokenSecret {
    /// A new secret of 256 random bits.
    pub(crate) fn generate(purpose: Purpose, realm: &TenantId) -> Self {
        let half = || pad(base62::encode(rand::random::<u128>()), HALF_DIGITS);
        let body = format!("{}{realm}_{}{}", purpose.prefix(), half(), half());
        Self {
            purpose,
            realm: realm.clone(),
            text: format!("{body}{}", checksum(&body)),
        }
    }

    /// Reads what a client presents; `None` when it can be no secret of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (body, check) = text.split_at_checked(text.len().checked_sub(CHECK_DIGITS)?)?;
        let purpose = Purpose::ALL
            .into_iter()
            .find(|purpose| body.starts_with(purpose.prefix()))?;
        let (realm, random) = body.strip_prefix(purpose.prefix())?.split_once('_')?;
        let well_formed = random.len() == 2 * HALF_DIGITS
            && random.bytes().all(|b| b.is_ascii_alphanumeric())
            && check == checksum(body);
        let realm = realm.parse().ok()?;
        well_formed.then(|| Self {
            purpose,
            realm,
            text: text.to_owned(),
        })
    }

    /// Reads a secret of one purpose.
    pub fn parse_for(purpose: Purpose, text: &str) -> Option<Self> {
        Self::parse(text).filter(|secret| secret.purpose == purpose)
    }

    /// What the secret is for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The plain text, for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The tenant that the token claims; true only once the stored hash is found there.
    pub(crate) fn claimed_tenant(&self) -> &TenantId {
        &self.realm
    }

    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(sha256_hex(&self.text))
    }

    /// The beginning, by which people recognise the token in a list.
    pub(crate) fn shown_prefix(&self) -> String {
        let shown = self.purpose.prefix().len() + self.realm.as_str().len() + 1 + SHOWN_DIGITS;
        self.text.chars().take(shown).collect()
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSecret(…)")
    }
}

fn checksum(body: &str) -> String {
    pad(
        base62::encode(crc32fast::hash(body.as_bytes())),
        CHECK_DIGITS,
    )
}

fn pad(digits: String, width: usize) -> String {
    format!("{digits:0>width$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_generated_parses_and_nothing_else_does() {
        let tenant: TenantId = "acme-2".parse().unwrap();
        let secret = TokenSecret::generate(Purpose::Scim, &tenant);
        let text = secret.expose().to_owned();
        assert_eq!(TokenSecret::parse(&text), Some(secret.clone()));
        assert_eq!(secret.claimed_tenant(), &tenant);
        let other = text.replace("acme-2", "acme-3");
        let cut = &text[..text.len() - 1];
        for bad in [
            "",
            "rcs_",
            "x",
            "rcs_acme_",
            "rcs_acme_ä",
            cut,
            &other,
            &format!("{text}0"),
        ] {
            assert_eq!(TokenSecret::parse(bad), None, "{bad}");
        }
        assert_ne!(TokenSecret::generate(Purpose::Scim, &tenant), secret);
    }

    #[test]
    fn a_secret_is_mute() {
        let secret = TokenSecret::generate(Purpose::Scim, &"acme".parse().unwrap());
        assert_eq!(format!("{secret:?}"), "TokenSecret(…)");
        assert!(secret.expose().starts_with(&secret.shown_prefix()));
    }
}
