//! Changes of a tenant's settings: what may be asked for, and what comes of it.

use rollcall_scim as scim;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::role::Role;
use crate::tenant::{ManualRoles, RateLimit, RoleSync, RouteBy, Settings, Tenant, UnknownMembers};

/// The most requests a minute that a tenant can ask for.
const MAX_PER_MINUTE: u32 = 600_000;
/// The largest burst that a tenant can ask for.
const MAX_BURST: u32 = 100_000;
/// The longest that the journal and the request log are kept: ten years.
const MAX_RETENTION_DAYS: u32 = 3_650;

/// The settings to change; what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SettingsChange {
    /// The role of people whose first sign-in no group decides; null for none.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<Role>)]
    pub sso_default_role: Option<Option<Role>>,
    /// Whether a role that somebody gave by hand outlasts a sign-in that groups decide.
    pub manual_roles: Option<ManualRoles>,
    /// When changed memberships and mappings change roles.
    pub role_sync: Option<RoleSync>,
    /// What decides the mapped role at a sign-in.
    pub route_by: Option<RouteBy>,
    /// Whether people who are pushed get an invitation mail.
    pub invitations: Option<bool>,
    /// What happens to ids in a group write that name nobody.
    pub unknown_members: Option<UnknownMembers>,
    /// How many requests one token may make; null for any number.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<RateLimit>)]
    pub rate_limit: Option<Option<RateLimit>>,
    /// For how many days the journal and the request log are kept.
    pub retention_days: Option<u32>,
}

/// Tells `null` from a key that is not there.
fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

impl SettingsChange {
    /// The settings after the change. Pure.
    ///
    /// # Errors
    /// `invalidValue` for what no tenant may have.
    pub fn applied_to(&self, before: Settings) -> Result<Settings, Error> {
        let after = Settings {
            sso_default_role: self.sso_default_role.unwrap_or(before.sso_default_role),
            manual_roles: self.manual_roles.unwrap_or(before.manual_roles),
            role_sync: self.role_sync.unwrap_or(before.role_sync),
            route_by: self.route_by.unwrap_or(before.route_by),
            invitations: self.invitations.unwrap_or(before.invitations),
            unknown_members: self.unknown_members.unwrap_or(before.unknown_members),
            rate_limit: self.rate_limit.unwrap_or(before.rate_limit),
            retention_days: self.retention_days.unwrap_or(before.retention_days),
        };
        match fault(&after) {
            Some(detail) => Err(scim::Error::InvalidValue(detail).into()),
            None => Ok(after),
        }
    }
}

fn fault(settings: &Settings) -> Option<String> {
    if settings.sso_default_role == Some(Role::Owner) {
        return Some(
            "`owner` cannot be the `sso_default_role`, it is given by hand alone".to_owned(),
        );
    }
    if let Some(limit) = settings.rate_limit {
        if !(1..=MAX_PER_MINUTE).contains(&limit.per_minute) {
            return Some(format!(
                "`rate_limit.per_minute` must be 1 to {MAX_PER_MINUTE}"
            ));
        }
        if limit.burst > MAX_BURST {
            return Some(format!("`rate_limit.burst` must be 0 to {MAX_BURST}"));
        }
    }
    let days = 1..=MAX_RETENTION_DAYS;
    (!days.contains(&settings.retention_days))
        .then(|| format!("`retention_days` must be 1 to {MAX_RETENTION_DAYS}"))
}

impl Tenant {
    /// Changes what is named of the settings.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `invalidValue` for what no tenant may have.
    pub async fn patch_settings(&self, change: &SettingsChange) -> Result<Settings, Error> {
        self.change_settings(|settings| change.applied_to(settings))
            .await
    }

    /// Changes what is named of the settings as they were at this revision; none, and nothing is changed, if somebody
    /// has changed them since.
    ///
    /// # Errors
    /// As for [`Self::patch_settings`].
    pub async fn patch_settings_of(
        &self,
        revision: u64,
        change: &SettingsChange,
    ) -> Result<Option<Settings>, Error> {
        let before = self.stored().await?;
        if before.revision != revision {
            return Ok(None);
        }
        let settings = change.applied_to(before.settings.clone())?;
        let written = self.write_settings(&before, settings.clone()).await?;
        Ok(written.then_some(settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changed(change: serde_json::Value) -> Result<Settings, String> {
        let change: SettingsChange =
            serde_json::from_value(change).map_err(|error| error.to_string())?;
        change
            .applied_to(Settings::default())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_left_out_stays_and_null_is_a_value() {
        assert_eq!(changed(json!({})), Ok(Settings::default()));
        let cleared = changed(json!({"sso_default_role": null, "rate_limit": null})).unwrap();
        assert_eq!((cleared.sso_default_role, cleared.rate_limit), (None, None));
        let set = changed(json!({"role_sync": "at_login", "retention_days": 7})).unwrap();
        assert_eq!((set.role_sync, set.retention_days), (RoleSync::AtLogin, 7));
    }

    #[test]
    fn what_no_tenant_may_have_is_refused() {
        for (change, word) in [
            (json!({"sso_default_role": "owner"}), "by hand"),
            (json!({"sso_default_role": "root"}), "root"),
            (json!({"retention_days": 0}), "retention_days"),
            (json!({"retention_days": 4000}), "retention_days"),
            (
                json!({"rate_limit": {"per_minute": 0, "burst": 1}}),
                "per_minute",
            ),
            (json!({"rate_limit": {"per_minute": 60}}), "burst"),
            (
                json!({"rate_limit": {"per_minute": 60, "burst": 1, "x": 1}}),
                "`x`",
            ),
            (json!({"colour": "red"}), "`colour`"),
        ] {
            let error = changed(change.clone()).expect_err(word);
            assert!(error.contains(word), "{change}: {error}");
        }
    }
}
