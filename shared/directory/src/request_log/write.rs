//! Writes the entry of a request, with what makes it be found by whom it names.

use rollcall_store::{Error, to_item};
use serde_json::json;

use crate::request_log::handle::RequestLog;
use crate::request_log::log::LoggedRequest;
use crate::request_log::named::index_keys;

impl RequestLog<'_> {
    /// Writes an entry that expires `keep_days` days after the request. If the request failed or changed nothing, the same
    /// call writes whom it names, by which [`RequestLog::search`] finds it.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn write(self, mut request: LoggedRequest, keep_days: u32) -> Result<(), Error> {
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
