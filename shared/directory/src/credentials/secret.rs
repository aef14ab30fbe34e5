//! Secrets: their form, and separate types for a secret in plain text and its stored hash.
//!
//! The form is `<prefix>_<realm>_<44 base62 digits><6 base62 digits of CRC-32>`. By the prefix and the checksum, secret
//! scanners recognise a secret, and a mistyped one is refused without a read. The realm is the tenant, or `stack` or
//! `scoped` for a service key.
//!
//! The 44 digits are random. In the secret of a person's session, the first half is the person's id instead, so that
//! one call reads the session and the person. The other half still has 128 random bits, which nobody guesses (RFC 6749
//! §10.10).
//!
//! An access token of an OAuth client has a form of its own (`access_token`).
//!
//! The digits of a *keyed* secret are 22 random digits, the id of a key of the stack, and a MAC of all that with this
//! key in 21 digits. Nobody but the stack can make one, so a forged secret is refused without a read.
//!
//! The digits of the secret of a *mailed* portal link are a MAC with a key of the stack over the id of the event that
//! says that the link was made. So whoever has the keys and reads that event can complete the link, and nobody else.
//!
//! All these forms look alike: a version that does not know them sees 44 digits, and verifies the secret by its hash.

use std::fmt;

use rollcall_model::{TenantId, generated_id, generated_id_of, sha256_hex};
use rollcall_store::{KeyUse, StackKey};

/// What a secret is for. It is valid for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// An identity provider's bearer token.
    Scim,
    /// The secret of an identity provider's OAuth client.
    OauthClient,
    /// A person's session.
    Session,
    /// A link that opens the console, once.
    PortalLink,
    /// The application's key for the whole stack.
    ServiceKey,
}

impl Purpose {
    const ALL: [Self; 5] = [
        Self::Scim,
        Self::OauthClient,
        Self::Session,
        Self::PortalLink,
        Self::ServiceKey,
    ];

    /// Returns the prefix of every secret for this purpose.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Scim => "rcs_",
            Self::OauthClient => "rco_",
            Self::Session => "rcx_",
            Self::PortalLink => "rcl_",
            Self::ServiceKey => "rck_",
        }
    }
}

/// Base62 digits of one half of the part after the realm; 62^22 exceeds 2^128.
pub(super) const HALF_DIGITS: usize = 22;
/// Bytes of the MAC in a keyed secret, and its base62 digits; 62^21 exceeds 2^120.
pub(super) const MAC_BYTES: usize = 15;
pub(super) const MAC_DIGITS: usize = HALF_DIGITS - 1;
/// Base62 digits of the checksum; 62^6 exceeds 2^32.
pub(super) const CHECK_DIGITS: usize = 6;
/// Digits after the realm that lists show, so that people recognise the token.
const SHOWN_DIGITS: usize = 4;

/// A secret in plain text. It is shown once, at creation, and its `Debug` output is only a placeholder.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret {
    purpose: Purpose,
    realm: TenantId,
    text: String,
}

/// A secret as it is stored: the SHA-256 of its plain text, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenHash(pub(crate) String);

impl TokenSecret {
    /// Returns a new secret with 256 random bits.
    pub(crate) fn generate(purpose: Purpose, realm: &TenantId) -> Self {
        let body = Self::begin(purpose, realm, rand::random()) + &half(rand::random());
        Self::complete(purpose, realm, body)
    }

    /// Returns a new secret that names a person, with 128 random bits.
    ///
    /// If the id is not of the form that [`rollcall_model::new_id`] generates, the secret names nobody.
    pub(crate) fn generate_for(purpose: Purpose, realm: &TenantId, person: &str) -> Self {
        let Some(id) = generated_id(person) else {
            return Self::generate(purpose, realm);
        };
        let body = Self::begin(purpose, realm, id) + &half(rand::random());
        Self::complete(purpose, realm, body)
    }

    /// Returns a new secret with 128 random bits and a MAC with this key.
    pub(crate) fn generate_keyed(purpose: Purpose, realm: &TenantId, key: &StackKey) -> Self {
        let mut body = Self::begin(purpose, realm, rand::random());
        body.push(key.id);
        let mut tag = [0; 16];
        tag[1..].copy_from_slice(&key.mac(KeyUse::Token, &body)[..MAC_BYTES]);
        let tag = base62::encode(u128::from_be_bytes(tag));
        body.push_str(&pad(tag, MAC_DIGITS));
        Self::complete(purpose, realm, body)
    }

