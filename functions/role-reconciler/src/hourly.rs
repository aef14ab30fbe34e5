//! The full pass over all tenants, which repairs what events missed. The schedule orders it each hour: it is divided into parts
//! that begin one after the other within the hour, each for its share of the tenants (see `parts`). Whoever orders it by hand
//! gets it at once, and in place of one that was ordered so before and is still on its way.
//!
//! What is done for a tenant is bounded. Each step looks first, with reads that are eventually consistent and cost half; only
//! if there is something to write is it done again with consistent reads.

use std::time::Duration;

use jiff::Timestamp;
use rollcall_directory::capacity::measure;
use rollcall_directory::{
    BeforePass, Error, Filled, Judged, LastPass, Noticed, PassStep, Reason, Tenant, TenantId,
    TokenUses,
};
use rollcall_insight::Insight;
use rollcall_runtime::{Metric, Record, chain};
use tokio::time::Instant;

use crate::message::{Message, Pass};
use crate::turns::{HELD, HELD_IN_A_PART};
use crate::{PART_FAILED, Reconciler, TENANTS_AT_ONCE, attempted, count, count_several};

/// The age at which a journal entry without a place in the feed counts as missed by the relay.
const RELAY_IS_LATE: Duration = Duration::from_secs(3_600);
/// How many people of a tenant one pass looks at. In a tenant with more, the next pass continues.
const MOST_PEOPLE: u64 = 50_000;
impl Reconciler {
    /// Looks at all tenants of the pass until `deadline`. What fails for one tenant is left to the next pass; this one goes
    /// on. With `noting`, the message is delivered again because the process has died, and each tenant is noted before its work.
    /// Returns the message that continues the pass, if any.
    pub(crate) async fn full_pass(
        &self,
        mut pass: Pass,
        noting: Option<PassStep>,
        deadline: Instant,
    ) -> Result<Option<Message>, Error> {
        let passes = self.directory.hourly_pass();
        let note = async |tenant: &TenantId| match noting {
            Some(step) => passes.note_in_hand(step, Some(tenant)).await,
            None => Ok(()),
        };
        if let Some(tenant) = pass.tenant.take() {
            note(&tenant).await?;
            if self.pass_through(tenant, &mut pass, deadline).await {
                return Ok(Some(Message::FullPass { full_pass: pass }));
            }
        }
        loop {
            let behind = pass.behind.as_ref().map(TenantId::as_str);
            let tenants = self.directory.tenants(behind, TENANTS_AT_ONCE).await?;
            let is_last = tenants.len() < TENANTS_AT_ONCE;
            for tenant in tenants {
                if !pass.is_for(&tenant.id) {
                    pass.behind = Some(tenant.id);
                    continue;
                }
                if Instant::now() >= deadline {
                    return Ok(Some(Message::FullPass { full_pass: pass }));
                }
                note(&tenant.id).await?;
                if self.pass_through(tenant.id, &mut pass, deadline).await {
                    return Ok(Some(Message::FullPass { full_pass: pass }));
                }
            }
            if is_last {
                return Ok(None);
            }
        }
    }

    /// Looks at one tenant. Returns whether something is left of it, where `pass` then is; otherwise `pass` is behind it.
    async fn pass_through(&self, id: TenantId, pass: &mut Pass, deadline: Instant) -> bool {
        let tenant = self.directory.system(id.clone());
        if self.tenant_pass(&tenant, pass, deadline).await {
            pass.tenant = Some(id);
            return true;
        }
        pass.people = 0;
        pass.behind = Some(id);
        false
    }

