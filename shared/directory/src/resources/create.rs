//! Creates users and groups. A user who is pushed may be somebody whom the directory knows: a deleted person, or an
//! account that only came from sign-in.

use rollcall_model::{EventType, Identity, Kind, PersonOrigin, Reason, USERS, new_id};
use rollcall_scim::{self as scim, Projection, Resource};
use rollcall_store::{Error, now, retry_stale};
use serde_json::json;

use crate::resources::brake::Booked;
use crate::resources::crud::take_members;
use crate::resources::draft::{Draft, Saved};
use crate::resources::effects::{Effects, Written};
use crate::resources::handle::Resources;
use crate::resources::names::{check_name, is_taken, is_taken_by_group};
use crate::resources::ownership::Ownership;
use crate::resources::record::Record;
use crate::resources::sign_in_only::Adopted;
use crate::resources::unique_values::claims;

impl Resources<'_> {
    /// Creates a resource (RFC 7644 §3.3), with its members if it is a group.
    ///
    /// # Errors
    /// `uniqueness` when the name is taken; `invalidValue` for a name or a member that is refused.
    pub async fn create(
        self,
        kind: &'static Kind,
        mut resource: Resource,
        projection: &Projection,
    ) -> Result<Written<Resource>, Error> {
        check_name(kind, None, &resource)?;
        let change = take_members(&mut resource);
        if resource.get("active").is_none() && !kind.has_members() {
            resource.set("active", json!(true));
        }
        let claims = claims(self.scope, kind, None, &resource);
        let mut record = Record::new(kind, new_id(), resource, now())?;
        record.claims = claims;
        let owner = self.scope.actor.connection().map(str::to_owned);
        record.identity = match kind.has_members() {
            true => Identity {
                owner,
                ..Identity::default()
            },
            false => Identity::new(PersonOrigin::Pushed, owner),
        };
        record.observe(None, self.scope);
        let (record, change) = (&record, change.as_ref());
        let booked = &Booked::default();
        let created = retry_stale(|_| async move {
            if *kind == USERS
                && let Some(restored) = self.restore_pushed(record).await?
            {
                return Ok(restored.map(|person| saved(person, EventType::UserRestored)));
            }
            if let Some(error) = self.ceiling_of(kind) {
                // Somebody who has an account already makes it no fuller.
                return match *kind == USERS {
                    true => self.save_adopted(record, booked, error).await,
                    false => Err(error),
                };
            }
            let planned = self.plan_members(&record.id, change).await?;
            let draft = Draft {
                kind,
                before: None,
                after: Some(record.clone()),
                steps: planned.steps,
                pinned: false,
                ownership: Ownership::Stays,
            };
            match self.save(draft, planned.skipped).await {
                Err(error) if *kind == USERS && is_taken(&error) => {
                    match self.save_adopted(record, booked, error).await {
                        Err(error)
                            if is_taken(&error) && self.free_held_name(kind, record).await? =>
                        {
                            Ok(None)
                        }
                        adopted => adopted,
                    }
                }
                Err(error)
                    if is_taken_by_group(&error) && self.free_held_name(kind, record).await? =>
                {
                    Ok(None)
                }
                Err(error) if kind.has_members() && is_taken_by_group(&error) => {
                    self.adopt_group(record, change, error).await
                }
                created => created,
            }
        })
        .await?;
        let known = created.record.as_ref().unwrap_or(record);
        // If the table cannot be read now, without the members or groups: the client needs the id.
        let bare = known.full_resource(kind)?;
        let bare = bare.of_type(self.scope.resource_type(kind));
        let id = known.id.clone();
        let answer = self.answer_to_write(kind, &id, created.record, projection);
        let answer = answer.await?.unwrap_or(bare);
        Ok(Written {
            answer,
            effects: created.effects,
            version: created.version,
        })
    }

    /// Returns the refusal if the tenant has as many resources of a kind as the operator allows.
    fn ceiling_of(self, kind: &Kind) -> Option<Error> {
        let reached = self.scope.at_ceiling;
        match kind.has_members() {
            true => reached.groups.then(|| ceiling_reached("groups")),
            false => reached.people.then(|| ceiling_reached("people")),
        }
    }

    /// Adopts the account that holds the name of a pushed person, or takes back its held deletion, or returns the error.
    async fn save_adopted(
        self,
        pushed: &Record,
        booked: &Booked,
        error: Error,
    ) -> Result<Option<Saved>, Error> {
        match self.adopt(pushed, booked).await? {
            Some(Adopted::Done(record, event)) => Ok(Some(saved(*record, event))),
            Some(Adopted::Stale) => Ok(None),
            None => Err(error),
        }
    }
}

/// Returns the refusal of something of which the tenant has as much as the operator allows.
pub(crate) fn ceiling_reached(what: &str) -> Error {
    let detail = format!(
        "the organization has as many {what} as it may have; ask the vendor of the application for more, or delete some: \
         they are counted every hour"
    );
    Error::Refused(Reason::CeilingReached, scim::Error::Forbidden(detail))
}

fn saved(record: Record, event: EventType) -> Saved {
    let mut effects = Effects::default();
    effects.changed(event);
    Saved::of(record, effects)
}
