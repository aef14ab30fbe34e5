//! The secret of a token that was just issued, sealed so that the page that shows it can be loaded again for some minutes.
//!
//! The browser keeps the sealed text, in a cookie, and nobody else does: an item would put the secret, although sealed, into
//! the table, its backups and its stream, and would outlive a sign-out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use rollcall_store::{Error, KeyUse, now};
use serde::{Deserialize, Serialize};

use crate::credentials::handle::Credentials;
use crate::credentials::secret::TokenSecret;
use crate::credentials::tokens::IssuedToken;

/// How long a new secret can be shown.
const SHOWN_FOR: SignedDuration = SignedDuration::from_mins(10);

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Sealed {
    #[serde(rename = "s")]
    secret: String,
    /// Until when it can be shown, in seconds since 1970.
    #[serde(rename = "u")]
    until: i64,
}

impl Credentials<'_> {
    /// Seals the secret of a new token for `holder`, which names the session that asked for it. Returns the sealed text and
    /// until when it can be opened; `None` if the stack has no keys.
    ///
    /// # Errors
    /// Only those of reading the keys of the stack.
    pub async fn seal_issued(
        self,
        issued: &IssuedToken,
        holder: &str,
    ) -> Result<Option<(String, Timestamp)>, Error> {
        let Some(key) = self.scope.key_ring.current().await? else {
            return Ok(None);
        };
        let until = now() + SHOWN_FOR;
        let sealed = Sealed {
            secret: issued.secret.expose().to_owned(),
            until: until.as_second(),
        };
        let text = serde_json::to_string(&sealed).map_err(Error::corrupt)?;
        let bound_to = self.bound_to(holder, &issued.token.id);
        let sealed = key.seal(KeyUse::ShownSecret, &bound_to, &text);
        let sealed = URL_SAFE_NO_PAD.encode(sealed);
        Ok(Some((format!("{}{sealed}", key.id), until)))
    }

    /// Opens what [`Self::seal_issued`] sealed for the same holder and token. Returns the secret and until when it can be
    /// shown; `None` for everything else, and when that time is over. Whether the token is still accepted is not checked.
    ///
    /// # Errors
    /// Only those of reading the keys of the stack.
    pub async fn open_issued(
        self,
        token: &str,
        holder: &str,
        sealed: &str,
    ) -> Result<Option<(TokenSecret, Timestamp)>, Error> {
        let mut rest = sealed.chars();
        let Some(id) = rest.next() else {
            return Ok(None);
        };
        let Some(key) = self.scope.key_ring.find(id).await? else {
            return Ok(None);
        };
        let bound_to = self.bound_to(holder, token);
        let bytes = URL_SAFE_NO_PAD.decode(rest.as_str()).ok();
        let text = bytes.and_then(|bytes| key.open(KeyUse::ShownSecret, &bound_to, &bytes));
        let opened = text.and_then(|text| serde_json::from_str(&text).ok());
        Ok(opened.and_then(in_time))
    }

    fn bound_to(self, holder: &str, token: &str) -> String {
        format!("{}\n{holder}\n{token}", self.scope.tenant)
    }
}

fn in_time(opened: Sealed) -> Option<(TokenSecret, Timestamp)> {
    let until = Timestamp::from_second(opened.until).ok()?;
    let secret = TokenSecret::parse(&opened.secret)?;
    (until > now()).then_some((secret, until))
}

#[cfg(test)]
mod tests {
    use rollcall_model::TenantId;

    use super::*;
    use crate::credentials::secret::Purpose;

    #[test]
    fn a_secret_is_shown_until_its_time_is_over() {
        let realm: TenantId = "acme".parse().unwrap();
        let secret = TokenSecret::generate(Purpose::Scim, &realm);
        let shown = |seconds| {
            let until = now().as_second() + seconds;
            let secret = secret.expose().to_owned();
            in_time(Sealed { secret, until }).map(|(secret, _)| secret)
        };
        assert_eq!(shown(60).as_ref(), Some(&secret));
        assert_eq!(shown(-1), None);
    }
}