    /// Returns the secret that a key of the stack gives for a seed: the same one each time. The seed need not be secret,
    /// because nobody without the key can tell the 256 bits of the MAC from it.
    pub(crate) fn derived(purpose: Purpose, realm: &TenantId, key: &StackKey, seed: &str) -> Self {
        let begin = format!("{}{realm}_", purpose.prefix());
        let mac = key.mac(KeyUse::MailedLink, &format!("{begin}{seed}"));
        let (first, second) = mac.split_at(mac.len() / 2);
        let body = begin + &half(number(first)) + &half(number(second));
        Self::complete(purpose, realm, body)
    }

    fn begin(purpose: Purpose, realm: &TenantId, first: u128) -> String {
        format!("{}{realm}_{}", purpose.prefix(), half(first))
    }

    fn complete(purpose: Purpose, realm: &TenantId, body: String) -> Self {
        let check = checksum(&body);
        Self {
            purpose,
            realm: realm.clone(),
            text: body + &check,
        }
    }

    /// Reads a presented secret. Returns `None` if the text does not have the form of a secret.
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

    /// Reads a presented secret for one purpose.
    pub fn parse_for(purpose: Purpose, text: &str) -> Option<Self> {
        Self::parse(text).filter(|secret| secret.purpose == purpose)
    }

    /// Returns what the secret is for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Returns the plain text, for the one response that shows it.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Returns the tenant that the secret claims to belong to. Only the stored hash of that tenant proves it.
    pub(crate) fn claimed_tenant(&self) -> &TenantId {
        &self.realm
    }

    /// Returns the id of the person that the secret claims to belong to. Only the stored session proves it.
    ///
    /// One in 64 secrets that name nobody looks as if it named somebody. Nobody has that id.
    pub(crate) fn claimed_person(&self) -> Option<String> {
        let start = self.purpose.prefix().len() + self.realm.as_str().len() + 1;
        let half = self.text.get(start..start + HALF_DIGITS)?;
        generated_id_of(base62::decode(half).ok()?)
    }

    /// Returns the id of the key that this secret would be made with, if it is a keyed one.
    pub(crate) fn key_id(&self) -> Option<char> {
        self.keyed_parts()?.0.chars().next_back()
    }

    /// Returns whether the secret was made with this key.
    pub(crate) fn is_made_with(&self, key: &StackKey) -> bool {
        let Some((body, tag)) = self.keyed_parts() else {
            return false;
        };
        // A wrong tag can be larger than 120 bits.
        let tag = base62::decode(tag)
            .ok()
            .filter(|tag| tag >> (8 * MAC_BYTES) == 0);
        tag.is_some_and(|tag| key.proves(KeyUse::Token, body, &tag.to_be_bytes()[1..]))
    }

    /// Splits the text into what the MAC covers, up to the id of the key, and the digits of the MAC.
    fn keyed_parts(&self) -> Option<(&str, &str)> {
        let end = self.text.len().checked_sub(CHECK_DIGITS)?;
        self.text
            .get(..end)?
            .split_at_checked(end.checked_sub(MAC_DIGITS)?)
    }

    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(sha256_hex(&self.text))
    }

    /// Returns the first characters, by which people recognise the token in a list.
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

/// Returns at most 16 bytes as a number.
fn number(bytes: &[u8]) -> u128 {
    let append = |number: u128, byte: &u8| number << 8 | u128::from(*byte);
    bytes.iter().fold(0, append)
}

fn half(bits: u128) -> String {
    pad(base62::encode(bits), HALF_DIGITS)
}

pub(super) fn checksum(body: &str) -> String {
    pad(
        base62::encode(crc32fast::hash(body.as_bytes())),
        CHECK_DIGITS,
    )
}