    /// Does the work of the full pass for one tenant, from where `pass` is. It first completes open intents, counts what has
    /// a ceiling, completes the lists of groups in which sign-ins look up claims, gives people of earlier versions their
    /// owners, reminds the relay of journal entries without a place in the feed, takes a checkpoint of the feed, and releases a
    /// part of what was held for its time, the rest of which takes turns with other long work; then it looks at the people; at the end, it completes the indexes and checks what is wrong with the tenant. Returns whether
    /// something is left, from where `pass` then is. Of a tenant whose deletion was cut off, it only goes on with that.
    async fn tenant_pass(&self, tenant: &Tenant, pass: &mut Pass, deadline: Instant) -> bool {
        let (held, behind) = (pass.held.take(), pass.person.take());
        let known = tenant.looking().findings().before_pass().await;
        let last = match attempted(tenant, "what the last pass noted", known) {
            Some(BeforePass::Gone) => return false,
            Some(BeforePass::Deleting) => return go_on_deleting(tenant, deadline).await,
            Some(BeforePass::Living(last)) => last,
            None => LastPass::default(),
        };
        if behind.is_none() {
            if held.is_none() && !self.prepare(tenant, deadline).await {
                return true;
            }
            self.release_held(tenant, held).await;
        }
        let (from, most) = (behind.or(last.person.clone()), MOST_PEOPLE - pass.people);
        let over = tenant.roles().look_over(from.clone(), most, deadline).await;
        let person = match attempted(tenant, "roles", over) {
            Some(over) => {
                // The next pass tries them again; the others do not wait for them.
                if let Ok(set_aside @ 1..) = u32::try_from(over.set_aside) {
                    tracing::error!(tenant = %tenant.id(), part = "roles", set_aside, "{PART_FAILED}");
                    count_several(Metric::FailedParts, set_aside);
                }
                pass.people = MOST_PEOPLE.min(pass.people + over.people);
                over.next
            }
            // The next pass tries it again from where this message began.
            None => {
                pass.people = MOST_PEOPLE;
                from
            }
        };
        if person.is_some() && pass.people < MOST_PEOPLE {
            pass.person = person;
            return true;
        }
        complete_indexes(tenant, deadline).await;
        let judged = judge(tenant, last.judged.as_ref(), deadline).await;
        let judged = attempted(tenant, "the findings", judged).flatten();
        let now = LastPass { person, judged };
        if now != last {
            let noted = tenant.findings().note_pass(&now).await;
            attempted(tenant, "what this pass notes", noted);
        }
        false
    }

    /// Lets a part of what the brake held for its time take effect. The rest takes turns with other long work of the tenant.
    async fn release_held(&self, tenant: &Tenant, behind: Option<String>) {
        let looking = tenant.looking();
        let looked = looking
            .sign_in()
            .release_held(behind.clone(), HELD_IN_A_PART);
        let mut released = looked.await;
        if released.failed.as_ref().is_some_and(Error::is_work) {
            released = tenant.sign_in().release_held(behind, HELD_IN_A_PART).await;
        }
        let failed = released.failed.map_or(Ok(()), Err);
        attempted(tenant, HELD, failed);
        let Some(next) = released.next else {
            return;
        };
        if let Err(error) = self.queue.send(&Message::released(tenant, next)).await {
            tracing::error!(error = chain(&error), "{PART_FAILED}");
            count(Metric::FailedParts);
        }
    }

    /// Does what the full pass does once for a tenant, before its people. Returns `false` if there was no time to complete the
    /// open intents: then the next message goes on with them, and nothing else was done.
    async fn prepare(&self, tenant: &Tenant, deadline: Instant) -> bool {
        let swept = async move |it: Tenant| it.members().sweep_until(Some(deadline)).await;
        if look_first(tenant, "open intents", swept).await == Some(false) {
            return false;
        }
        let counted = async |it: Tenant| it.lifecycle().count_for_ceilings().await;
        look_first(tenant, "the ceilings", counted).await;
        let refreshed = async |it: Tenant| it.credentials().refresh_meter().await;
        look_first(tenant, "the meter", refreshed).await;
        let listed = async |it: Tenant| it.roles().complete_claim_lists().await;
        look_first(tenant, "the lists of claims", listed).await;
        let settled = async |it: Tenant| it.roles().settle_all_awaited().await;
        look_first(tenant, "the mappings that await their groups", settled).await;
        let owners = async move |it: Tenant| it.resources().complete_owners(deadline).await;
        look_first(tenant, "the owners of people and groups", owners).await;
        let sole = async |it: Tenant| it.credentials().complete_sole_connection().await;
        let late = look_first(tenant, "the only connection", sole).await;
        // It writes most of the time.
        let noted = tenant.request_log().note_indexed().await;
        attempted(tenant, "the index of requests", noted);
        let unplaced = async move |it: Tenant| {
            let journal = it.journal();
            journal.remind_of_unplaced(RELAY_IS_LATE, deadline).await
        };
        match look_first(tenant, "entries without a place", unplaced).await {
            None | Some(0) => {}
            Some(unplaced) => {
                tracing::warn!(tenant = %tenant.id(), unplaced, "journal entries without a place in the feed");
            }
        }
        let taken = async |it: Tenant| it.journal().take_checkpoint().await;
        look_first(tenant, "the checkpoint", taken).await;
        // The messages that make them real, or take them back, were lost.
        let late = late.unwrap_or_default();
        let to_make_real = late.to_make_real.into_iter();
        let to_make_real = to_make_real.map(|one| Message::made_real(tenant, one));
        let to_take_back = late.to_take_back.into_iter();
        let to_take_back = to_take_back.map(|one| Message::taken_back(tenant, one));
        let again = to_make_real.chain(to_take_back);
        let again: Vec<_> = again.map(|again| (again, Duration::ZERO)).collect();
        if let Err(error) = self.queue.send_all(&again).await {
            tracing::error!(error = chain(&error), "{PART_FAILED}");
            count(Metric::FailedParts);
        }
        true
    }
}

