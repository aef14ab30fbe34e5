//! Reconciles roles: after an event, it checks the people whom the event concerns. A scheduled full pass repairs
//! anything that was missed.
//!
//! All messages come from one queue: events from the bus, the scheduled request for a full pass, and the work that
//! earlier calls did not finish in time. A message that fails is delivered again. Handling a message twice does no
//! harm.

mod hourly;
mod message;
mod parts;
mod queue;
mod turns;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::Timestamp;
use rollcall_directory::{Directory, Error, Tenant, TenantId};
use rollcall_runtime::{Metric, Record, chain, each_message};
use tokio::time::Instant;

pub use message::{Message, Pass};
pub use queue::{NotSent, QUEUE_URL_VARIABLE, Queue};

use crate::message::Place;

/// Tenants whose roles are compared at once with those of the stack.
const TENANTS_AT_ONCE: usize = 100;

/// The message of the log when a part of the full pass failed for a tenant.
const PART_FAILED: &str =
    "a part of the full pass failed for a tenant; the next pass tries it again";

/// Returns the reconciler for a directory. It sends unfinished work to the queue.
pub fn handler(directory: Directory, queue: Queue) -> Reconciler {
    Reconciler { directory, queue }
}

/// The reconciler. The Lambda runtime and the local queue call it with each batch of messages.
#[derive(Clone, Debug)]
pub struct Reconciler {
    directory: Directory,
    queue: Queue,
}

