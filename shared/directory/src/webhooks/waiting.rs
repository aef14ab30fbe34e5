//! The index of webhooks that wait, of all tenants: for a retry, or because a turn has ended before all was sent.

use jiff::Timestamp;
use rollcall_model::{TenantId, is_chosen_id};
use rollcall_store::{Error, Range, StackKeys, Table, Transaction, text, to_item};
use serde_json::json;

use crate::webhooks::handle::Webhooks;

/// A webhook in the index, with the time at which it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its tenant.
    pub tenant: TenantId,
    /// Its id.
    pub webhook: String,
    /// Whether it is one of the stack.
    pub of_stack: bool,
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
        let mut parts = sort.splitn(4, '#');
        let due = parts.next()?.parse().ok()?;
        let tenant = parts.next()?.parse().ok()?;
        let webhook = parts.next().filter(|id| is_chosen_id(id))?.to_owned();
        let of_stack = match parts.next() {
            None => false,
            Some("stack") => true,
            Some(_) => return None,
        };
        Some(Self {
            tenant,
            webhook,
            of_stack,
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

impl Webhooks<'_> {
    /// Moves a webhook in the index from one time to another; `None` for not in the index.
    pub(super) fn write_move(
        self,
        transaction: &mut Transaction,
        webhook: &str,
        (from, to): (Option<i64>, Option<i64>),
    ) -> Result<(), Error> {
        let (tenant, of_stack) = (&self.scope.tenant, self.stack.is_some());
        let key = |due| StackKeys::waiting_webhook(due, tenant, webhook, of_stack);
        if let Some(from) = from.filter(|from| Some(*from) != to) {
            transaction.delete(key(from));
        }
        if let Some(to) = to {
            transaction.put(to_item(&key(to), &json!({}))?);
        }
        Ok(())
    }
}

/// Removes a webhook from the index that does not exist or does not wait any more.
pub(crate) async fn forget(table: &Table, waiting: &Waiting) -> Result<(), Error> {
    let (tenant, webhook) = (&waiting.tenant, &waiting.webhook);
    let key = StackKeys::waiting_webhook(waiting.due, tenant, webhook, waiting.of_stack);
    let mut transaction = Transaction::default();
    transaction.delete(key);
    table.transact(&transaction).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_index_says_whose_it_is() {
        let tenant: TenantId = "acme".parse().unwrap();
        for id in [rollcall_model::new_id(), "siem".to_owned()] {
            for of_stack in [false, true] {
                let written = StackKeys::waiting_webhook(1_234, &tenant, &id, of_stack);
                let read = Waiting::of(written.sort()).unwrap();
                assert_eq!((read.tenant, read.webhook), (tenant.clone(), id.clone()));
                assert_eq!((read.due, read.of_stack), (1_234, of_stack));
            }
        }
        for other in [
            "",
            "x",
            "1#acme",
            "1#acme#Not an id",
            "1#a b#c",
            "1#acme#c#other",
        ] {
            assert_eq!(Waiting::of(other), None, "{other}");
        }
    }
}
