//! The tenant's settings.

use axum::Json;
use rollcall_directory as directory;
use rollcall_edge_http::Problem;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::caller::Access;
use crate::fields::Fields;
use crate::gate::Settings as SettingsGate;
use crate::limits::{BrakeLimit, RateLimit};
use crate::role::Role;
use crate::settings_of_admins::{check_rate, check_retention};

/// The settings of a tenant.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Settings {
    /// The role of people for whom no group decides the role at their first sign-in.
    sso_default_role: Option<Role>,
    /// Whether a role given by hand is kept when groups decide the role at a sign-in.
    manual_roles: ManualRoles,
    /// When changed memberships and mappings change roles.
    role_sync: RoleSync,
    /// What decides the mapped role at a sign-in.
    route_by: RouteBy,
    /// Whether people who are pushed get an invitation mail.
    invitations: bool,
    /// The domains to which invitations go. Empty for all.
    invitation_domains: Vec<String>,
    /// What happens to ids in a group write that name nobody.
    unknown_members: UnknownMembers,
    /// The rate limit of each token. Null for no limit, which only the application can set.
    rate_limit: Option<RateLimit>,
    /// How long the journal and the request log are kept.
    retention_days: u32,
    /// Who may sign in without having been pushed.
    sign_up: SignUp,
    /// Whether a sign-in finds a person who was pushed and has not signed in otherwise by the e-mail address.
    match_email: bool,
    /// What a push of somebody who was deleted does.
    deleted_people: DeletedPeople,
    /// What a value of the `groups` claim must be to name a group.
    claim_match: ClaimMatch,
    /// Of which values in requests the log keeps more than the size.
    logged_values: LoggedValues,
    /// Of how many successful reads of identity providers the request log has one; 1 for all of them.
    read_log_sampling: u32,
    /// How many minutes a session lasts at most. Null for twelve hours.
    session_minutes: Option<u32>,
    /// After how many minutes without a check a session ends. Null for never.
    session_idle_minutes: Option<u32>,
    /// For how many seconds the application may remember what an introspection said; 0 for not at all.
    cache_seconds: u32,
    /// The origins of the application to which a portal link can lead back, such as `https://app.example.com`.
    return_origins: Vec<String>,
    /// The networks from which tokens are accepted, as CIDR blocks. Empty for all addresses.
    allowed_addresses: Vec<String>,
    /// What each connection may take away within an hour, unless it has a limit of its own.
    brake: BrakeLimit,
    /// The addresses that get mail when something is wrong with the tenant.
    contacts: Vec<String>,
}

impl From<directory::Settings> for Settings {
    fn from(settings: directory::Settings) -> Self {
        Self {
            sso_default_role: settings.default_role().map(Role::from),
            manual_roles: settings.manual_roles.into(),
            role_sync: settings.role_sync.into(),
            route_by: settings.route_by.into(),
            invitations: settings.invitations,
            invitation_domains: settings.invitation_domains,
            unknown_members: settings.unknown_members.into(),
            rate_limit: settings.rate_limit.map(RateLimit::from),
            retention_days: settings.retention_days,
            sign_up: settings.sign_up.into(),
            match_email: settings.match_email,
            deleted_people: settings.deleted_people.into(),
            claim_match: settings.claim_match.into(),
            logged_values: settings.logged_values.into(),
            read_log_sampling: settings.read_log_sampling,
            session_minutes: settings.session_minutes,
            session_idle_minutes: settings.session_idle_minutes,
            cache_seconds: settings.cache_seconds,
            return_origins: settings.return_origins,
            allowed_addresses: settings.allowed_addresses,
            brake: settings.brake.into(),
            contacts: settings.contacts,
        }
    }
}

