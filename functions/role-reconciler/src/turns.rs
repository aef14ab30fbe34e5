//! Long work of a tenant: each message does one bounded part of it and puts the rest behind all other messages, and of a
//! tenant one piece of work of each kind is in hand at a time. So the events of other tenants wait for no more than a part of
//! it, however much a tenant orders.

use jiff::Timestamp;
use rollcall_directory::{Continuation, Erased, Error, ReleasedHeld, Roles, TenantId};

use crate::message::{Message, Pass, Place};
use crate::{Failure, Reconciler, attempted, one_part};

/// How many people and groups are concerned by what one part lets take effect, or takes back, that was held.
pub(crate) const HELD_IN_A_PART: usize = 50;
/// What is released, for the log.
pub(crate) const HELD: &str = "what the brake held for its time";

impl Reconciler {
    /// Takes the turn of a tenant at the long work that `name` says, or keeps it, and returns who holds it. While other work
    /// has it, sends what `message` makes of the place to be received later, and returns `None`.
    async fn its_turn(
        &self,
        roles: Roles<'_>,
        (name, place): (&str, &Place),
        message: impl FnOnce(Place) -> Message,
    ) -> Result<Option<String>, Failure> {
        let holder = place.holder(name);
        if roles.take_turn(&holder).await? {
            return Ok(Some(holder));
        }
        let (place, wait) = place.clone().waiting();
        self.queue.send_later(&message(place), wait).await?;
        Ok(None)
    }

    /// Does the next part of what remained of an event, if it is its turn. Returns the message that continues, if any.
    pub(crate) async fn go_on(
        &self,
        tenant: TenantId,
        rest: Continuation,
        place: Place,
    ) -> Result<Option<Message>, Failure> {
        let of = self.directory.system(tenant.clone());
        let (roles, name) = (of.roles(), rest.name());
        let waits = |place| Message::rest(tenant.clone(), rest.clone(), place);
        let Some(holder) = self.its_turn(roles, (&name, &place), waits).await? else {
            return Ok(None);
        };
        let left = roles.go_on(&rest, one_part()).await?;
        if left.is_none() {
            roles.end_turn(&holder).await?;
        }
        Ok(left.map(|left| Message::rest(tenant, left, place.at_work())))
    }

    /// Does the next part of an erasure. Returns the message that continues it, or that goes on with the next person. Another
    /// person than the one in hand waits in the list of erasures. So does one whose erasure fails, if there is another: the
    /// next full pass tries it again.
    pub(crate) async fn erase(&self, erasure: Erased) -> Result<Option<Message>, Error> {
        let tenant = self.directory.system(erasure.tenant.clone());
        let erasures = tenant.erasures();
        let Some(person) = erasure.person.as_deref() else {
            let is_left = erasures.go_on(None, one_part()).await?;
            return Ok(is_left.then_some(Message::Erasure { erasure }));
        };
        if !erasures.take_turn(person).await? {
            return Ok(None);
        }
        let gone_on = erasures.go_on(Some(person), one_part()).await;
        if matches!(gone_on, Ok(true)) {
            return Ok(Some(Message::Erasure { erasure }));
        }
        let next = erasures.next(person).await?;
        match (gone_on, &next) {
            (Err(error), None) => return Err(error),
            (gone_on, _) => _ = attempted(&tenant, "the erasure of a person", gone_on),
        }
        Ok(next.map(|person| Message::Erasure {
            erasure: Erased {
                tenant: erasure.tenant.clone(),
                person: Some(person),
            },
        }))
    }

