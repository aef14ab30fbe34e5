//! Writes the entry of a request, with what makes it be found by whom it names.

use jiff::{SignedDuration, Timestamp};
use rollcall_model::{REDACTED, cleaned, compares_secret};
use rollcall_store::{Error, Range, from_item, now, to_item};
use serde::Deserialize;
use serde_json::json;

use crate::request_log::handle::RequestLog;
use crate::request_log::log::LoggedRequest;
use crate::request_log::named::index_keys;
use crate::request_log::redaction::redacted_target;

/// After this time, an entry is late. An erasure of a person looks at what was written until then.
pub(crate) const LATE: SignedDuration = SignedDuration::from_secs(60);

/// The part of an erasure that says when it was ordered.
#[derive(Debug, Deserialize)]
struct Ordered {
    requested_at: Timestamp,
}

impl LoggedRequest {
    /// Returns the entry without what looks like a secret in any field that a client can fill.
    #[must_use]
    pub fn without_secrets(self) -> Self {
        let all = |texts: Vec<String>| texts.into_iter().map(cleaned).collect();
        let attributes = self.read_attributes.into_iter();
        Self {
            http_method: cleaned(self.http_method),
            target: redacted_target(&self.target),
            detail: self.detail.map(cleaned),
            read_attributes: attributes
                .map(|(code, attribute)| match compares_secret(&attribute) {
                    true => (code, REDACTED.to_owned()),
                    false => (code, cleaned(attribute)),
                })
                .collect(),
            names: all(self.names),
            skipped_members: all(self.skipped_members),
            ..self
        }
    }
}

impl RequestLog<'_> {
    /// Writes an entry as [`Self::write`] does. Long after its request, it does not if the tenant was deleted, or the erasure of
    /// somebody was ordered since, which may have gone through the log already.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn write_unless_erased(
        self,
        request: LoggedRequest,
        keep_days: u32,
    ) -> Result<(), Error> {
        if now().duration_since(request.at) <= LATE {
            return self.write(request, keep_days).await;
        }
        let keys = self.scope.keys();
        let is_gone = self.scope.table.get(&keys.tenant()).await?.is_none();
        let ordered = Range::all(keys.erasures());
        let ordered = self.scope.table.query_all(ordered).await?.into_iter();
        let ordered = ordered.map(from_item::<Ordered>);
        let ordered = ordered.collect::<Result<Vec<_>, Error>>()?;
        if is_gone || ordered.iter().any(|it| it.requested_at >= request.at) {
            tracing::warn!("a late request is not logged, because somebody is erased");
            return Ok(());
        }
        self.write(request, keep_days).await
    }

    /// Writes an entry that expires `keep_days` days after the request. If the request failed or changed nothing, the same
    /// call writes whom it names, by which [`RequestLog::search`] finds it.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn write(self, request: LoggedRequest, keep_days: u32) -> Result<(), Error> {
        let mut request = request.without_secrets();
        request.expires = request.at.as_second() + i64::from(keep_days) * 86_400;
        let keys = self.scope.keys();
        let entry = request.to_stored(&keys.requests().at(&request.id))?;
        let index = index_keys(keys, &request);
        if index.is_empty() {
            return self.scope.table.put(entry).await;
        }
        let expires = json!({"expires": request.expires});
        let index = index.iter().map(|key| to_item(key, &expires));
        let items = index.chain([Ok(entry)]).collect::<Result<_, Error>>()?;
        self.scope.table.batch_put(items).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_of_an_entry_has_a_secret() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.hunter2";
        let mut entry = LoggedRequest::new("PATCH", "/Groups/g", 400);
        entry.detail = Some(format!("`{jwt}` is the id of no user"));
        entry.skipped_members = vec![jwt.to_owned()];
        entry.read_attributes = vec![
            ("x".to_owned(), "emails[pin eq \"hunter2\"]".to_owned()),
            ("x".to_owned(), jwt.to_owned()),
        ];
        entry.names = vec![jwt.to_owned()];
        let text = json!(entry.without_secrets()).to_string();
        assert!(!text.contains("hunter2"), "{text}");
    }
}