/// Settings. What is left out stays as it is in a change, and takes its default in a replacement. `null` means the same,
/// except for the settings that can be empty and say what it means: `sso_default_role`, `rate_limit`, `session_minutes` and
/// `session_idle_minutes`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsChange {
    /// The role of people for whom no group decides the role at their first sign-in; null for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Role>)]
    sso_default_role: Option<Option<Role>>,
    /// Whether a role given by hand is kept when groups decide the role at a sign-in.
    manual_roles: Option<ManualRoles>,
    /// When changed memberships and mappings change roles.
    role_sync: Option<RoleSync>,
    /// What decides the mapped role at a sign-in.
    route_by: Option<RouteBy>,
    /// Whether people who are pushed get an invitation mail.
    invitations: Option<bool>,
    /// The domains to which invitations go, such as `example.com`, without those below them; empty for all. At most 100. They
    /// are kept in lower case, and a replacement must have them so.
    invitation_domains: Option<Vec<String>>,
    /// What happens to ids in a group write that name nobody.
    unknown_members: Option<UnknownMembers>,
    /// How many requests one token may make; null for any number. Only the application sets null, less than 60 or more than
    /// 6,000 per minute, and a burst of more than 6,000. An admin's change to that is 403, unless it says what is set
    /// already. Whatever it is, the tenant's `request_ceiling` and `ceilings.read_units_per_minute` hold as well.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<RateLimit>)]
    rate_limit: Option<Option<RateLimit>>,
    /// For how many days, 1 to 3,650, the journal and the request log are kept. Only owners and the application shorten it.
    #[serde(default, deserialize_with = "whole")]
    retention_days: Option<u32>,
    /// Who may sign in without having been pushed. Only owners and the application change it.
    sign_up: Option<SignUp>,
    /// Whether a sign-in finds a person by the e-mail address. Only owners and the application change it.
    match_email: Option<bool>,
    /// What a push of somebody who was deleted does. Only owners and the application change it.
    deleted_people: Option<DeletedPeople>,
    /// What a value of the `groups` claim must be to name a group.
    claim_match: Option<ClaimMatch>,
    /// Of which values in requests the log keeps more than the size.
    logged_values: Option<LoggedValues>,
    /// Of how many successful reads of identity providers, 1 to 100, the request log has one. What fails, what changes
    /// something, and what is done only in part is always logged.
    #[serde(default, deserialize_with = "whole")]
    read_log_sampling: Option<u32>,
    /// How many minutes a session lasts at most, 5 to 43,200; null for twelve hours. A shorter time
    /// counts at once, a longer one from the next sign-in. The operator of the stack can bound it further.
    #[serde(default, deserialize_with = "given_whole")]
    #[schema(value_type = Option<u32>)]
    session_minutes: Option<Option<u32>>,
    /// After how many minutes without a check a session ends, 5 to 43,200; null for never. The
    /// operator of the stack can bound it further.
    #[serde(default, deserialize_with = "given_whole")]
    #[schema(value_type = Option<u32>)]
    session_idle_minutes: Option<Option<u32>>,
    /// For how many seconds, 0 to 300, the application may remember what an introspection said. Somebody who is deactivated
    /// can go on for so long, unless the application follows the events. Only the application changes it.
    #[serde(default, deserialize_with = "whole")]
    cache_seconds: Option<u32>,
    /// The origins of the application to which a portal link can lead back, such as `https://app.example.com`. At most 20.
    /// Only the application changes them.
    return_origins: Option<Vec<String>>,
    /// The networks from which tokens are accepted, of IPv4 and IPv6, as CIDR blocks such as `203.0.113.0/24`, or as
    /// addresses; empty for all addresses. At most 50. A token can have a list of its own, and is then accepted only from
    /// what both lists allow. An address is kept as `203.0.113.7/32`, and a replacement must have it so. No list bounds sessions and service keys, so nobody can lock themselves out of the settings.
    allowed_addresses: Option<Vec<String>>,
    /// What each connection may take away within an hour, unless it has a limit of its own. Only owners and the application
    /// change it.
    brake: Option<BrakeLimit>,
    /// The addresses that get mail when something is wrong: provisioning has stopped or soon stops. At most 10.
    contacts: Option<Vec<String>>,
}

impl SettingsChange {
    /// Returns whether it changes how people are told apart, or how many may be taken away.
    fn is_for_owners(&self) -> bool {
        self.sign_up.is_some()
            || self.match_email.is_some()
            || self.deleted_people.is_some()
            || self.brake.is_some()
    }
}

/// Deserializes a key so that `null` differs from an absent key.
pub(crate) fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Deserializes a whole number whose bounds are checked later, so that the refusal names these.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let number = Option::<i64>::deserialize(deserializer)?;
    // No setting allows the largest number.
    Ok(number.map(|number| u32::try_from(number).unwrap_or(u32::MAX)))
}

