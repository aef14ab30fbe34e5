//! Idempotency keys of requests: a request that is repeated under its key changes nothing again, and gets the answer of the
//! first.
//!
//! The key counts for one caller in one tenant, or in the stack, for a day. The transaction of the change writes the mark
//! ([`Attempt`]); the answer is added to it afterwards. A request that changes nothing leaves no mark.

use jiff::Timestamp;
use rollcall_model::{Actor, TenantId, sha256_hex};
use rollcall_store::{
    Attempt, Error, Expression, Guard, Key, Keys, Range, StackKeys, Table, Transaction, from_item,
    now, number, string, text,
};
use serde::Deserialize;
use serde_json::Value;

/// A request as it is presented: the key that the caller chose, and the digest of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatKey {
    key: String,
    digest: String,
}

/// An answer as it is stored: without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, if there was one.
    pub body: Option<String>,
    /// The path of what was created.
    pub location: Option<String>,
}

/// What is known of a request under its key.
#[derive(Debug)]
pub enum Repeated {
    /// Nothing. It is the first.
    First(Repeat),
    /// It was answered.
    Answered(StoredAnswer),
    /// It has changed something, and its answer is not stored: it is under way, or its answer was lost.
    Unanswered {
        /// The request, for what does the rest of a change of several transactions.
        begun: Repeat,
        /// Whether it can be under way still.
        is_recent: bool,
        /// After how many seconds it can be tried again.
        retry_after: u32,
    },
    /// The key belongs to another request.
    Another,
}

/// The first request under a key.
#[derive(Clone, Debug)]
pub struct Repeat {
    table: Table,
    attempt: Attempt,
    digest: String,
}

#[derive(Deserialize)]
struct Mark {
    digest: String,
    at: Timestamp,
    expires: i64,
    #[serde(default)]
    answer_status: Option<u16>,
    #[serde(default)]
    answer_body: Option<String>,
    #[serde(default)]
    answer_location: Option<String>,
}

/// How long a request can be under way, in seconds: as long as a function runs.
const LONGEST_REQUEST_SECONDS: i64 = 30;
/// After how many seconds to ask again for the answer of a request that is under way.
const RETRY_AFTER: u32 = 2;

impl RepeatKey {
    /// Creates a request from its key and its parts. Only a digest of them is stored, which nobody can compare with a guess
    /// who does not know the key.
    pub fn new(key: &str, parts: [&str; 3]) -> Self {
        let mut digested = format!("{}:{key}", key.len());
        for part in parts {
            digested.push_str(&format!("{}:{part}", part.len()));
        }
        Self {
            key: key.to_owned(),
            digest: sha256_hex(&digested),
        }
    }

    fn name(&self, caller: &Actor) -> String {
        let id = caller.id().or_else(|| caller.session());
        let (kind, id) = (caller.kind(), id.unwrap_or_default());
        sha256_hex(&format!("{kind}:{id}:{}", self.key))
    }

    pub(crate) fn in_tenant(&self, tenant: &TenantId, caller: &Actor) -> Key {
        Keys::of(tenant).repeats().at(self.name(caller))
    }

    pub(crate) fn in_stack(&self, caller: &Actor) -> Key {
        StackKeys::repeats().at(self.name(caller))
    }

    /// Reads what is known of the request.
    pub(crate) async fn look_up(&self, table: &Table, key: Key) -> Result<Repeated, Error> {
        let repeat = Repeat {
            table: table.clone(),
            attempt: Attempt::new(key, self.digest.clone()),
            digest: self.digest.clone(),
        };
        repeat.look_up().await
    }
}

impl Repeat {
    /// Returns the attempt, for the table in which the request is carried out.
    pub(crate) fn attempt(&self) -> Attempt {
        self.attempt.clone()
    }

    /// Returns whether the request has changed something.
    pub fn is_made(&self) -> bool {
        self.attempt.is_made()
    }

    /// Reads again what is known of the request, after another one came first.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn look_up(self) -> Result<Repeated, Error> {
        let Some(item) = self.table.get(self.attempt.key()).await? else {
            return Ok(Repeated::First(self));
        };
        let mark: Mark = from_item(item)?;
        // DynamoDB removes what has expired some time later.
        let left = mark.expires - now().as_second();
        if left <= 0 {
            // An equal request may have written a new mark meanwhile, which stays.
            let expired =
                Expression::new("expires = :expired").with(":expired", number(mark.expires));
            let mut removal = Transaction::default();
            removal.delete_if(self.attempt.key().clone(), expired, Guard::Stale);
            self.table.transact(&removal).await?;
            return Ok(Repeated::First(self));
        }
        if mark.digest != self.digest {
            return Ok(Repeated::Another);
        }
        Ok(match mark.answer_status {
            Some(status) => Repeated::Answered(StoredAnswer {
                status,
                body: mark.answer_body,
                location: mark.answer_location,
            }),
            None => {
                let key = self.attempt.key().clone();
                let attempt = Attempt::begun(key, self.digest.clone());
                let is_recent = now().as_second() - mark.at.as_second() < LONGEST_REQUEST_SECONDS;
                let rest = u32::try_from(left).unwrap_or(RETRY_AFTER);
                Repeated::Unanswered {
                    begun: Repeat { attempt, ..self },
                    is_recent,
                    retry_after: if is_recent { RETRY_AFTER } else { rest },
                }
            }
        })
    }

    /// Stores the answer of the request that made the change.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn store(&self, answer: &StoredAnswer) -> Result<(), Error> {
        let status = number(answer.status);
        let mut set = Expression::new("SET answer_status = :status").with(":status", status);
        for (name, value) in [("body", &answer.body), ("location", &answer.location)] {
            if let Some(value) = value {
                set = set.then(&format!(", answer_{name} = :{name}"));
                set = set.with(&format!(":{name}"), string(value));
            }
        }
        let present = Expression::present();
        self.table
            .update_if(self.attempt.key(), &set, &present)
            .await?;
        Ok(())
    }
}

/// Returns whether a location is that of the tenant, or of something in it.
fn leads_to(location: &str, tenant: &TenantId) -> bool {
    let mut segments = location.split(['/', '?']);
    segments.any(|segment| segment == "tenants") && segments.next() == Some(tenant.as_str())
}

/// Returns whether an answer tells of the tenant: it, or a part of it, names it as its `tenant`.
fn tells_of(body: &str, tenant: &TenantId) -> bool {
    fn is_in(value: &Value, tenant: &str) -> bool {
        match value {
            Value::Object(members) => members.iter().any(|(name, value)| {
                name == "tenant" && value.as_str() == Some(tenant) || is_in(value, tenant)
            }),
            Value::Array(list) => list.iter().any(|value| is_in(value, tenant)),
            _ => false,
        }
    }
    let value = serde_json::from_str(body);
    value.is_ok_and(|value| is_in(&value, tenant.as_str()))
}

/// Removes the stored answers of the stack about a tenant that is erased. Returns how many there were.
pub(crate) async fn forget_tenant(table: &Table, tenant: &TenantId) -> Result<u64, Error> {
    let about = table.query_all(Range::all(StackKeys::repeats())).await?;
    let about = about.iter().filter(|item| {
        let location = text(item, "answer_location").unwrap_or_default();
        let body = text(item, "answer_body").unwrap_or_default();
        leads_to(location, tenant) || tells_of(body, tenant)
    });
    let keys = about.map(|item| Ok(StackKeys::repeats().at(text(item, "SK")?)));
    let keys = keys.collect::<Result<Vec<Key>, Error>>()?;
    let count = keys.len() as u64;
    table.batch_delete(keys).await?;
    Ok(count)
}
