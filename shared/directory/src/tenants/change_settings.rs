//! Changes of a tenant's settings: which values are allowed, and the settings after the change.

use rollcall_model::{
    AddressList, BrakeLimit, Catalogue, ClaimMatch, DeletedPeople, LoggedValues, ManualRoles,
    RateLimit, RoleId, RoleSync, RouteBy, SessionBounds, Settings, SignUp, UnknownMembers, Way,
    is_return_origin, mail_domain, sha256_hex, shown,
};
use rollcall_scim as scim;
use rollcall_store::{Error, retry_stale};

use crate::tenants::ceilings::check_retention;
use crate::tenants::handle::TenantSettings;
use crate::tenants::write_tenant::write_tenant;

/// The highest rate limit that a tenant can set, in requests per minute.
pub const MAX_PER_MINUTE: u32 = 600_000;
/// The highest ceiling of a tenant, in requests per minute. Each request writes the same item, and DynamoDB accepts
/// 1,000 writes of an item per second.
pub const MAX_CEILING_PER_MINUTE: u32 = 50_000;
/// The largest burst that a tenant can set.
pub const MAX_BURST: u32 = 100_000;
/// The largest number of domains to which a tenant's invitations go.
pub const MAX_DOMAINS: usize = 100;
/// The longest domain, in characters.
pub const MAX_DOMAIN_CHARS: usize = 253;
/// The largest number of origins to which portal links can lead back.
pub const MAX_ORIGINS: usize = 20;
/// The largest number of addresses that get mail when something is wrong.
pub const MAX_CONTACTS: usize = 10;
/// The longest retention that a tenant can set, in days: ten years.
pub const MAX_RETENTION_DAYS: u32 = 3_650;
/// The longest time for which an introspection may be remembered, in seconds.
pub const MAX_CACHE_SECONDS: u32 = 300;

/// The largest number of successful reads of which the request log has one.
pub const MAX_SAMPLING: u32 = 100;

/// The settings to change; `None` leaves a setting as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsChange {
    /// The role of people whose first sign-in no group decides; `Some(None)` for no role.
    pub sso_default_role: Option<Option<RoleId>>,
    /// Whether a role given by hand survives a sign-in whose groups decide the role.
    pub manual_roles: Option<ManualRoles>,
    /// When a change of memberships or mappings changes roles.
    pub role_sync: Option<RoleSync>,
    /// What decides the mapped role at a sign-in.
    pub route_by: Option<RouteBy>,
    /// Whether people get an invitation mail when they are pushed.
    pub invitations: Option<bool>,
    /// The domains to which invitations go; empty for all.
    pub invitation_domains: Option<Vec<String>>,
    /// What happens to ids in a group write that belong to no user.
    pub unknown_members: Option<UnknownMembers>,
    /// How many requests one token may make; `Some(None)` for no limit.
    pub rate_limit: Option<Option<RateLimit>>,
    /// Days for which the journal, the event feed and the request log are kept.
    pub retention_days: Option<u32>,
    /// Who may sign in without having been pushed.
    pub sign_up: Option<SignUp>,
    /// Whether a sign-in finds a person by the e-mail address.
    pub match_email: Option<bool>,
    /// What a push of somebody who was deleted does.
    pub deleted_people: Option<DeletedPeople>,
    /// What a value of a `groups` claim must be to name a group.
    pub claim_match: Option<ClaimMatch>,
    /// Of which values the request log keeps more than the size.
    pub logged_values: Option<LoggedValues>,
    /// Of how many successful reads the request log has one.
    pub read_log_sampling: Option<u32>,
    /// How many minutes a session lasts at most; `Some(None)` for the operator's maximum.
    pub session_minutes: Option<Option<u32>>,
    /// After how many minutes without use a session ends; `Some(None)` for never.
    pub session_idle_minutes: Option<Option<u32>>,
    /// For how many seconds the application may remember what an introspection said.
    pub cache_seconds: Option<u32>,
    /// The origins of the application to which a portal link can lead back.
    pub return_origins: Option<Vec<String>>,
    /// The networks from which tokens are accepted, as CIDR blocks or addresses; empty for all addresses.
    pub allowed_addresses: Option<Vec<String>>,
    /// What each connection may take away within an hour, unless it has a limit of its own.
    pub brake: Option<BrakeLimit>,
    /// The addresses that get mail when something is wrong.
    pub contacts: Option<Vec<String>>,
}

