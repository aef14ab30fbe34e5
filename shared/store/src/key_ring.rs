//! The keys of the stack: one secret outside the table, with one key for each use derived from it.
//!
//! The secret is a JSON object with the keys by id, and the id of the current one: `{"current": "2", "1": "…", "2":
//! "…"}`. An id is one letter or digit; a key is a random text. New values use the current key. The other keys only
//! verify what was made with them, so a rotation adds a key, makes it the current one, and keeps the old one for as
//! long as its values live.
//!
//! The secret is read when a key is first needed, and never before. A function that needs no key never reads it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::Mutex;

use crate::error::Error;

/// After this time, the secret is read again before a new value is made, or for an id that is not in it. This is how
/// running functions notice a new key, and it bounds the reads that forged ids can cause.
const REREAD_AFTER: Duration = Duration::from_secs(60);
/// After this time, the secret is read again in any case. This is how running functions notice that a key was removed.
const FORGET_AFTER: Duration = Duration::from_secs(600);
/// A read that takes longer counts as failed. The callers have seconds.
const READ_TIMEOUT: Duration = Duration::from_secs(2);
/// After a failed read, the secret is not read again for this time.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// The length of the shortest key that is accepted.
const MIN_KEY_LENGTH: usize = 32;

/// What a key is used for. Keys for different uses are independent of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// The proof inside a bearer token that this stack issued it.
    Token,
    /// The proof inside the access token of an OAuth client that this stack issued it.
    AccessToken,
    /// The hash of an identifier of somebody who was deleted. Such a hash is found for as long as its key is kept.
    Identifier,
    /// The proof inside the cursor of a list that this stack made it.
    Cursor,
    /// The seal of the cursor of a list that says more than the list shows.
    SealedCursor,
    /// The secret with which the deliveries of a webhook are signed.
    Webhook,
    /// The secret of a portal link that is mailed.
    MailedLink,
    /// The seal of a new secret that a page may show again.
    ShownSecret,
}

impl KeyUse {
    fn info(self) -> &'static [u8] {
        match self {
            Self::Token => b"rollcall/token",
            Self::AccessToken => b"rollcall/access-token",
            Self::Identifier => b"rollcall/identifier",
            Self::Cursor => b"rollcall/cursor",
            Self::SealedCursor => b"rollcall/sealed-cursor",
            Self::Webhook => b"rollcall/webhook",
            Self::MailedLink => b"rollcall/mailed-link",
            Self::ShownSecret => b"rollcall/shown-secret",
        }
    }
}

/// The place where the secret is kept.
pub trait KeySource: fmt::Debug + Send + Sync {
    /// Reads the secret.
    fn read(&self) -> BoxFuture<'_, Result<String, Box<dyn std::error::Error + Send + Sync>>>;
}

/// A source that holds the secret itself, for tests and the local run.
struct Fixed(String);

impl fmt::Debug for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fixed(…)")
    }
}

impl KeySource for Fixed {
    fn read(&self) -> BoxFuture<'_, Result<String, Box<dyn std::error::Error + Send + Sync>>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

/// One key of the stack. Its `Debug` output is only a placeholder.
#[derive(Clone)]
pub struct StackKey {
    /// The id of the key, which is stored or sent beside every value that was made with it.
    pub id: char,
    material: Arc<str>,
}

impl fmt::Debug for StackKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StackKey({}, …)", self.id)
    }
}

impl StackKey {
    /// Returns the HMAC-SHA-256 of `text` with the key for this use, which HKDF-SHA-256 derives (RFC 5869).
    pub fn mac(&self, of: KeyUse, text: &str) -> [u8; 32] {
        self.keyed(of, text).finalize().into_bytes().into()
    }

    /// Returns whether `tag` is the beginning of the MAC of `text`. Takes the same time for every wrong tag.
    pub fn proves(&self, of: KeyUse, text: &str, tag: &[u8]) -> bool {
        self.keyed(of, text).verify_truncated_left(tag).is_ok()
    }

    fn keyed(&self, of: KeyUse, text: &str) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.derived(of))
            .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        mac.update(text.as_bytes());
        mac
    }

    /// Returns the key for this use.
    pub(crate) fn derived(&self, of: KeyUse) -> [u8; 32] {
        let mut derived = [0; 32];
        Hkdf::<Sha256>::new(None, self.material.as_bytes())
            .expand(of.info(), &mut derived)
            .unwrap_or_else(|_| unreachable!("HKDF gives 32 bytes"));
        derived
    }
}