    /// Lets take effect what a connection has said while it was only observed, if it is its turn: first what it gives, part
    /// by part, so that nobody is without a role in between, and then what it takes away, part by part as well. Returns the
    /// message that continues, if any. Every step can be repeated, and what it leaves out the next full pass does.
    pub(crate) async fn make_real(&self, mut pass: Pass) -> Result<Option<Message>, Failure> {
        let (Some(tenant), Some(connection)) = (&pass.tenant, &pass.made_real) else {
            return Ok(None);
        };
        let tenant = self.directory.system(tenant.clone());
        let (roles, name) = (tenant.roles(), format!("made_real#{connection}"));
        let waits = |place| pass.clone().at(place);
        let Some(holder) = self.its_turn(roles, (&name, &pass.place), waits).await? else {
            return Ok(None);
        };
        if pass.held.is_none() {
            let behind = pass.person.take();
            pass.person = roles.make_real(connection, behind, one_part()).await?;
            if pass.person.is_some() {
                return Ok(Some(pass.at_work()));
            }
        }
        let held = pass.held.take().filter(|held| !held.is_empty());
        let sign_in = tenant.sign_in();
        let released = sign_in.release_held_of(connection, held, HELD_IN_A_PART);
        pass.held = next_of(released.await)?;
        if pass.held.is_some() {
            return Ok(Some(pass.at_work()));
        }
        roles.is_made_real(connection).await?;
        roles.end_turn(&holder).await?;
        Ok(None)
    }

    /// Takes back what a deleted connection has said while it was only observed, if it is its turn: part by part what it has
    /// pushed, and then what is held of it. Returns the message that continues, if any. Every step can be repeated.
    pub(crate) async fn take_back(&self, mut pass: Pass) -> Result<Option<Message>, Failure> {
        let (Some(tenant), Some(connection)) = (&pass.tenant, &pass.taken_back) else {
            return Ok(None);
        };
        let tenant = self.directory.system(tenant.clone());
        if !tenant.credentials().was_observed(connection).await? {
            return Ok(None);
        }
        let (roles, name) = (tenant.roles(), format!("taken_back#{connection}"));
        let waits = |place| pass.clone().at(place);
        let Some(holder) = self.its_turn(roles, (&name, &pass.place), waits).await? else {
            return Ok(None);
        };
        if pass.held.is_none() {
            let behind = pass.person.take();
            if behind.is_none() {
                pass.pass = Some(Timestamp::now());
            }
            let resources = tenant.resources();
            pass.person = resources.take_back(connection, behind, one_part()).await?;
            if pass.person.is_some() {
                return Ok(Some(pass.at_work()));
            }
        }
        let (sign_in, held) = (tenant.sign_in(), pass.held.take());
        let discarded = sign_in.discard_held_of(connection, held, HELD_IN_A_PART);
        pass.held = next_of(discarded.await)?;
        if pass.held.is_some() {
            return Ok(Some(pass.at_work()));
        }
        tenant
            .credentials()
            .forget_observed(connection, pass.pass)
            .await?;
        roles.end_turn(&holder).await?;
        Ok(None)
    }

    /// Lets the next part of what was held for its time take effect, if it is its turn. Returns the message that continues, if
    /// any. What fails is left to the next full pass.
    pub(crate) async fn release(&self, mut pass: Pass) -> Result<Option<Message>, Failure> {
        let Some(tenant) = &pass.tenant else {
            return Ok(None);
        };
        let tenant = self.directory.system(tenant.clone());
        let roles = tenant.roles();
        let waits = |place| pass.clone().at(place);
        let turn = self.its_turn(roles, ("released", &pass.place), waits);
        let Some(holder) = turn.await? else {
            return Ok(None);
        };
        let held = pass.held.take();
        let released = tenant.sign_in().release_held(held, HELD_IN_A_PART).await;
        let failed = released.failed.map_or(Ok(()), Err);
        attempted(&tenant, HELD, failed);
        pass.held = released.next;
        if pass.held.is_some() {
            return Ok(Some(pass.at_work()));
        }
        roles.end_turn(&holder).await?;
        Ok(None)
    }
}

/// Returns where the next part continues, unless this one failed.
fn next_of(released: ReleasedHeld) -> Result<Option<String>, Error> {
    match released.failed {
        Some(error) => Err(error),
        None => Ok(released.next),
    }
}
