//! Access tokens of OAuth clients (RFC 6749 §4.4): short-lived, and nowhere stored.
//!
//! The form is `rca_<tenant>_<44 base62 digits><6 digits><key id><21 digits><6 base62 digits of CRC-32>`: the hash of the
//! client's secret, which is the address of its item in the table, the time when the token expires in seconds since
//! 1970, the id of a key of the stack, and a MAC of all that with this key. Nobody but the stack can make one, so a forged
//! or expired one is refused without a call. What is accepted books on the client's item, as a token does on its own: so a
//! revocation ends the access tokens of a client, too.

use std::fmt;

use rollcall_model::TenantId;
use rollcall_store::{KeyUse, StackKey};

use crate::credentials::secret::{
    CHECK_DIGITS, HALF_DIGITS, MAC_BYTES, MAC_DIGITS, TokenHash, checksum, pad,
};
use crate::credentials::token_item::Refusal;

/// What every access token begins with.
const PREFIX: &str = "rca_";
/// Base62 digits of the time; 62^6 seconds exceed 1,800 years.
const TIME_DIGITS: usize = 6;
/// Everything that the MAC covers after the tenant.
const COVERED_DIGITS: usize = 2 * HALF_DIGITS + TIME_DIGITS + 1;

/// An access token in plain text, as it was issued or presented. Its `Debug` output is only a placeholder.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    text: String,
    tenant: TenantId,
    client: TokenHash,
    expires_s: i64,
    key_id: char,
}

impl AccessToken {
    /// How long an access token is accepted, in seconds, unless its client ends before.
    pub const LIFETIME_SECONDS: u64 = 3_600;

    /// Returns a new access token. Returns `None` for a hash or a time that no client and no clock has.
    pub(super) fn issue(
        tenant: &TenantId,
        client: &TokenHash,
        expires_s: i64,
        key: &StackKey,
    ) -> Option<Self> {
        let half = |digits: Option<&str>| {
            let bits = u128::from_str_radix(digits?, 16).ok()?;
            Some(pad(base62::encode(bits), HALF_DIGITS))
        };
        let time = pad(base62::encode(u64::try_from(expires_s).ok()?), TIME_DIGITS);
        let mut text = format!(
            "{PREFIX}{tenant}_{}{}{time}{}",
            half(client.0.get(..32))?,
            half(client.0.get(32..))?,
            key.id
        );
        let mut tag = [0; 16];
        tag[1..].copy_from_slice(&key.mac(KeyUse::AccessToken, &text)[..MAC_BYTES]);
        text.push_str(&pad(base62::encode(u128::from_be_bytes(tag)), MAC_DIGITS));
        text.push_str(&checksum(&text));
        Self::parse(&text)
    }

