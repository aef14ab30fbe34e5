//! Seals texts with a key of the stack: only this stack can read them, and a change to one is noticed.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::key_ring::{KeyUse, StackKey};

impl StackKey {
    /// Encrypts a text with the key for this use (ChaCha20-Poly1305, RFC 8439). Only who names the same `bound_to` can open
    /// it.
    pub fn seal(&self, of: KeyUse, bound_to: &str, text: &str) -> Vec<u8> {
        // A random nonce is safe for far more texts than a key seals.
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut sealed = text.as_bytes().to_vec();
        let aad = Aad::from(bound_to);
        self.cipher(of)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .unwrap_or_else(|_| unreachable!("the text is shorter than 256 GiB"));
        [nonce.to_vec(), sealed].concat()
    }

    /// Returns the text that [`Self::seal`] sealed for the same use and `bound_to`; `None` for everything else.
    pub fn open(&self, of: KeyUse, bound_to: &str, sealed: &[u8]) -> Option<String> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = sealed.to_vec();
        let cipher = self.cipher(of);
        let opened = cipher.open_in_place(nonce, Aad::from(bound_to), &mut text);
        String::from_utf8(opened.ok()?.to_vec()).ok()
    }

    fn cipher(&self, of: KeyUse) -> LessSafeKey {
        let key = UnboundKey::new(&CHACHA20_POLY1305, &self.derived(of));
        LessSafeKey::new(key.unwrap_or_else(|_| unreachable!("the key has 32 bytes")))
    }
}

#[cfg(test)]
mod tests {
    use crate::key_ring::{KeyRing, KeyUse};

    #[tokio::test]
    async fn only_the_same_use_of_the_same_key_opens_what_is_unchanged() {
        let ring = || KeyRing::fixed(KeyRing::new_secret());
        let key = ring().current().await.unwrap().unwrap();
        let other = ring().current().await.unwrap().unwrap();
        let sealed = key.seal(KeyUse::ShownSecret, "acme", "a secret");
        let opened = key.open(KeyUse::ShownSecret, "acme", &sealed);
        assert_eq!(opened.as_deref(), Some("a secret"));
        assert_ne!(sealed, key.seal(KeyUse::ShownSecret, "acme", "a secret"));
        assert_eq!(key.open(KeyUse::ShownSecret, "other", &sealed), None);
        assert_eq!(key.open(KeyUse::Cursor, "acme", &sealed), None);
        assert_eq!(other.open(KeyUse::ShownSecret, "acme", &sealed), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(KeyUse::ShownSecret, "acme", &changed), None);
            assert_eq!(key.open(KeyUse::ShownSecret, "acme", &sealed[..at]), None);
        }
    }
}
