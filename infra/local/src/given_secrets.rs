//! Credentials with given values, which exist in the local run alone.
//!
//! A value from the seed file is no credential of Rollcall: no function knows it, here or on AWS. The local run issues a
//! credential as always, and puts it in place of the given value when a request arrives, before the gateway sees it.

use std::collections::HashMap;
use std::fmt;

use axum::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};

/// The issued credentials, by the values that stand for them.
#[derive(Clone, Default)]
pub(crate) struct GivenSecrets(HashMap<String, String>);

impl fmt::Debug for GivenSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GivenSecrets({})", self.0.len())
    }
}

impl GivenSecrets {
    /// Lets a given value stand for an issued credential.
    pub(crate) fn insert(&mut self, given: &str, issued: String) {
        self.0.insert(given.to_owned(), issued);
    }

    /// Puts the issued credential in place of a given value in the header `Authorization`.
    pub(crate) fn replace_in(&self, headers: &mut HeaderMap) {
        let sent = headers.get(AUTHORIZATION);
        let Some((scheme, value)) = sent
            .and_then(|sent| sent.to_str().ok())
            .and_then(|sent| sent.split_once(' '))
        else {
            return;
        };
        let issued = self.0.get(value.trim());
        let Some(issued) = issued.filter(|_| scheme.eq_ignore_ascii_case("bearer")) else {
            return;
        };
        if let Ok(mut header) = HeaderValue::try_from(format!("{scheme} {issued}")) {
            header.set_sensitive(true);
            headers.insert(AUTHORIZATION, header);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_value_is_replaced_and_nothing_else_is() {
        let mut given = GivenSecrets::default();
        given.insert("test-key", "issued".to_owned());
        for (sent, seen) in [
            ("Bearer test-key", "Bearer issued"),
            ("bearer test-key", "bearer issued"),
            ("Bearer test-key2", "Bearer test-key2"),
            ("Basic test-key", "Basic test-key"),
            ("test-key", "test-key"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(sent));
            given.replace_in(&mut headers);
            assert_eq!(headers[AUTHORIZATION], seen);
        }
        assert!(!format!("{given:?}").contains("issued"));
    }
}
