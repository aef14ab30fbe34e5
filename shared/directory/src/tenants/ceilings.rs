//! The operator's ceilings of a tenant: what it may have at most, and whether it has that. The hourly pass counts, so that
//! no request pays for it.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_model::{AtCeiling, Ceilings, GROUPS, Settings, USERS};
use rollcall_scim as scim;
use rollcall_store::{Error, Expression, TenantItem, Updated, number};

use crate::credentials::meter;
use crate::resources::handle::Resources;
use crate::tenants::handle::Lifecycle;

/// The longest retention that an operator can require, in days: ten years.
const MAX_RETENTION_DAYS: u32 = 3_650;

impl Lifecycle<'_> {
    /// Counts what has a ceiling. From the next request on, what is at its ceiling is not created any more, and what is no
    /// longer is.
    ///
    /// # Errors
    /// Only table errors; `404` when the tenant was deleted.
    pub async fn count_for_ceilings(self) -> Result<AtCeiling, Error> {
        let tenant = self.scope.stored_tenant().await?;
        let Ceilings { people, groups, .. } = tenant.ceilings;
        let bounded = people.is_some() || groups.is_some();
        if !bounded && tenant.at_ceiling.is_empty() {
            return Ok(tenant.at_ceiling);
        }
        let resources = Resources::of(self.scope);
        let reached = AtCeiling::of(
            &tenant.ceilings,
            resources.count(&USERS).await?,
            resources.count(&GROUPS).await?,
        );
        if reached == tenant.at_ceiling {
            return Ok(reached);
        }
        let set = Expression::new("SET at_ceiling = :reached, revision = revision + :one")
            .with(":reached", stored(reached))
            .with(":one", number(1));
        let unchanged = Expression::at_revision(tenant.revision);
        let key = self.scope.keys().tenant();
        match self.scope.table.update_if(&key, &set, &unchanged).await? {
            Updated::Done(_) => meter::refresh(&self.scope.table, &self.scope.tenant).await?,
            // The tenant was changed meanwhile. The next pass counts again.
            Updated::Unchanged(_) | Updated::Absent => {}
        }
        Ok(reached)
    }
}

fn stored(reached: AtCeiling) -> AttributeValue {
    let fields = [("people", reached.people), ("groups", reached.groups)];
    let fields = fields.map(|(name, is)| (name.to_owned(), AttributeValue::Bool(is)));
    AttributeValue::M(fields.into())
}

/// Checks ceilings.
///
/// # Errors
/// `invalidValue` for a retention that no tenant can have, and for a budget of nothing.
pub(super) fn check_ceilings(ceilings: &Ceilings) -> Result<(), Error> {
    let days = 1..=MAX_RETENTION_DAYS;
    match ceilings.min_retention_days {
        Some(floor) if !days.contains(&floor) => Err(invalid(format!(
            "`ceilings.min_retention_days` must be 1 to {MAX_RETENTION_DAYS}"
        ))),
        _ if ceilings.read_units_per_minute == Some(0) => Err(invalid(
            "`ceilings.read_units_per_minute` must be at least 1".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// Checks that new settings keep what the operator requires.
///
/// # Errors
/// `invalidValue` for a retention that was made too short.
pub(super) fn check_retention(before: &TenantItem, after: &Settings) -> Result<(), Error> {
    let (old, new) = (before.settings.retention_days, after.retention_days);
    match before.ceilings.min_retention_days {
        Some(floor) if new < floor && new != old => Err(too_short(floor)),
        _ => Ok(()),
    }
}

/// Checks a retention that is asked for against the ceilings of after that. Both as they are is not refused.
///
/// # Errors
/// `invalidValue` for a retention that is too short: it would not be read back as it was asked for.
pub(super) fn check_asked_retention(
    asked: Option<u32>,
    ceilings: &Ceilings,
    before: Option<&TenantItem>,
) -> Result<(), Error> {
    let (Some(days), Some(floor)) = (asked, ceilings.min_retention_days) else {
        return Ok(());
    };
    let is_as_before = before.is_some_and(|before| {
        before.settings.retention_days == days && before.ceilings.min_retention_days == Some(floor)
    });
    match days < floor && !is_as_before {
        true => Err(too_short(floor)),
        false => Ok(()),
    }
}

fn too_short(floor: u32) -> Error {
    invalid(format!(
        "`retention_days` must be at least {floor} here; the operator of the service requires it"
    ))
}

fn invalid(detail: String) -> Error {
    scim::Error::InvalidValue(detail).into()
}