impl SettingsChange {
    /// Returns the settings after the change.
    ///
    /// # Errors
    /// `invalidValue` for a setting that is not allowed.
    pub fn applied_to(&self, before: Settings, bounds: SessionBounds) -> Result<Settings, Error> {
        let after = Settings {
            allowed_addresses: match &self.allowed_addresses {
                Some(texts) => AddressList::parse(texts)
                    .map_err(|fault| scim::Error::InvalidValue(address_fault(&fault)))?
                    .to_texts(),
                None => before.allowed_addresses,
            },
            sso_default_role: self
                .sso_default_role
                .clone()
                .unwrap_or(before.sso_default_role),
            manual_roles: self.manual_roles.unwrap_or(before.manual_roles),
            role_sync: self.role_sync.unwrap_or(before.role_sync),
            route_by: self.route_by.unwrap_or(before.route_by),
            invitations: self.invitations.unwrap_or(before.invitations),
            invitation_domains: match &self.invitation_domains {
                Some(domains) => domains.iter().map(|it| it.to_ascii_lowercase()).collect(),
                None => before.invitation_domains,
            },
            unknown_members: self.unknown_members.unwrap_or(before.unknown_members),
            rate_limit: self.rate_limit.unwrap_or(before.rate_limit),
            retention_days: self.retention_days.unwrap_or(before.retention_days),
            sign_up: self.sign_up.unwrap_or(before.sign_up),
            match_email: self.match_email.unwrap_or(before.match_email),
            deleted_people: self.deleted_people.unwrap_or(before.deleted_people),
            claim_match: self.claim_match.unwrap_or(before.claim_match),
            logged_values: self.logged_values.unwrap_or(before.logged_values),
            read_log_sampling: self.read_log_sampling.unwrap_or(before.read_log_sampling),
            session_minutes: self.session_minutes.unwrap_or(before.session_minutes),
            session_idle_minutes: self
                .session_idle_minutes
                .unwrap_or(before.session_idle_minutes),
            cache_seconds: self.cache_seconds.unwrap_or(before.cache_seconds),
            return_origins: self.return_origins.clone().unwrap_or(before.return_origins),
            brake: self.brake.unwrap_or(before.brake),
            contacts: self.contacts.clone().unwrap_or(before.contacts),
            roles: before.roles,
        };
        let role_fault = self
            .sso_default_role
            .as_ref()
            .and_then(|role| default_role_fault(role.as_ref()?, &after.roles));
        // The operator may have lowered the bounds since the tenant was set up.
        let is_checked = self.session_minutes.is_some() || self.session_idle_minutes.is_some();
        let session_fault = || bounds.fault(&after).filter(|_| is_checked);
        match role_fault.or_else(session_fault).or_else(|| fault(&after)) {
            Some(detail) => Err(scim::Error::InvalidValue(detail).into()),
            None => Ok(after),
        }
    }
}

fn fault(settings: &Settings) -> Option<String> {
    if let Some(detail) = limit_fault("rate_limit", settings.rate_limit, MAX_PER_MINUTE) {
        return Some(detail);
    }
    if let Some(detail) = domain_fault(&settings.invitation_domains) {
        return Some(detail);
    }
    if let Some(detail) = origin_fault(&settings.return_origins) {
        return Some(detail);
    }
    if let Some(detail) = contact_fault(&settings.contacts) {
        return Some(detail);
    }
    if !settings.brake.is_valid() {
        let detail = "`brake` must have a `percent` of 0 to 100, and `at_least` 1 to 100,000";
        return Some(detail.to_owned());
    }
    if !(1..=MAX_SAMPLING).contains(&settings.read_log_sampling) {
        return Some(format!("`read_log_sampling` must be 1 to {MAX_SAMPLING}"));
    }
    if settings.cache_seconds > MAX_CACHE_SECONDS {
        return Some(format!("`cache_seconds` must be 0 to {MAX_CACHE_SECONDS}"));
    }
    let days = 1..=MAX_RETENTION_DAYS;
    (!days.contains(&settings.retention_days))
        .then(|| format!("`retention_days` must be 1 to {MAX_RETENTION_DAYS}"))
}

fn domain_fault(domains: &[String]) -> Option<String> {
    if domains.len() > MAX_DOMAINS {
        return Some(format!("`invitation_domains` can be at most {MAX_DOMAINS}"));
    }
    let is_domain = |domain: &String| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        domain.len() <= MAX_DOMAIN_CHARS && domain.contains('.') && domain.chars().all(is_plain)
    };
    domains.iter().find(|domain| !is_domain(domain)).map(|it| {
        let it = shown(it);
        format!("`invitation_domains`: `{it}` is not a domain, such as `example.com`")
    })
}

