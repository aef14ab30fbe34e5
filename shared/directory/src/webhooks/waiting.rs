//! The index of webhooks that wait, of all tenants: for a retry, or because a turn has ended before all was sent.

use jiff::Timestamp;
use rollcall_model::{TenantId, is_id};
use rollcall_store::{Error, Key, Range, StackKeys, Table, Transaction, text, to_item};
use serde_json::json;

/// A webhook in the index, with the time at which it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its tenant.
    pub tenant: TenantId,
    /// Its id.
    pub webhook: String,
    /// When it was due, in milliseconds since 1970.
    pub due: i64,
}

/// A page of webhooks that are due.
#[derive(Clone, Debug, Default)]
pub struct WaitingPage {
    /// The webhooks.
    pub items: Vec<Waiting>,
    /// The place after which the next page begins; `None` after the last.
    pub next: Option<String>,
}

impl Waiting {
    fn of(sort: &str) -> Option<Self> {
        let mut parts = sort.splitn(3, '#');
        let due = parts.next()?.parse().ok()?;
        let tenant = parts.next()?.parse().ok()?;
        let webhook = parts.next().filter(|id| is_id(id))?.to_owned();
        Some(Self {
            tenant,
            webhook,
            due,
        })
    }
}

/// Reads a page of what is due at `now`.
pub(crate) async fn waiting(
    table: &Table,
    now: Timestamp,
    after: Option<String>,
    limit: usize,
) -> Result<WaitingPage, Error> {
    let range = Range::all(StackKeys::waiting_webhooks());
    let page = table.query(&range.after(after).limit(limit)).await?;
    let mut found = WaitingPage {
        next: page.next,
        ..WaitingPage::default()
    };
    for item in &page.items {
        let Some(waiting) = Waiting::of(text(item, "SK")?) else {
            continue;
        };
        if waiting.due > now.as_millisecond() {
            found.next = None;
            break;
        }
        found.items.push(waiting);
    }
    Ok(found)
}

fn key(tenant: &TenantId, webhook: &str, due: i64) -> Key {
    StackKeys::waiting_webhook(due, tenant, webhook)
}

/// Moves a webhook in the index from one time to another; `None` for not in the index.
pub(super) fn write_move(
    transaction: &mut Transaction,
    (tenant, webhook): (&TenantId, &str),
    from: Option<i64>,
    to: Option<i64>,
) -> Result<(), Error> {
    if let Some(from) = from.filter(|from| Some(*from) != to) {
        transaction.delete(key(tenant, webhook, from));
    }
    if let Some(to) = to {
        transaction.put(to_item(&key(tenant, webhook, to), &json!({}))?);
    }
    Ok(())
}

/// Removes a webhook from the index that does not exist or does not wait any more.
pub(super) async fn forget(table: &Table, waiting: &Waiting) -> Result<(), Error> {
    let key = key(&waiting.tenant, &waiting.webhook, waiting.due);
    let mut transaction = Transaction::default();
    transaction.delete(key);
    table.transact(&transaction).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_index_says_whose_it_is() {
        let (tenant, id) = ("acme".parse().unwrap(), rollcall_model::new_id());
        let written = key(&tenant, &id, 1_234);
        let read = Waiting::of(written.sort()).unwrap();
        assert_eq!((read.tenant, read.webhook, read.due), (tenant, id, 1_234));
        for other in ["", "x", "1#acme", "1#acme#not-an-id", "1#a b#c"] {
            assert_eq!(Waiting::of(other), None, "{other}");
        }
    }
}