/// Goes on with a deletion that was cut off, such as by the end of the process. Returns whether something is left of it. What
/// fails is left to the next pass.
async fn go_on_deleting(tenant: &Tenant, deadline: Instant) -> bool {
    let deleted = match tenant.lifecycle().go_on_deleting(deadline).await {
        // Somebody has repeated it meanwhile.
        Err(error) if error.reason() == Reason::NotFound => Ok(true),
        deleted => deleted,
    };
    let deleted = attempted(tenant, "the deletion that was cut off", deleted);
    if deleted == Some(true) {
        tracing::info!(tenant = %tenant.id(), "finished a deletion that was cut off");
    }
    deleted == Some(false)
}

/// Does a part of the pass for a tenant with a handle that only looks, and only if there is something to write once more, with
/// one that reads consistently. Returns `None` if it failed.
async fn look_first<T>(
    tenant: &Tenant,
    part: &str,
    work: impl AsyncFn(Tenant) -> Result<T, Error>,
) -> Option<T> {
    let done = match work(tenant.looking()).await {
        Err(error) if error.is_work() => work(tenant.clone()).await,
        looked => looked,
    };
    attempted(tenant, part, done)
}

/// Measures how long each connection of a tenant has been silent.
fn measure_silence(tenant: &Tenant, uses: &TokenUses) {
    let now = Timestamp::now().as_second();
    let silent = |at: &Timestamp| (now - at.as_second()).max(0) as f64;
    let silences = uses.last_requests().iter().map(silent).collect();
    Record::new()
        .values(Metric::SyncLag, silences)
        .property("tenant", tenant.id().as_str())
        .emit();
}

/// Checks the tenant, and announces what is wrong since the last check and what no longer is, unless nothing has happened
/// since then and time alone changes nothing. A check that cannot read the whole request log in time is left to the next
/// pass, which goes on where this one ended. Returns a check that changed nothing, unless something happened so recently that
/// what was begun before it may still be on its way.
async fn judge(
    tenant: &Tenant,
    last: Option<&Judged>,
    deadline: Instant,
) -> Result<Option<Judged>, Error> {
    let looking = tenant.looking();
    // What happens from here on is in the next check, if it is not in this one.
    let now = Timestamp::now();
    let uses = looking.credentials().token_uses().await?;
    measure_silence(tenant, &uses);
    let seen = Insight::of(&looking).seen(&uses).await?;
    let holding = last.filter(|last| last.holds(&seen.mark, now));
    if let Some(holding) = holding {
        return Ok(Some(holding.clone()));
    }
    loop {
        let health = Box::pin(Insight::of(tenant).health()).await?;
        if health.complete {
            let findings = tenant.findings();
            let noticed = findings.observe(&health.record, &health.observed()).await?;
            if noticed != Noticed::default() {
                let (opened, closed) = (noticed.opened, noticed.closed);
                tracing::info!(tenant = %tenant.id(), opened, closed, "findings have changed");
                return Ok(None);
            }
            findings.show(&health.record, health.shown).await?;
            let until = health.holds_until;
            let has_settled = seen.has_settled(now);
            let seen = seen.mark;
            return Ok(has_settled.then_some(Judged { seen, until }));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
    }
}

/// Adds what the tenant's indexes lack, and logs what that cost. A failure stops neither the pass nor any role: the next
/// pass goes on where this one ended.
async fn complete_indexes(tenant: &Tenant, deadline: Instant) {
    let completed = async {
        match tenant.looking().indexes().complete(deadline).await {
            Err(error) if error.is_work() => tenant.indexes().complete(deadline).await,
            looked => looked,
        }
    };
    let (filled, cost) = measure(completed).await;
    match filled {
        Ok(Filled {
            events,
            people,
            complete,
        }) if events + people > 0 => tracing::info!(
            tenant = %tenant.id(), events, people, complete,
            calls = cost.calls, read_units = cost.read_units, write_units = cost.write_units,
            "added to the indexes"
        ),
        Ok(_) => {}
        Err(error) => {
            tracing::error!(tenant = %tenant.id(), error = chain(&error), "the indexes were not completed; the next pass goes on");
        }
    }
}