pub(super) fn pad(digits: String, width: usize) -> String {
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

    #[tokio::test]
    async fn only_the_stack_makes_keyed_secrets() {
        let key = async || {
            let ring = rollcall_store::KeyRing::fixed(rollcall_store::KeyRing::new_secret());
            ring.current().await.unwrap().unwrap()
        };
        let (ours, theirs) = (key().await, key().await);
        let tenant: TenantId = "acme".parse().unwrap();
        for _ in 0..200 {
            let secret = TokenSecret::generate_keyed(Purpose::Scim, &tenant, &ours);
            assert_eq!(TokenSecret::parse(secret.expose()), Some(secret.clone()));
            assert_eq!(secret.key_id(), Some('1'));
            assert!(secret.is_made_with(&ours));
            assert!(!secret.is_made_with(&theirs));
            let unkeyed = TokenSecret::generate(Purpose::Scim, &tenant);
            assert_eq!(unkeyed.expose().len(), secret.expose().len());
            assert!(!unkeyed.is_made_with(&ours));
            // The tag of one secret does not fit another tenant or another random part.
            let end = secret.expose().len() - CHECK_DIGITS;
            for forged in [
                secret.expose()[..end].replace("acme", "acmf"),
                secret.expose()[..end].replace("rcs_", "rcx_"),
                format!("{}0{}", &secret.expose()[..9], &secret.expose()[10..end]),
                format!(
                    "{}{}",
                    &secret.expose()[..end - MAC_DIGITS],
                    "z".repeat(MAC_DIGITS)
                ),
            ] {
                let forged = TokenSecret::parse(&format!("{forged}{}", checksum(&forged)));
                let forged = forged.expect("a well-formed secret");
                assert!(
                    forged == secret || !forged.is_made_with(&ours),
                    "{}",
                    forged.text
                );
            }
        }
    }

    #[tokio::test]
    async fn a_derived_secret_is_that_of_its_key_seed_and_tenant() {
        let key = async || {
            let ring = rollcall_store::KeyRing::fixed(rollcall_store::KeyRing::new_secret());
            ring.current().await.unwrap().unwrap()
        };
        let (ours, theirs) = (key().await, key().await);
        let (acme, globex): (TenantId, TenantId) =
            ("acme".parse().unwrap(), "globex".parse().unwrap());
        let link = |realm, key, seed| TokenSecret::derived(Purpose::PortalLink, realm, key, seed);
        let secret = link(&acme, &ours, "event-1");
        assert_eq!(TokenSecret::parse(secret.expose()), Some(secret.clone()));
        assert_eq!(link(&acme, &ours, "event-1"), secret);
        let random = TokenSecret::generate(Purpose::PortalLink, &acme);
        assert_eq!(random.expose().len(), secret.expose().len());
        for other in [
            link(&acme, &ours, "event-2"),
            link(&globex, &ours, "event-1"),
            link(&acme, &theirs, "event-1"),
        ] {
            let digits =
                |secret: &TokenSecret| secret.text.split('_').next_back().map(str::to_owned);
            assert_ne!(digits(&other), digits(&secret));
        }
    }

    #[test]
    fn a_session_names_its_person() {
        let tenant: TenantId = "acme-2".parse().unwrap();
        let ada = rollcall_model::new_id();
        let named = TokenSecret::generate_for(Purpose::Session, &tenant, &ada);
        let again = TokenSecret::generate_for(Purpose::Session, &tenant, &ada);
        assert_ne!(named, again);
        assert_eq!(named.expose().len(), again.expose().len());
        let read = TokenSecret::parse(named.expose()).unwrap();
        assert_eq!(read.claimed_person(), Some(ada));
        // The form is that of earlier versions.
        let before = TokenSecret::generate(Purpose::Session, &tenant);
        assert_eq!(named.expose().len(), before.expose().len());
        for other in ["bob", "5f2a5a3c-0000-4000-8000-000000000000"] {
            let secret = TokenSecret::generate_for(Purpose::Session, &tenant, other);
            assert_ne!(secret.claimed_person().as_deref(), Some(other));
        }
    }

    #[test]
    fn a_secret_is_mute() {
        let secret = TokenSecret::generate(Purpose::Scim, &"acme".parse().unwrap());
        assert_eq!(format!("{secret:?}"), "TokenSecret(…)");
        assert!(secret.expose().starts_with(&secret.shown_prefix()));
    }
}