/// Deserializes a whole number as [`whole`] does, so that `null` differs from an absent key.
fn given_whole<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<u32>>, D::Error> {
    whole(deserializer).map(Some)
}

impl From<SettingsChange> for directory::SettingsChange {
    fn from(change: SettingsChange) -> Self {
        Self {
            sso_default_role: change.sso_default_role.map(|role| role.map(Into::into)),
            manual_roles: change.manual_roles.map(Into::into),
            role_sync: change.role_sync.map(Into::into),
            route_by: change.route_by.map(Into::into),
            invitations: change.invitations,
            invitation_domains: change.invitation_domains,
            unknown_members: change.unknown_members.map(Into::into),
            rate_limit: change.rate_limit.map(|limit| limit.map(Into::into)),
            retention_days: change.retention_days,
            sign_up: change.sign_up.map(Into::into),
            match_email: change.match_email,
            deleted_people: change.deleted_people.map(Into::into),
            claim_match: change.claim_match.map(Into::into),
            logged_values: change.logged_values.map(Into::into),
            read_log_sampling: change.read_log_sampling,
            session_minutes: change.session_minutes,
            session_idle_minutes: change.session_idle_minutes,
            cache_seconds: change.cache_seconds,
            return_origins: change.return_origins,
            allowed_addresses: change.allowed_addresses,
            brake: change.brake.map(Into::into),
            contacts: change.contacts,
        }
    }
}

/// Declares an enum of the settings, with conversions from and to the directory's enum of the same name.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name {
            $($(#[$of])* $variant,)*
        }

        impl From<directory::$name> for $name {
            fn from(choice: directory::$name) -> Self {
                match choice {
                    $(directory::$name::$variant => Self::$variant,)*
                }
            }
        }

        impl From<$name> for directory::$name {
            fn from(choice: $name) -> Self {
                match choice {
                    $($name::$variant => Self::$variant,)*
                }
            }
        }
    };
}

choice! {
    /// Whether a role given by hand is kept when groups decide the role at a sign-in.
    ManualRoles {
        /// It stays, and the highest of all grants counts.
        Preserved,
        /// The groups of the next sign-in replace it, unless it is `owner`.
        OverwrittenAtLogin,
    }
}

choice! {
    /// Who may sign in without having been pushed.
    SignUp {
        /// Everybody whom the application signs in.
        Allowed,
        /// Nobody: an identity provider must push people first.
        PushedOnly,
    }
}

choice! {
    /// What a push of somebody who was deleted does.
    DeletedPeople {
        /// It creates a new person, because identity providers give names again.
        New,
        /// It restores the person with the same id and groups. A role that was given by hand comes back when the person
        /// signs in with the subject of before, or when an admin gives it back.
        Restore,
    }
}

choice! {
    /// What a value of the `groups` claim must be to name a group.
    ClaimMatch {
        /// The group's id, its `externalId`, or its `displayName` without regard to case.
        Any,
        /// The group's `externalId` alone: in some identity providers, everybody can make a group with any name.
        ExternalId,
    }
}

choice! {
    /// Of which values in requests the log keeps more than the size.
    LoggedValues {
        /// Of those that a schema declares.
        Declared,
        /// Of all values except secrets.
        All,
    }
}

choice! {
    /// When changed memberships and mappings change roles.
    RoleSync {
        /// At once.
        Immediate,
        /// At the person's next sign-in.
        AtLogin,
    }
}

choice! {
    /// What decides the mapped role at a sign-in.
    RouteBy {
        /// The `groups` claim of the assertion alone.
        Claim,
        /// The memberships that were pushed alone.
        Membership,
        /// The claim where it names a mapped group, else the memberships.
        ClaimThenMembership,
    }
}

choice! {
    /// What happens to ids in a group write that name nobody.
    UnknownMembers {
        /// They are left out, so that one stale id never blocks a whole group's sync.
        Skip,
        /// The request is refused with the id named, and nothing is applied.
        Reject,
    }
}

/// Reads the settings.
#[utoipa::path(get, path = "/api/v1/settings", operation_id = "read_settings", tag = "settings",
    responses((status = 200, body = Settings)), security(("session" = ["settings:write"])))]
