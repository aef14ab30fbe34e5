//! When the tokens of a tenant were last used.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rollcall_model::sha256_hex;
use rollcall_store::{Error, now};

use crate::credentials::handle::Credentials;
use crate::credentials::token_item::TokenItem;

/// When the tokens of a tenant were last used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenUses {
    last_requests: Vec<Timestamp>,
    mark: String,
}

impl TokenUses {
    fn of(items: &[TokenItem], at: i64) -> Self {
        let mut last: BTreeMap<&str, i64> = BTreeMap::new();
        let mut all: Vec<(&str, i64)> = Vec::new();
        for item in items {
            let Some(used) = item.used_us else {
                continue;
            };
            all.push((&item.id, used));
            if item.refusal(at).is_none() {
                let latest = last.entry(&item.connection_id).or_insert(used);
                *latest = used.max(*latest);
            }
        }
        all.sort_unstable();
        let time = |us: i64| Timestamp::from_microsecond(us).ok();
        Self {
            last_requests: last.into_values().filter_map(time).collect(),
            mark: sha256_hex(&format!("{all:?}")),
        }
    }

    /// Returns when each connection last sent a request that was accepted. Connections that never did, or whose tokens are
    /// all over, are left out.
    pub fn last_requests(&self) -> &[Timestamp] {
        &self.last_requests
    }

    /// Returns a text that is another one after each use of a token.
    pub fn mark(&self) -> &str {
        &self.mark
    }
}

impl Credentials<'_> {
    /// Reads when the tokens were last used.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn token_uses(self) -> Result<TokenUses, Error> {
        let items = self.token_items().await?;
        Ok(TokenUses::of(&items, now().as_microsecond()))
    }
}