fn address_fault(fault: &str) -> String {
    match fault.starts_with('`') {
        true => format!("`allowed_addresses`: {fault}"),
        false => format!("`allowed_addresses` {fault}"),
    }
}

fn origin_fault(origins: &[String]) -> Option<String> {
    if origins.len() > MAX_ORIGINS {
        return Some(format!("`return_origins` can be at most {MAX_ORIGINS}"));
    }
    let wrong = origins.iter().find(|origin| !is_return_origin(origin))?;
    let wrong = shown(wrong);
    Some(format!(
        "`return_origins`: `{wrong}` is not the origin of an application, such as `https://app.example.com`"
    ))
}

fn contact_fault(contacts: &[String]) -> Option<String> {
    if contacts.len() > MAX_CONTACTS {
        return Some(format!("`contacts` can be at most {MAX_CONTACTS}"));
    }
    let mut contacts = contacts.iter();
    let wrong = contacts.find(|address| mail_domain(address).is_none())?;
    let wrong = shown(wrong);
    Some(format!(
        "`contacts`: `{wrong}` is not an address that mail can be sent to, such as `it@example.com`"
    ))
}

/// Returns why a role cannot be the tenant's default role.
fn default_role_fault(role: &RoleId, roles: &Catalogue) -> Option<String> {
    match roles.named(role) {
        Err(unknown) => Some(format!("`sso_default_role`: {unknown}")),
        Ok(role) if role.is_owner() => {
            Some("`owner` cannot be the `sso_default_role`, it is given by hand alone".to_owned())
        }
        Ok(role) if !role.is_given(Way::Default) => Some(format!(
            "`{role}` cannot be the `sso_default_role`, choose another role"
        )),
        Ok(_) => None,
    }
}

fn limit_fault(name: &str, limit: Option<RateLimit>, max_per_minute: u32) -> Option<String> {
    let limit = limit?;
    if !(1..=max_per_minute).contains(&limit.per_minute) {
        return Some(format!("`{name}.per_minute` must be 1 to {max_per_minute}"));
    }
    (limit.burst > MAX_BURST).then(|| format!("`{name}.burst` must be 0 to {MAX_BURST}"))
}

/// Checks the operator's limit for all tokens of a tenant together.
///
/// # Errors
/// `invalidValue` for a limit that is not allowed.
pub(super) fn check_ceiling(ceiling: Option<RateLimit>) -> Result<(), Error> {
    match limit_fault("request_ceiling", ceiling, MAX_CEILING_PER_MINUTE) {
        Some(detail) => Err(scim::Error::InvalidValue(detail).into()),
        None => Ok(()),
    }
}

impl TenantSettings<'_> {
    /// Reads the settings.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn read(self) -> Result<Settings, Error> {
        self.scope.settings().await
    }

    /// Reads the settings and their revision, for [`Self::change_at`].
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn read_with_revision(self) -> Result<(Settings, u64), Error> {
        let settings = self.scope.settings().await?;
        let revision = revision_of(&settings)?;
        Ok((settings, revision))
    }

    /// Changes the settings. Returns the new settings.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `invalidValue` for a setting that is not allowed.
    pub async fn change(self, change: &SettingsChange) -> Result<Settings, Error> {
        retry_stale(|_| async move {
            let before = self.scope.living_tenant().await?;
            let mut after = before.clone();
            after.settings = change.applied_to(after.settings, self.scope.session_bounds)?;
            check_retention(&before, &after.settings)?;
            let written = write_tenant(self.scope, &before, &after).await?;
            Ok(written.then_some(after.settings))
        })
        .await
    }

    /// Changes the settings if they are still at this revision. Otherwise changes nothing and returns `None`. What
    /// else changes in the tenant, such as its connections, does not count.
    ///
    /// # Errors
    /// As for [`Self::change`].
    pub async fn change_at(
        self,
        revision: u64,
        change: &SettingsChange,
    ) -> Result<Option<Settings>, Error> {
        retry_stale(|_| async move {
            let before = self.scope.living_tenant().await?;
            if revision_of(&before.settings)? != revision {
                return Ok(Some(None));
            }
            let mut after = before.clone();
            after.settings = change.applied_to(after.settings, self.scope.session_bounds)?;
            check_retention(&before, &after.settings)?;
            let written = write_tenant(self.scope, &before, &after).await?;
            Ok(written.then_some(Some(after.settings)))
        })
        .await
    }
}

