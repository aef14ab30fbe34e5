//! The one transaction that creates a connection, and the one that changes it: its name and product, its rules, or all of
//! them.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_model::EventType;
use rollcall_store::{Error, Expression, Guard, Transaction, number, string, to_item};
use serde_json::{Value, json};

use crate::credentials::connections::Connection;
use crate::credentials::handle::Credentials;
use crate::journal::entry::Entry;

impl Connection {
    /// Returns the name and the product, as the journal has them.
    fn told(&self) -> Value {
        json!({"name": self.label, "provider": self.provider})
    }

    /// Returns the rules, as the journal has them.
    pub(super) fn told_rules(&self) -> Value {
        json!({
            "replaces": self.replaces, "external_ids_unrelated": self.external_ids_unrelated,
            "rebind_until": self.rebind_until, "alias": self.alias, "brake_limit": self.brake,
            "brake_holds": self.brake_holds, "observing": self.observing,
        })
    }
}

impl Credentials<'_> {
    /// Returns the writes that create a connection.
    ///
    /// # Errors
    /// `404` when the tenant was deleted or is being deleted; `409` while another connection is observed, and when the new
    /// one is to be and cannot.
    pub(super) async fn creation(self, new: &Connection) -> Result<Transaction, Error> {
        self.scope.living_tenant().await?;
        let keys = self.scope.keys();
        let mut transaction = Transaction::default();
        let item = to_item(&keys.connection(&new.id), new)?;
        transaction.put_if(item, Expression::absent(), Guard::Stale);
        let entry = Entry::new(self.scope, EventType::ConnectionCreated, new.subject());
        transaction.put(entry.to_item(keys)?);
        let plain = Connection::with_id(&new.id, &new.label, new.provider, new.created_at);
        let (before, after) = (plain.told_rules(), new.told_rules());
        if before != after {
            let changed = EventType::ConnectionRulesChanged;
            let entry = Entry::new(self.scope, changed, new.subject());
            let entry = entry.with_change(Some(before), Some(after));
            transaction.put(entry.to_item(keys)?);
        }
        self.write_alias(&mut transaction, &plain, new)?;
        self.write_sole_of_new(&mut transaction, new).await?;
        Ok(transaction)
    }

    /// Writes a changed connection, which has the next revision. Returns the guards that did not hold.
    pub(super) async fn write_changed(
        self,
        before: &Connection,
        after: &Connection,
    ) -> Result<Vec<Guard>, Error> {
        let mut transaction = Transaction::default();
        self.write_alias(&mut transaction, before, after)?;
        self.write_observing(&mut transaction, before, after)
            .await?;
        let key = self.scope.keys().connection(&after.id);
        let set = changed(before, after);
        transaction.update_if(key, set, before.unchanged(), Guard::Stale);
        for (kind, old, new) in [
            (EventType::ConnectionUpdated, before.told(), after.told()),
            (
                EventType::ConnectionRulesChanged,
                before.told_rules(),
                after.told_rules(),
            ),
        ] {
            if old != new {
                let entry = Entry::new(self.scope, kind, after.subject());
                let entry = entry.with_change(Some(old), Some(new));
                transaction.put(entry.to_item(self.scope.keys())?);
            }
        }
        self.scope.table.transact(&transaction).await
    }
}

/// Returns the update. It writes only what changes, so that other values stay as a newer version may have stored them.
fn changed(before: &Connection, after: &Connection) -> Expression {
    let mut set = Expression::new("SET revision = :revision");
    set = set.with(":revision", number(after.revision()));
    let mut removed = Vec::new();
    if after.label != before.label {
        set = set.then(", label = :label");
        set = set.with(":label", string(&after.label));
    }
    if after.provider != before.provider {
        set = set.then(", provider = :provider");
        set = set.with(":provider", string(after.provider.as_str()));
    }
    if after.replaces != before.replaces {
        let replaces = after.replaces.iter().map(|id| string(id)).collect();
        set = set.then(", replaces = :replaces");
        set = set.with(":replaces", AttributeValue::L(replaces));
    }
    if after.external_ids_unrelated != before.external_ids_unrelated {
        let unrelated = AttributeValue::Bool(after.external_ids_unrelated);
        set = set.then(", external_ids_unrelated = :unrelated");
        set = set.with(":unrelated", unrelated);
    }
    if after.brake != before.brake {
        match after.brake {
            Some(limit) => {
                let limit = [("percent", limit.percent), ("at_least", limit.at_least)];
                let limit = limit.map(|(name, value)| (name.to_owned(), number(value)));
                set = set.then(", brake = :brake");
                set = set.with(":brake", AttributeValue::M(limit.into()));
            }
            None => removed.push("brake"),
        }
    }
    if after.brake_holds != before.brake_holds {
        set = set.then(", brake_holds = :holds");
        set = set.with(":holds", AttributeValue::Bool(after.brake_holds));
    }
    if after.observing != before.observing {
        set = set.then(", observing = :observing");
        set = set.with(":observing", AttributeValue::Bool(after.observing));
    }
    if let Some(begun) = after
        .made_real
        .as_ref()
        .filter(|_| before.made_real != after.made_real)
    {
        set = set.then(", made_real = :made_real");
        set = set.with(":made_real", begun.to_value());
    }
    if after.rebind_until != before.rebind_until {
        match after.rebind_until {
            Some(until) => {
                set = set.then(", rebind_until = :until");
                set = set.with(":until", string(&until.to_string()));
            }
            None => removed.push("rebind_until"),
        }
    }
    if after.alias != before.alias {
        match &after.alias {
            Some(alias) => {
                set = set.then(", known_as = :alias");
                set = set.with(":alias", string(alias));
            }
            None => removed.push("known_as"),
        }
    }
    match removed.is_empty() {
        true => set,
        false => set.then(&format!(" REMOVE {}", removed.join(", "))),
    }
}