/// The keys of the stack, or none if there is no secret. It is cheap to clone; clones share what was read.
#[derive(Clone, Debug, Default)]
pub struct KeyRing {
    source: Option<Arc<dyn KeySource>>,
    read: Arc<Mutex<Read>>,
    refuses_unkeyed: bool,
}

/// What was read, and when.
#[derive(Debug, Default)]
struct Read {
    at: Option<Instant>,
    keys: Option<Arc<Keys>>,
    failed_at: Option<Instant>,
}

#[derive(Debug)]
struct Keys {
    current: StackKey,
    by_id: BTreeMap<char, StackKey>,
}

impl KeyRing {
    /// Returns the keys in a source.
    pub fn of(source: impl KeySource + 'static) -> Self {
        Self {
            source: Some(Arc::new(source)),
            read: Arc::default(),
            refuses_unkeyed: false,
        }
    }

    /// Sets whether tokens that were not made with one of the keys are refused.
    #[must_use]
    pub fn refusing_unkeyed(mut self, refuses_unkeyed: bool) -> Self {
        self.refuses_unkeyed = refuses_unkeyed;
        self
    }

    /// Returns whether tokens that were not made with one of the keys are refused. Without keys, none is.
    pub fn refuses_unkeyed(&self) -> bool {
        self.refuses_unkeyed && self.source.is_some()
    }

    /// Returns the keys in a secret that was read elsewhere.
    pub fn fixed(secret: impl Into<String>) -> Self {
        Self::of(Fixed(secret.into()))
    }