/// Returns the revision of settings. It is computed from them and not stored, so that it holds whichever version wrote
/// them.
fn revision_of(settings: &Settings) -> Result<u64, Error> {
    let stored = serde_json::to_string(settings).map_err(Error::corrupt)?;
    let hash = sha256_hex(&stored);
    let digits: String = hash.chars().take(16).collect();
    u64::from_str_radix(&digits, 16).map_err(Error::corrupt)
}

#[cfg(test)]
mod tests {
    use rollcall_model::Role;

    use super::*;

    fn changed(change: &SettingsChange) -> Result<Settings, String> {
        let settings = change.applied_to(Settings::default(), SessionBounds::default());
        settings.map_err(|error| error.to_string())
    }

    #[test]
    fn other_settings_have_another_revision() {
        let before = Settings::default();
        let after = Settings {
            retention_days: 7,
            ..before.clone()
        };
        let revision = |settings: &Settings| revision_of(settings).unwrap();
        assert_eq!(revision(&before), revision(&before.clone()));
        assert_ne!(revision(&before), revision(&after));
    }

    #[test]
    fn what_is_left_out_stays_and_none_is_a_value() {
        let nothing = SettingsChange::default();
        assert_eq!(changed(&nothing), Ok(Settings::default()));
        let cleared = SettingsChange {
            sso_default_role: Some(None),
            rate_limit: Some(None),
            ..SettingsChange::default()
        };
        let cleared = changed(&cleared).unwrap();
        assert_eq!((cleared.sso_default_role, cleared.rate_limit), (None, None));
        let set = SettingsChange {
            role_sync: Some(RoleSync::AtLogin),
            retention_days: Some(7),
            ..SettingsChange::default()
        };
        let set = changed(&set).unwrap();
        assert_eq!((set.role_sync, set.retention_days), (RoleSync::AtLogin, 7));
    }

    #[test]
    fn what_no_tenant_may_have_is_refused() {
        let limit = |per_minute, burst| {
            let rate_limit = Some(Some(RateLimit { per_minute, burst }));
            SettingsChange {
                rate_limit,
                ..SettingsChange::default()
            }
        };
        let domains = |domains: &[&str]| SettingsChange {
            invitation_domains: Some(domains.iter().map(|it| (*it).to_owned()).collect()),
            ..SettingsChange::default()
        };
        let contacts = |contacts: &[&str]| SettingsChange {
            contacts: Some(contacts.iter().map(|it| (*it).to_owned()).collect()),
            ..SettingsChange::default()
        };
        let days = |days| SettingsChange {
            retention_days: Some(days),
            ..SettingsChange::default()
        };
        let minutes = |minutes| SettingsChange {
            session_minutes: Some(Some(minutes)),
            ..SettingsChange::default()
        };
        let owner = SettingsChange {
            sso_default_role: Some(Some(Role::Owner.into())),
            ..SettingsChange::default()
        };
        let remembered = SettingsChange {
            cache_seconds: Some(301),
            ..SettingsChange::default()
        };
        let sampled = |of| SettingsChange {
            read_log_sampling: Some(of),
            ..SettingsChange::default()
        };
        let networks = |network: &str| SettingsChange {
            allowed_addresses: Some(vec![network.to_owned()]),
            ..SettingsChange::default()
        };
        for (change, word) in [
            (
                networks("10.1.2.3/8"),
                "`allowed_addresses`: `10.1.2.3/8` is not the beginning",
            ),
            (
                networks("office"),
                "`allowed_addresses`: `office` is not a network",
            ),
            (owner, "by hand"),
            (remembered, "cache_seconds"),
            (sampled(0), "`read_log_sampling` must be 1 to 100"),
            (sampled(101), "`read_log_sampling` must be 1 to 100"),
            (minutes(4), "session_minutes"),
            (days(0), "retention_days"),
            (days(4_000), "retention_days"),
            (domains(&["example"]), "invitation_domains"),
            (domains(&["a@example.com"]), "invitation_domains"),
            (domains(&["x.test"; 101]), "invitation_domains"),
            (contacts(&["it@example.com, x@example.com"]), "contacts"),
            (contacts(&["it"]), "contacts"),
            (contacts(&["it@example.com"; 11]), "contacts"),
            (limit(0, 1), "per_minute"),
            (limit(60, 1_000_000), "burst"),
        ] {
            let error = changed(&change).expect_err(word);
            assert!(error.contains(word), "{error}");
        }
    }
}