    /// Reads a presented access token. Returns `None` if the text does not have the form of one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (body, check) = text.split_at_checked(text.len().checked_sub(CHECK_DIGITS)?)?;
        let (tenant, digits) = body.strip_prefix(PREFIX)?.split_once('_')?;
        let well_formed = digits.len() == COVERED_DIGITS + MAC_DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && check == checksum(body);
        if !well_formed {
            return None;
        }
        let (first, rest) = digits.split_at(HALF_DIGITS);
        let (second, rest) = rest.split_at(HALF_DIGITS);
        let (time, rest) = rest.split_at(TIME_DIGITS);
        let half = |digits| {
            base62::decode(digits)
                .ok()
                .map(|bits| format!("{bits:032x}"))
        };
        Some(Self {
            tenant: tenant.parse().ok()?,
            client: TokenHash(half(first)? + &half(second)?),
            expires_s: i64::try_from(base62::decode(time).ok()?).ok()?,
            key_id: rest.chars().next()?,
            text: text.to_owned(),
        })
    }

    /// Returns the plain text, for the one response that shows it.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Returns the tenant that the token claims to belong to.
    pub(super) fn claimed_tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Returns the hash of the secret of the client that the token claims to belong to.
    pub(super) fn claimed_client(&self) -> &TokenHash {
        &self.client
    }

    /// Returns the id of the key that the token would be made with.
    pub(super) fn key_id(&self) -> char {
        self.key_id
    }

    /// Returns whether the token was made with this key.
    fn is_made_with(&self, key: &StackKey) -> bool {
        let end = self.text.len() - CHECK_DIGITS;
        let Some((body, tag)) = self.text[..end].split_at_checked(end - MAC_DIGITS) else {
            return false;
        };
        // A wrong tag can be larger than 120 bits.
        let tag = base62::decode(tag).ok();
        let tag = tag.filter(|tag| tag >> (8 * MAC_BYTES) == 0);
        tag.is_some_and(|tag| key.proves(KeyUse::AccessToken, body, &tag.to_be_bytes()[1..]))
    }

    /// Returns whether the token has expired.
    pub(super) fn is_over(&self, now_us: i64) -> bool {
        self.expires_s <= now_us.div_euclid(1_000_000)
    }

    /// Checks that the token was made with the key of its id, and has not expired.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub(super) fn check(&self, key: Option<&StackKey>, now_us: i64) -> Result<(), Refusal> {
        match key.is_some_and(|key| self.is_made_with(key)) {
            false => Err(Refusal::Unknown),
            true if self.is_over(now_us) => Err(Refusal::Expired),
            true => Ok(()),
        }
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use rollcall_store::KeyRing;

    use super::*;
    use crate::credentials::secret::{Purpose, TokenSecret};

    async fn key() -> StackKey {
        let ring = KeyRing::fixed(KeyRing::new_secret());
        ring.current().await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn what_is_issued_parses_and_leads_to_its_client() {
        let (ours, theirs) = (key().await, key().await);
        let tenant: TenantId = "acme-2".parse().unwrap();
        for _ in 0..200 {
            let secret = TokenSecret::generate_keyed(Purpose::OauthClient, &tenant, &ours);
            let issued = AccessToken::issue(&tenant, &secret.hash(), 1_800_000_000, &ours).unwrap();
            let read = AccessToken::parse(issued.expose()).unwrap();
            assert_eq!(read, issued);
            assert_eq!(read.claimed_client(), &secret.hash());
            assert_eq!(read.claimed_tenant(), &tenant);
            for (key, now_us, expected) in [
                (Some(&ours), 1_799_999_999_999_999, Ok(())),
                (Some(&ours), 1_800_000_000_000_000, Err(Refusal::Expired)),
                (Some(&theirs), 0, Err(Refusal::Unknown)),
                (Some(&theirs), 1_800_000_000_000_000, Err(Refusal::Unknown)),
                (None, 0, Err(Refusal::Unknown)),
            ] {
                assert_eq!(read.check(key, now_us), expected, "{now_us}");
            }
            // It is no secret for any purpose, and no secret is one.
            assert_eq!(TokenSecret::parse(read.expose()), None);
            assert_eq!(AccessToken::parse(secret.expose()), None);
        }
    }

    #[tokio::test]
    async fn no_part_can_be_changed() {
        let ours = key().await;
        let tenant: TenantId = "acme".parse().unwrap();
        let secret = TokenSecret::generate(Purpose::OauthClient, &tenant);
        let issued = AccessToken::issue(&tenant, &secret.hash(), 1_800_000_000, &ours).unwrap();
        let body = &issued.expose()[..issued.expose().len() - CHECK_DIGITS];
        let mut forged = vec![body.replace("acme", "acmf")];
        for at in PREFIX.len() + tenant.as_str().len() + 1..body.len() {
            let other = if &body[at..=at] == "1" { "2" } else { "1" };
            forged.push(format!("{}{other}{}", &body[..at], &body[at + 1..]));
        }
        for body in forged {
            let text = body.clone() + &checksum(&body);
            let accepted = AccessToken::parse(&text).is_some_and(|one| one.is_made_with(&ours));
            assert!(!accepted, "{text}");
            assert_eq!(AccessToken::parse(&body), None);
        }
        assert_eq!(format!("{issued:?}"), "AccessToken(…)");
    }
}