pub(crate) async fn read(access: Access<SettingsGate>) -> Result<Json<Settings>, Problem> {
    Ok(Json(access.tenant.settings().read().await?.into()))
}

/// Changes settings; what is left out stays as it is.
#[utoipa::path(patch, path = "/api/v1/settings", operation_id = "change_settings", tag = "settings", request_body = SettingsChange,
    responses((status = 200, body = Settings)), security(("session" = ["settings:write"])))]
pub(crate) async fn change(
    access: Access<SettingsGate>,
    Fields(change): Fields<SettingsChange>,
) -> Result<Json<Settings>, Problem> {
    if change.is_for_owners() && !access.rank().is_owner() {
        return Err(Problem::forbidden(
            "only an `owner` or the application can change `sign_up`, `match_email`, `deleted_people` and `brake`",
        ));
    }
    if change.cache_seconds.is_some() && !access.is_application() {
        return Err(Problem::forbidden(
            "only the application can change `cache_seconds`: it is the one who remembers",
        ));
    }
    if change.return_origins.is_some() && !access.is_application() {
        return Err(Problem::forbidden(
            "only the application can change `return_origins`: they are its own",
        ));
    }
    if let Some(days) = change.retention_days {
        check_retention(days, &access.tenant.settings().read().await?, access.rank())?;
    }
    if let Some(limit) = change.rate_limit
        && !access.is_application()
    {
        let limit = limit.map(Into::into);
        check_rate(limit, &access.tenant.settings().read().await?)?;
    }
    let change: directory::SettingsChange = change.into();
    let default = change.sso_default_role.iter().flatten();
    for role in default {
        access.check_below(access.roles.role(role))?;
    }
    let changed = access.tenant.settings().change(&change).await?;
    Ok(Json(changed.into()))
}

#[cfg(test)]
mod tests {
    use rollcall_directory::SessionBounds;
    use rollcall_edge_http::from_json;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_change_names_what_it_changes() {
        let read =
            |body: Value| from_json::<SettingsChange>(body).map(directory::SettingsChange::from);
        let changed = read(json!({
            "sso_default_role": null, "manual_roles": "overwritten_at_login", "role_sync": "at_login",
            "route_by": "claim", "invitations": true, "invitation_domains": ["Example.com"], "unknown_members": "reject",
            "rate_limit": {"per_minute": 60, "burst": 5}, "retention_days": 30,
            "sign_up": "pushed_only", "match_email": true, "deleted_people": "restore",
            "claim_match": "external_id", "logged_values": "all", "read_log_sampling": 10, "session_minutes": 60, "session_idle_minutes": null,
            "cache_seconds": 60, "return_origins": ["https://app.test"],
            "allowed_addresses": ["203.0.113.7"], "brake": {"percent": 5, "at_least": 3}, "contacts": ["it@x.test"],
        }));
        let settings = changed
            .expect("a change")
            .applied_to(directory::Settings::default(), SessionBounds::default());
        let settings = Settings::from(settings.expect("settings"));
        assert_eq!(
            json!(settings),
            json!({
                "sso_default_role": null, "manual_roles": "overwritten_at_login", "role_sync": "at_login",
                "route_by": "claim", "invitations": true, "invitation_domains": ["example.com"], "unknown_members": "reject",
                "rate_limit": {"per_minute": 60, "burst": 5}, "retention_days": 30,
                "sign_up": "pushed_only", "match_email": true, "deleted_people": "restore",
                "claim_match": "external_id", "logged_values": "all", "read_log_sampling": 10, "session_minutes": 60, "session_idle_minutes": null,
                "cache_seconds": 60, "return_origins": ["https://app.test"],
                "allowed_addresses": ["203.0.113.7/32"], "brake": {"percent": 5, "at_least": 3}, "contacts": ["it@x.test"],
            })
        );
        assert_eq!(
            read(json!({})).ok(),
            Some(directory::SettingsChange::default())
        );
        assert!(read(json!({"role_sync": "never"})).is_err());
        assert!(read(json!({"colour": "red"})).is_err());
        assert!(read(json!({"rate_limit": [60, 5]})).is_err());
    }

    #[test]
    fn settings_read_as_the_directory_has_them() {
        let settings = directory::Settings::default();
        assert_eq!(json!(Settings::from(settings.clone())), json!(settings));
    }
}
