//! Refused sign-ins in the journal: one entry for each person, reason and minute, so that no application that tries
//! again and again fills the log.

use rollcall_model::{EventType, Subject, USERS, sha256_hex};
use rollcall_store::{Error, Expression, Guard, Transaction, now, to_item};
use serde_json::json;

use crate::journal::entry::Entry;
use crate::resources::record::Record;
use crate::resources::writes::subject;
use crate::sign_in::decide::Refused;
use crate::sign_in::handle::SignIn;
use crate::sign_in::presented::Presented;

/// How long the mark of a noted refusal is kept, in seconds. It has to outlast its minute.
const MARKED_FOR: i64 = 600;

impl SignIn<'_> {
    /// Notes a refused sign-in, unless that was done in this minute.
    ///
    /// # Errors
    /// Only table errors.
    pub(super) async fn note_refusal(
        self,
        refused: &Refused,
        presented: &Presented,
        people: &[Record],
    ) -> Result<(), Error> {
        let named = refused.candidates.first();
        let record = people.iter().find(|record| Some(&record.id) == named);
        let about = match (record, named) {
            (Some(record), _) => subject(&USERS, record)?,
            (None, Some(id)) => Subject::new("user", id, ""),
            (None, None) => Subject::tenant(&self.scope.tenant),
        };
        let told = json!({
            "reason": refused.refusal.as_str(), "candidates": refused.candidates,
            "user_name": presented.name, "connection": presented.connection,
        });
        let entry = Entry::new(self.scope, EventType::AuthRefused, about);
        let entry = entry.with_change(None, Some(told));
        let whom = named.map_or_else(|| sha256_hex(&presented.name), Clone::clone);
        let at = now().as_second();
        let mark = format!("{}#{whom}#{}", refused.refusal, at / 60);
        let mark = self.scope.keys().refused_sign_ins().at(mark);
        let mut transaction = Transaction::default();
        let expires = json!({"expires": at + MARKED_FOR});
        transaction.put_if(to_item(&mark, &expires)?, Expression::absent(), Guard::Used);
        transaction.put(entry.to_item(self.scope.keys())?);
        self.scope.table.transact(&transaction).await.map(|_| ())
    }
}