/// The reason why a message must be delivered again.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the message cannot be parsed")]
    Unreadable(#[from] serde_json::Error),
    #[error("the roles could not be reconciled")]
    Directory(#[from] Error),
    #[error("the remaining work could not be queued")]
    Queue(#[from] NotSent),
    #[error("the deadline passed before the message was handled")]
    Late,
    #[error("the message was delivered before, and that delivery is at work")]
    Taken,
}

/// Returns the deadline that allows one part of long work.
fn one_part() -> Instant {
    Instant::now()
}

fn read(record: &SqsMessage) -> Result<Message, serde_json::Error> {
    serde_json::from_str(record.body.as_deref().unwrap_or_default())
}

/// Returns when a message was sent to the queue, as SQS says. It stays the same when the message is delivered again.
fn sent_at(record: &SqsMessage) -> Option<Timestamp> {
    let at = record.attributes.get("SentTimestamp");
    at.and_then(|at| Timestamp::from_millisecond(at.parse().ok()?).ok())
}

impl Reconciler {
    /// Handles one batch until `deadline`. Returns the ids of the messages that must be delivered again.
    ///
    /// Messages that can take all of the time come last, so that those about one person do not wait for them.
    pub async fn call(&self, event: SqsEvent, deadline: Instant) -> SqsBatchResponse {
        let mut records = event.records;
        records.sort_by_cached_key(|record| read(record).is_ok_and(|message| message.is_long()));
        each_message(records, |record| self.handle(record, deadline)).await
    }

    async fn handle(&self, record: SqsMessage, deadline: Instant) -> Result<(), Failure> {
        let message = read(&record)?;
        if Instant::now() >= deadline {
            // A long message is sent anew. Redelivery would take minutes, and after a few receives the message would go
            // to the dead-letter queue.
            count(Metric::RoleBacklog);
            return match message.is_long() {
                true => Ok(self.queue.send(&message).await?),
                false => Err(Failure::Late),
            };
        }
        let left = match message {
            Message::Event { detail } if Message::ordered_by(&detail).is_some() => {
                match Message::ordered_by(&detail) {
                    Some(erasure) => self.erase(erasure).await?,
                    None => None,
                }
            }
            Message::Erasure { erasure } => self.erase(erasure).await?,
            Message::Event { detail } if Message::pass_of(&detail).is_some() => {
                match Message::pass_of(&detail) {
                    Some(pass) => self.make_real(pass).await?,
                    None => None,
                }
            }
            Message::FullPass { full_pass } if full_pass.made_real.is_some() => {
                self.make_real(full_pass).await?
            }
            Message::Event { detail } if Message::taken_back_by(&detail).is_some() => {
                match Message::taken_back_by(&detail) {
                    Some(pass) => self.take_back(pass).await?,
                    None => None,
                }
            }
            Message::FullPass { full_pass } if full_pass.taken_back.is_some() => {
                self.take_back(full_pass).await?
            }
            Message::FullPass { full_pass } if full_pass.released => {
                self.release(full_pass).await?
            }
            Message::Event { detail } => {
                let tenant = self.directory.system(detail.tenant.clone());
                let rest = tenant.roles().follow_up(&detail, one_part()).await?;
                if rest.is_none() {
                    measure_lag(detail.occurred_at);
                }
                let place = Place::of(&detail);
                rest.map(|rest| Message::rest(detail.tenant, rest, place))
            }
            Message::Rest {
                tenant,
                rest,
                place,
            } => self.go_on(tenant, rest, place).await?,
            Message::FullPass { full_pass } if full_pass.only_roles => {
                if full_pass
                    == (Pass {
                        only_roles: true,
                        ..Pass::default()
                    })
                    && let Err(error) = self.schemas_pass(deadline).await
                {
                    tracing::error!(error = chain(&error), "{PART_FAILED}");
                    count(Metric::FailedParts);
                }
                self.roles_pass(full_pass, deadline).await?
            }
            Message::FullPass { full_pass } if full_pass.not_before.is_some() => {
                self.begin_later(full_pass).await?;
                return Ok(());
            }
            Message::FullPass { full_pass } if full_pass.spread => {
                let ordered_at = sent_at(&record).unwrap_or_else(Timestamp::now);
                self.spread(ordered_at, deadline).await?;
                return Ok(());
            }
            Message::FullPass { mut full_pass } => {
                if full_pass.begins_all() {
                    full_pass.pass = full_pass.pass.or_else(|| sent_at(&record));
                }
                self.go_on_with_pass(full_pass, deadline).await?
            }
        };
        match left {
            Some(message) => {
                count(Metric::RoleBacklog);
                Ok(self.queue.send(&message).await?)
            }
            None => Ok(()),
        }
    }

    /// Gives the roles of the stack to the tenants that have none of their own, until `deadline`, if the roles have changed
    /// or the last pass is long ago. The event of each tenant then decides the roles of its people. What fails for one
    /// tenant is left to the next pass, which then comes soon. Returns the message that continues the pass, if any.
    async fn roles_pass(
        &self,
        mut pass: Pass,
        deadline: Instant,
    ) -> Result<Option<Message>, Error> {
        let stack = self.directory.stack_roles().read().await?;
        if !stack.is_due() {
            return Ok(None);
        }
        loop {
            let behind = pass.behind.as_ref().map(TenantId::as_str);
            let tenants = self.directory.tenants(behind, TENANTS_AT_ONCE).await?;
            let tenants: Vec<TenantId> = tenants.into_iter().map(|tenant| tenant.id).collect();
            let Some(last) = tenants.last().cloned() else {
                if !pass.failed {
                    self.directory.stack_roles().note_applied(&stack).await?;
                }
                return Ok(None);
            };
            let stale = self.directory.stack_roles().behind(&stack, &tenants);
            for tenant in stale.await? {
                let passed_on = self.directory.pass_on_roles(&stack, tenant.clone()).await;
                let of = self.directory.system(tenant.clone());
                pass.failed |= attempted(&of, "the roles of the stack", passed_on).is_none();
                pass.behind = Some(tenant);
                if Instant::now() >= deadline {
                    return Ok(Some(Message::FullPass { full_pass: pass }));
                }
            }
            pass.behind = Some(last);
            if Instant::now() >= deadline {
                return Ok(Some(Message::FullPass { full_pass: pass }));
            }
        }
    }

    /// Gives the extension schemas of the stack to the tenants until `deadline`, if they have changed or the last pass is
    /// long ago. What fails for one tenant, and what time does not suffice for, is left to the next pass, which comes soon.
    async fn schemas_pass(&self, deadline: Instant) -> Result<(), Error> {
        let schemas = self.directory.stack_schemas();
        let stack = schemas.read().await?;
        let (mut behind, mut failed) = (None, false);
        while stack.is_due() && Instant::now() < deadline {
            let from = behind.as_ref().map(TenantId::as_str);
            let tenants = self.directory.tenants(from, TENANTS_AT_ONCE).await?;
            let tenants: Vec<TenantId> = tenants.into_iter().map(|tenant| tenant.id).collect();
            let Some(last) = tenants.last().cloned() else {
                if !failed {
                    schemas.note_applied(&stack).await?;
                }
                return Ok(());
            };
            for tenant in schemas.behind(&stack, &tenants).await? {
                if Instant::now() >= deadline {
                    return Ok(());
                }
                let of = self.directory.system(tenant.clone());
                let passed_on = self.directory.pass_on_schemas(&stack, tenant).await;
                failed |= attempted(&of, "the schemas of the stack", passed_on).is_none();
            }
            behind = Some(last);
        }
        Ok(())
    }
}

fn count(metric: Metric) {
    count_several(metric, 1);
}

fn count_several(metric: Metric, number: u32) {
    Record::new().value(metric, f64::from(number)).emit();
}

/// Measures how long a change waited until the roles that follow from it were decided.
fn measure_lag(occurred_at: Timestamp) {
    let lag = Timestamp::now().as_millisecond() - occurred_at.as_millisecond();
    Record::new()
        .value(Metric::RoleLag, lag.max(0) as f64)
        .emit();
}

/// Logs a part of the full pass that failed for a tenant. Neither the other parts nor the other tenants wait for it.
fn attempted<T>(tenant: &Tenant, part: &str, result: Result<T, Error>) -> Option<T> {
    result
        .inspect_err(|error| {
            tracing::error!(tenant = %tenant.id(), part, error = chain(error), "{PART_FAILED}");
            count(Metric::FailedParts);
        })
        .ok()
}
