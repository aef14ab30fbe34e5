//! What the pushes of an identity provider would do to whom. Nothing is changed.

use std::collections::BTreeMap;

use rollcall_model::{DeletedPeople, Reason, USERS, new_id};
use rollcall_scim as scim;
use rollcall_store::{Error, TenantItem, now};

use crate::import::handle::Imports;
use crate::import::look_up::Known;
use crate::import::outcome::{Outcome, RowFailure, RowResult};
use crate::import::row::ImportRow;
use crate::resources::create::ceiling_reached;
use crate::resources::handle::Resources;
use crate::resources::names::check_name;
use crate::resources::ownership::ownership_by;
use crate::resources::record::Record;
use crate::resources::sign_in_only::{Met, met};

/// The decisions about people of other connections, by the owner: none for those whom it may take.
pub(super) type Takeable = BTreeMap<Option<String>, Option<(Reason, String)>>;

impl Imports<'_> {
    /// Decides what the push of a row would do.
    ///
    /// # Errors
    /// The refusals of a row that cannot be pushed, and table errors.
    pub(super) async fn decide_push(
        self,
        row: &ImportRow,
        known: &Known,
        connection: &str,
        tenant: &TenantItem,
        takeable: &mut Takeable,
    ) -> Result<RowResult, Error> {
        let (holder, pushed) = (known.named(row), row.resource()?);
        let before = holder.map(|holder| holder.resource(&USERS)).transpose()?;
        check_name(&USERS, before, &pushed)?;
        let Some(holder) = holder else {
            let is_back = known.was_deleted(row)
                && tenant.settings.deleted_people == DeletedPeople::Restore
                && self.is_back(pushed).await?;
            if is_back {
                return Ok(RowResult::new(row.line, Outcome::WouldRestore, None));
            }
            let is_full = tenant.at_ceiling.people.then(|| ceiling_reached("people"));
            return Ok(match is_full {
                Some(full) => RowResult {
                    failure: Some(RowFailure::of(row.line, &full)),
                    ..RowResult::new(row.line, Outcome::Conflict, None)
                },
                None => RowResult::new(row.line, Outcome::WouldCreate, None),
            });
        };
        let result = |outcome| RowResult::new(row.line, outcome, Some(&holder.id));
        let external_id = row.external_id.as_deref();
        let refused = match met(holder, Some(connection), external_id)? {
            Met::Adopted => return Ok(result(Outcome::WouldAdopt)),
            Met::Own => return Ok(result(Outcome::Own)),
            Met::SomebodyElse if holder.identity.is_unowned() => Some((
                Reason::NotUnique,
                "the person with this user name has another external id; correct one of them"
                    .to_owned(),
            )),
            Met::SomebodyElse | Met::OfAnother => {
                self.refusal(holder, connection, takeable).await?
            }
        };
        Ok(match refused {
            None => result(Outcome::WouldAdopt),
            Some((reason, detail)) => RowResult {
                failure: Some(RowFailure::new(row.line, reason, detail)),
                ..result(Outcome::Conflict)
            },
        })
    }

    /// Returns why the connection may not write a person, if so. All people of one owner have the same answer.
    async fn refusal(
        self,
        holder: &Record,
        connection: &str,
        takeable: &mut Takeable,
    ) -> Result<Option<(Reason, String)>, Error> {
        let owner = holder.identity.owner.clone();
        if let Some(decided) = takeable.get(&owner) {
            return Ok(decided.clone());
        }
        let refusal = match ownership_by(self.scope, &USERS, holder, Some(connection)).await {
            Ok(_) => None,
            Err(error) if error.is_refusal() => Some((error.reason(), error.to_scim().to_string())),
            Err(error) => return Err(error),
        };
        takeable.insert(owner, refusal.clone());
        Ok(refusal)
    }

    async fn is_back(self, pushed: scim::Resource) -> Result<bool, Error> {
        let pushed = Record::new(&USERS, new_id(), pushed, now())?;
        Resources::of(self.scope).would_restore(&pushed).await
    }
}

/// Returns the error for an import that names no connection.
pub(super) fn no_connection() -> Error {
    let detail = "an import with the mode `adoption` needs a `connection`";
    scim::Error::InvalidValue(detail.to_owned()).into()
}