    /// Returns a new secret with one random key.
    pub fn new_secret() -> String {
        let half = || format!("{:0>22}", base62::encode(rand::random::<u128>()));
        let key = half() + &half();
        format!(r#"{{"current": "1", "1": "{key}"}}"#)
    }

    /// Returns the key for new values; `None` if the stack has no secret.
    ///
    /// # Errors
    /// [`Error::Keys`] when the secret cannot be read.
    pub async fn current(&self) -> Result<Option<StackKey>, Error> {
        let Some(source) = &self.source else {
            return Ok(None);
        };
        let mut read = self.read.lock().await;
        let keys = keys(source, &mut read, REREAD_AFTER).await?;
        Ok(Some(keys.current.clone()))
    }

    /// Returns all keys, the one for new values first; none if the stack has no secret.
    ///
    /// # Errors
    /// [`Error::Keys`] when the secret cannot be read.
    pub async fn all(&self) -> Result<Vec<StackKey>, Error> {
        let Some(source) = &self.source else {
            return Ok(Vec::new());
        };
        let mut read = self.read.lock().await;
        let keys = keys(source, &mut read, REREAD_AFTER).await?;
        let others = keys.by_id.values().filter(|key| key.id != keys.current.id);
        Ok(std::iter::once(&keys.current)
            .chain(others)
            .cloned()
            .collect())
    }

    /// Returns the key with an id, if there is one.
    ///
    /// # Errors
    /// [`Error::Keys`] when the secret cannot be read.
    pub async fn find(&self, id: char) -> Result<Option<StackKey>, Error> {
        let Some(source) = &self.source else {
            return Ok(None);
        };
        let mut read = self.read.lock().await;
        let known = keys(source, &mut read, FORGET_AFTER).await?;
        if let Some(key) = known.by_id.get(&id) {
            return Ok(Some(key.clone()));
        }
        let known = keys(source, &mut read, REREAD_AFTER).await?;
        Ok(known.by_id.get(&id).cloned())
    }
}

/// Returns the keys as read at most `max_age` ago. If they cannot be read now, older ones do.
async fn keys(
    source: &Arc<dyn KeySource>,
    read: &mut Read,
    max_age: Duration,
) -> Result<Arc<Keys>, Error> {
    let is_recent = |at: Option<Instant>, age| at.is_some_and(|at| at.elapsed() < age);
    let known = read.keys.clone();
    if let Some(known) = &known
        && is_recent(read.at, max_age)
    {
        return Ok(known.clone());
    }
    if is_recent(read.failed_at, RETRY_AFTER) {
        return known.ok_or_else(|| Error::Keys("the last read failed a moment ago".into()));
    }
    let found = match tokio::time::timeout(READ_TIMEOUT, source.read()).await {
        Ok(Ok(secret)) => parse(&secret).ok_or_else(|| MALFORMED.into()),
        Ok(Err(error)) => Err(error),
        Err(slow) => Err(slow.into()),
    };
    match found {
        Ok(found) => {
            let found = Arc::new(found);
            *read = Read {
                at: Some(Instant::now()),
                keys: Some(found.clone()),
                failed_at: None,
            };
            Ok(found)
        }
        Err(error) => {
            read.failed_at = Some(Instant::now());
            known.ok_or(Error::Keys(error))
        }
    }
}

/// Says nothing of the content.
const MALFORMED: &str = "the secret is not an object with `current` and a key of that id";

fn parse(secret: &str) -> Option<Keys> {
    let texts: BTreeMap<String, String> = serde_json::from_str(secret).ok()?;
    let id = |text: &str| match text.as_bytes() {
        [byte] if byte.is_ascii_alphanumeric() => Some(char::from(*byte)),
        _ => None,
    };
    let mut by_id = BTreeMap::new();
    for (name, material) in &texts {
        if name != "current" {
            let id = id(name)?;
            let material: Arc<str> = material.as_str().into();
            by_id.insert(id, StackKey { id, material });
        }
    }
    let current = by_id.get(&id(texts.get("current")?)?)?.clone();
    let is_weak = |key: &StackKey| key.material.len() < MIN_KEY_LENGTH;
    (!by_id.values().any(is_weak)).then_some(Keys { current, by_id })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const FIRST: &str = "0123456789012345678901234567890123456789";
    const SECOND: &str = "abcdefghijabcdefghijabcdefghijabcdefghij";

    /// A secret that is rotated after the first read.
    #[derive(Debug, Default)]
    struct Rotated(AtomicUsize);

    impl KeySource for &'static Rotated {
        fn read(&self) -> BoxFuture<'_, Result<String, Box<dyn std::error::Error + Send + Sync>>> {
            let secret = match self.0.fetch_add(1, Ordering::Relaxed) {
                0 => format!(r#"{{"current": "1", "1": "{FIRST}"}}"#),
                _ => format!(r#"{{"current": "2", "1": "{FIRST}", "2": "{SECOND}"}}"#),
            };
            Box::pin(async { Ok(secret) })
        }
    }

    #[tokio::test]
    async fn a_rotation_is_noticed_and_the_old_key_still_verifies() {
        let source: &'static Rotated = Box::leak(Box::default());
        let ring = KeyRing::of(source);
        assert_eq!(
            source.0.load(Ordering::Relaxed),
            0,
            "read before it was needed"
        );
        let old = ring.current().await.unwrap().unwrap();
        assert_eq!(old.id, '1');
        for _ in 0..100 {
            assert!(ring.find('2').await.unwrap().is_none());
        }
        assert_eq!(
            source.0.load(Ordering::Relaxed),
            1,
            "forged ids caused reads"
        );
        // A minute later.
        let age = |read: &mut Read, by| read.at = read.at.map(|at| at - by);
        age(&mut *ring.read.lock().await, REREAD_AFTER);
        assert!(ring.find('2').await.unwrap().is_some());
        assert_eq!(ring.current().await.unwrap().unwrap().id, '2');
        let tag = old.mac(KeyUse::Token, "x");
        let again = ring.find('1').await.unwrap().unwrap();
        assert!(again.proves(KeyUse::Token, "x", &tag[..15]));
        assert!(!again.proves(KeyUse::Token, "y", &tag[..15]));
        assert!(
            !ring
                .current()
                .await
                .unwrap()
                .unwrap()
                .proves(KeyUse::Token, "x", &tag)
        );
    }

    #[tokio::test]
    async fn a_secret_is_complete_or_refused_and_never_printed() {
        for bad in [
            "",
            "[]",
            r#"{"current": "1"}"#,
            r#"{"current": "1", "1": "short"}"#,
            &format!(r#"{{"current": "2", "1": "{FIRST}"}}"#),
            &format!(r#"{{"current": "ab", "ab": "{FIRST}"}}"#),
        ] {
            let error = KeyRing::fixed(bad).current().await.unwrap_err();
            assert!(!format!("{error:?}").contains(FIRST), "{bad}");
        }
        assert!(KeyRing::default().current().await.unwrap().is_none());
        let ring = KeyRing::fixed(KeyRing::new_secret());
        let key = ring.current().await.unwrap().unwrap();
        let printed = format!("{ring:?} {key:?}");
        assert!(!printed.contains(&*key.material), "{printed}");
    }
}
