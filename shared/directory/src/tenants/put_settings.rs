//! Replaces all settings of a tenant: what is left out takes its default.

use rollcall_model::{Catalogue, Role, RoleId, SessionBounds, Settings, Way, shown};
use rollcall_scim as scim;
use rollcall_store::{Error, retry_stale};

use crate::tenants::ceilings::check_retention;
use crate::tenants::change_settings::SettingsChange;
use crate::tenants::handle::TenantSettings;
use crate::tenants::write_tenant::write_tenant;

/// All settings of a tenant: those that are given, and the defaults of all others.
#[derive(Clone, Debug, Default)]
pub struct WholeSettings {
    /// The settings that are given.
    pub given: SettingsChange,
    /// Whether the settings that only the application can change stay as they are.
    pub keeps_application: bool,
    /// Whether the settings that only owners and the application can change stay as they are.
    pub keeps_owners: bool,
}

/// Returns the settings of a tenant with these roles that has set nothing. It has a default role only if these have it.
pub(crate) fn default_settings(roles: Catalogue) -> Settings {
    let mut settings = Settings {
        roles,
        ..Settings::default()
    };
    let is_default = |role: Role| role.is_given(Way::Default);
    if !settings.default_role().is_some_and(is_default) {
        settings.sso_default_role = None;
    }
    settings
}

impl WholeSettings {
    /// Returns the settings after `before`. Pure.
    ///
    /// # Errors
    /// `invalidValue` for a setting that is not allowed, unless it is as before, and for one that would be read back in
    /// another spelling.
    pub(super) fn after(
        &self,
        before: &Settings,
        floor: Option<u32>,
        bounds: SessionBounds,
    ) -> Result<Settings, Error> {
        let mut base = default_settings(before.roles.clone());
        base.retention_days = base.retention_days.max(floor.unwrap_or_default());
        if self.keeps_application {
            base.cache_seconds = before.cache_seconds;
            base.return_origins.clone_from(&before.return_origins);
        }
        if self.keeps_owners {
            base.sign_up = before.sign_up;
            base.match_email = before.match_email;
            base.deleted_people = before.deleted_people;
            base.retention_days = before.retention_days;
            base.brake = before.brake;
        }
        let mut given = self.given.clone();
        // What is as before may have become impossible since: it is not refused when it is sent back.
        let shown = before.default_role().map(RoleId::from);
        if given.sso_default_role.as_ref() == Some(&shown) {
            given.sso_default_role = None;
            base.sso_default_role.clone_from(&before.sso_default_role);
        }
        if given.session_minutes == Some(before.session_minutes) {
            given.session_minutes = None;
            base.session_minutes = before.session_minutes;
        }
        if given.session_idle_minutes == Some(before.session_idle_minutes) {
            given.session_idle_minutes = None;
            base.session_idle_minutes = before.session_idle_minutes;
        }
        let after = given.applied_to(base, bounds)?;
        check_as_written(&self.given, &after)?;
        Ok(after)
    }
}

/// Refuses what would be read back in another spelling than it is put in: who compares the two would put it for ever.
fn check_as_written(given: &SettingsChange, after: &Settings) -> Result<(), Error> {
    let domains = (&given.invitation_domains, &after.invitation_domains);
    let addresses = (&given.allowed_addresses, &after.allowed_addresses);
    for (field, (given, kept)) in [
        ("invitation_domains", domains),
        ("allowed_addresses", addresses),
    ] {
        let Some(given) = given.as_ref().filter(|given| *given != kept) else {
            continue;
        };
        let mut pairs = given.iter().zip(kept);
        let other = pairs.find(|(given, kept)| given != kept);
        let detail = match other.filter(|_| given.len() == kept.len()) {
            Some((given, kept)) => {
                let (given, kept) = (shown(given), shown(kept));
                format!("`{field}`: write `{given}` as `{kept}`, which is how it is read back")
            }
            None => format!("`{field}` has the same twice"),
        };
        return Err(scim::Error::InvalidValue(detail).into());
    }
    Ok(())
}

impl TenantSettings<'_> {
    /// Replaces all settings but the roles. Returns the new settings. If nothing differs, nothing is written.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `invalidValue` for a setting that is not allowed.
    pub async fn put(self, whole: &WholeSettings) -> Result<Settings, Error> {
        retry_stale(|_| async move {
            let before = self.scope.living_tenant().await?;
            let mut after = before.clone();
            let floor = before.ceilings.min_retention_days;
            after.settings = whole.after(&before.settings, floor, self.scope.session_bounds)?;
            check_retention(&before, &after.settings)?;
            let written = write_tenant(self.scope, &before, &after).await?;
            Ok(written.then_some(after.settings))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use rollcall_model::SignUp;

    use super::*;

    #[test]
    fn what_is_left_out_takes_its_default_or_stays() {
        let before = Settings {
            sign_up: SignUp::PushedOnly,
            cache_seconds: 60,
            return_origins: vec!["https://app.test".to_owned()],
            session_minutes: Some(99_999),
            sso_default_role: Some(RoleId::named("vanished")),
            match_email: true,
            ..Settings::default()
        };
        let after = |whole: &WholeSettings| {
            let after = whole.after(&before, Some(3_000), SessionBounds::default());
            after.expect("settings")
        };
        let fresh = after(&WholeSettings::default());
        assert_eq!((fresh.cache_seconds, fresh.sign_up), (0, SignUp::default()));
        let kept = after(&WholeSettings {
            keeps_application: true,
            keeps_owners: true,
            given: SettingsChange {
                session_minutes: Some(Some(99_999)),
                sso_default_role: Some(None),
                ..SettingsChange::default()
            },
        });
        assert_eq!(kept, before);
    }
}
