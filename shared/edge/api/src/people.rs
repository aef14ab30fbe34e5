//! People: their states, their roles, and the grants that give the roles.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use rollcall_directory as directory;
use rollcall_directory::{
    Directory, ExplainedGrant, Person as Stored, PersonRole as Decided, Source, Tenant, USERS,
    shown,
};
use rollcall_edge_http::Problem;
use rollcall_insight::{Insight, PeopleOrder, PeopleQuery};
use rollcall_scim::Filter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Access;
use crate::fate::explained;
use crate::fields::{Fields, Id, Params, limit};
use crate::gate::{Configure, Read};
use crate::person_parts::{Attributes, Parts, PersonGroup};
use crate::role::{Role, named, roles};
use crate::settings::given;

/// One person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    /// The user's id, the same as in SCIM.
    id: String,
    /// `userName`.
    user_name: String,
    /// `displayName`.
    display_name: Option<String>,
    /// The primary mail address.
    email: Option<String>,
    /// `externalId`: the identity provider's own id.
    external_id: Option<String>,
    /// `active`; `invited` until the first sign-in; `inactive` once deactivated or blocked.
    state: PersonState,
    /// The effective role; null for none.
    role: Option<Role>,
    /// All roles of the person, highest first.
    roles: Vec<Role>,
    /// When an event last told of a change of their role. The filter `role` goes by what it told, which can be a moment
    /// behind `role`. Null if none did, or an earlier version sent it.
    role_announced_at: Option<Timestamp>,
    /// When the person was created.
    created_at: Timestamp,
    /// The last sign-in.
    last_login_at: Option<Timestamp>,
    /// Since when an admin blocks them; null if nobody does.
    blocked_at: Option<Timestamp>,
    /// What brought them.
    origin: PersonOrigin,
    /// The id of the connection that owns them; null if none does.
    owner: Option<String>,
    /// The application's own id of them; null if no import brought it.
    application_id: Option<String>,
    /// The connections in which a sign-in has bound a subject to them.
    subjects: Vec<PersonSubject>,
    /// Their attributes as they were pushed, by their SCIM names: `name`, `emails`, `title` and so on; those of an
    /// extension, such as `department` and `manager`, below its URN. Only with `include=attributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    attributes: Option<Attributes>,
    /// Their groups. Only with `include=groups`.
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<PersonGroup>>,
}

/// What brought a person.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PersonOrigin {
    /// An identity provider pushed them.
    Pushed,
    /// They signed in.
    SignIn,
    /// The application imported them.
    Import,
}

/// A connection in which a sign-in has bound a subject to a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonSubject {
    /// The id of the connection; null for sign-ins that name none.
    connection_id: Option<String>,
    /// Whether a second sign-in has brought it. Until then, another subject can replace it.
    firm: bool,
}

fn subjects_of(identity: &directory::Identity) -> Vec<PersonSubject> {
    let bindings = identity.bindings.iter();
    let subject = |(connection, binding): (&String, &directory::Binding)| PersonSubject {
        connection_id: Some(connection.clone()).filter(|id| id != directory::NO_CONNECTION),
        firm: binding.firm,
    };
    bindings.map(subject).collect()
}

impl From<Stored> for Person {
    fn from(person: Stored) -> Self {
        Self {
            id: person.id,
            user_name: person.user_name,
            display_name: person.display_name,
            email: person.email,
            external_id: person.external_id,
            state: person.state.into(),
            role: person.role.map(Role::from),
            roles: roles(person.roles),
            role_announced_at: person.role_announced_at,
            created_at: person.created_at,
            last_login_at: person.last_login_at,
            blocked_at: person.identity.blocked_at,
            origin: match person.identity.origin {
                Some(directory::PersonOrigin::SignIn) => PersonOrigin::SignIn,
                Some(directory::PersonOrigin::Import) => PersonOrigin::Import,
                Some(directory::PersonOrigin::Pushed) | None => PersonOrigin::Pushed,
            },
            subjects: subjects_of(&person.identity),
            owner: person.identity.owner,
            application_id: person.identity.application_id,
            attributes: None,
            groups: None,
        }
    }
}

/// Whether a person can use the application.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PersonState {
    /// Has signed in and is not deactivated.
    Active,
    /// Was pushed, and has never signed in.
    Invited,
    /// Was deactivated, or is blocked.
    Inactive,
}

impl From<directory::PersonState> for PersonState {
    fn from(state: directory::PersonState) -> Self {
        match state {
            directory::PersonState::Active => Self::Active,
            directory::PersonState::Invited => Self::Invited,
            directory::PersonState::Inactive => Self::Inactive,
        }
    }
}

impl From<PersonState> for directory::PersonState {
    fn from(state: PersonState) -> Self {
        match state {
            PersonState::Active => Self::Active,
            PersonState::Invited => Self::Invited,
            PersonState::Inactive => Self::Inactive,
        }
    }
}

/// The maximum number of characters of a filter. API Gateway refuses a longer request line before the service sees it.
const MAX_FILTER_CHARS: usize = 4_096;

/// The query of the list of people.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeoplePage {
    /// Only people in these states: `active`, `invited`, `inactive`, separated by commas. All unless given.
    #[param(pattern = r"^(active|invited|inactive|,|\s)*$")]
    state: Option<String>,
    /// Only people for whom the last event about their role reported this one, alone or among others; see
    /// `role_announced_at`.
    role: Option<String>,
    /// Only people in the group with this id.
    group: Option<String>,
    /// Only people whom this SCIM filter matches (RFC 7644 §3.4.2.2). Those whom it finds by the beginning of `userName` come
    /// in order of user names.
    #[param(max_length = 4096)]
    filter: Option<String>,
    /// Only people with a word that begins with this text in a name or e-mail address, or with this text as an id,
    /// without regard to case. The first eight different words of a person count. With `filter`, and until the index of
    /// words is complete, people with this text in any attribute are found.
    text: Option<String>,
    /// The order: by creation unless given. By `user_name` not together with `filter` or `text`.
    #[param(inline)]
    sort: Option<PeopleSort>,
    /// Parts of each person to show beside the others: `attributes`, `groups`, separated by commas.
    #[param(pattern = "^(attributes|groups)(, ?(attributes|groups))*$")]
    include: Option<String>,
    /// `next` of the page before, with the same parameters otherwise except `limit` and `include`, for an hour. Another one
    /// is refused with 400, and one that has expired with 410.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// The order of the list of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PeopleSort {
    /// By creation.
    CreatedAt,
    /// By `userName`, ignoring case.
    UserName,
}

/// The query of one person.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PersonQuery {
    /// Parts of the person to show beside the others: `attributes`, `groups`, separated by commas.
    #[param(pattern = "^(attributes|groups)(, ?(attributes|groups))*$")]
    include: Option<String>,
}

/// One page of the list of people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeopleList {
    /// The people of the page. A page can have fewer than `limit`, even none, although there is a next page.
    items: Vec<Person>,
    /// The value of `after` for the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// How far the index was when the list was begun. Only with `text` or `role`, and if they need it.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<PeopleIndex>,
}

/// How far the index is that finds people by words and roles. The hourly pass adds those of earlier versions, and changes
/// that the index missed. Until it is complete, a list that needs it looks through all people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeopleIndex {
    /// Whether it has everybody, with all changes but those of the last seconds.
    complete: bool,
    /// When the last person was created whom the pass has added; null before the first, and when it has everybody.
    people_until: Option<Timestamp>,
}

impl From<directory::IndexedPeople> for PeopleIndex {
    fn from(index: directory::IndexedPeople) -> Self {
        Self {
            complete: index.complete,
            people_until: index.until,
        }
    }
}

/// Lists people in order of creation or user names; with `text`, the best matches first. All conditions must hold. A page
/// looks at 2,000 people at most, so it can have few of them, or none, although another page follows.
#[utoipa::path(get, path = "/api/v1/users", operation_id = "list_users", tag = "people", params(PeoplePage),
    responses((status = 200, body = PeopleList)), security(("session" = ["directory:read"])))]
pub(crate) async fn list(
    State(directory): State<Directory>,
    access: Access<Read>,
    Params(asked): Params<PeoplePage>,
) -> Result<Json<PeopleList>, Problem> {
    let parts = Parts::parse(asked.include.as_deref())?;
    let filter = asked.filter.as_deref();
    if filter.is_some_and(|filter| filter.chars().count() > MAX_FILTER_CHARS) {
        return Err(Problem::invalid(format!(
            "`filter` has at most {MAX_FILTER_CHARS} characters"
        )));
    }
    // Only a path with a URN can name an attribute that the tenant declares.
    let tenant = match filter.is_some_and(|filter| filter.contains("urn:")) {
        true => directory.with_schemas(access.tenant).await?,
        false => access.tenant,
    };
    let users = tenant.resource_type(&USERS);
    let role = asked.role.map(|role| Role::named(role).of(&access.roles));
    let query = PeopleQuery {
        states: states(asked.state.as_deref())?,
        filter: filter.map(|text| Filter::parse(users, text)).transpose()?,
        text: asked.text.filter(|text| !text.trim().is_empty()),
        role: role.transpose()?.map(directory::RoleId::from),
        group: asked.group,
        after: None,
        limit: limit(asked.limit)?,
    };
    let order = match asked.sort {
        Some(PeopleSort::UserName) if query.filter.is_some() || query.text.is_some() => {
            return Err(Problem::invalid(
                "`sort=user_name` does not go together with `filter` or `text`; leave one of them out",
            ));
        }
        Some(PeopleSort::UserName) => PeopleOrder::UserName,
        Some(PeopleSort::CreatedAt) | None => PeopleOrder::Created,
    };
    let insight = Insight::of(&tenant);
    let after = asked.after.as_deref();
    let page = insight.people_page(&query, order, after).await?;
    let people = with_parts(&tenant, page.people, parts).await?;
    parts.check_size(&people)?;
    Ok(Json(PeopleList {
        items: people,
        next: page.next,
        index: page.index.map(PeopleIndex::from),
    }))
}

/// Reads one person.
#[utoipa::path(get, path = "/api/v1/users/{id}", operation_id = "read_user", tag = "people",
    params(("id" = String, Path, description = "The user's id"), PersonQuery),
    responses((status = 200, body = Person)), security(("session" = ["directory:read"])))]
pub(crate) async fn read(
    access: Access<Read>,
    Id(id): Id,
    Params(asked): Params<PersonQuery>,
) -> Result<Json<Person>, Problem> {
    let parts = Parts::parse(asked.include.as_deref())?;
    let person = match access.tenant.roles().person(&id).await {
        Ok(person) => person,
        Err(error) => return Err(explained(&access.tenant, &id, error).await),
    };
    let mut people = with_parts(&access.tenant, vec![person], parts).await?;
    let person = people.pop();
    person
        .map(Json)
        .ok_or_else(|| Problem::not_found("the user"))
}

/// Returns people as they are shown, with these parts.
///
/// # Errors
/// Only table errors.
pub(crate) async fn with_parts(
    tenant: &Tenant,
    people: Vec<Stored>,
    parts: Parts,
) -> Result<Vec<Person>, Problem> {
    let names = parts.names(tenant, &people).await?;
    let shown = |person: Stored| Person {
        groups: parts.groups(&person, &names),
        attributes: parts.attributes(person.attributes.clone()),
        ..Person::from(person)
    };
    Ok(people.into_iter().map(shown).collect())
}

/// A person's role, and every grant behind it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonRole {
    /// The role that counts: the highest of the mapped and manual grants, or else the default one. Null while the
    /// person is inactive or has no grant.
    effective: Option<Role>,
    /// All roles that count, highest first.
    roles: Vec<Role>,
    grants: Vec<Grant>,
}

/// A role of the person and where it comes from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Grant {
    role: Role,
    source: GrantSource,
    /// The id of the group that gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// Since when.
    since: Timestamp,
    /// The request that brought it about, where that is known: look it up in the audit log or the request log.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// What gave a person a role.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GrantSource {
    /// A group that is mapped to the role.
    Mapped,
    /// The role was given by hand.
    Manual,
    /// The tenant's default for sign-ins that no group decides.
    Default,
}

impl From<ExplainedGrant> for Grant {
    fn from(grant: ExplainedGrant) -> Self {
        let (source, group) = match grant.source {
            Source::Mapped { group } => (GrantSource::Mapped, Some(group)),
            Source::Manual => (GrantSource::Manual, None),
            Source::Default => (GrantSource::Default, None),
        };
        Self {
            role: grant.role.into(),
            source,
            group,
            since: grant.since,
            request_id: grant.request_id,
        }
    }
}

impl From<Decided> for PersonRole {
    fn from(decided: Decided) -> Self {
        Self {
            effective: decided.effective.map(Role::from),
            roles: roles(decided.roles),
            grants: decided.grants.into_iter().map(Grant::from).collect(),
        }
    }
}

/// Reads a person's role and why they have it.
#[utoipa::path(get, path = "/api/v1/users/{id}/role", operation_id = "read_user_role", tag = "roles",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, body = PersonRole)), security(("session" = ["sso:configure"])))]
pub(crate) async fn read_role(
    access: Access<Configure>,
    Id(id): Id,
) -> Result<Json<PersonRole>, Problem> {
    match access.tenant.roles().person_role(&id).await {
        Ok(role) => Ok(Json(role.into())),
        Err(error) => Err(explained(&access.tenant, &id, error).await),
    }
}

/// The roles to give by hand, instead of those that were given so before: `role_id` for one, or `role_ids` for several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRole {
    /// The role; null to take the manual ones away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Role>)]
    role_id: Option<Option<Role>>,
    /// The roles; none to take the manual ones away.
    role_ids: Option<Vec<Role>>,
}

/// Gives a person one or more roles by hand, or takes them away. Nobody gives or takes a role above their own, and the
/// last active owner stays one.
#[utoipa::path(put, path = "/api/v1/users/{id}/role", operation_id = "give_user_role", tag = "roles", request_body = NewRole,
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, body = PersonRole)), security(("session" = ["sso:configure"])))]
pub(crate) async fn give_role(
    access: Access<Configure>,
    Id(id): Id,
    Fields(new): Fields<NewRole>,
) -> Result<Json<PersonRole>, Problem> {
    let roles = named(new.role_id, new.role_ids, &access.roles)?;
    for role in &roles {
        access.check_gives(Some(*role)).await?;
    }
    let rank = access.rank();
    // No read follows the change, so no answer fails after it.
    let outlook = access.tenant.roles().role_outlook(&id).await?;
    let given = access.tenant.roles().give_role(&id, roles, rank).await?;
    Ok(Json(outlook.role(&given).into()))
}

/// Parses the states in a parameter such as `state=active,inactive`.
pub(crate) fn states(given: Option<&str>) -> Result<Vec<directory::PersonState>, Problem> {
    let words = given.unwrap_or_default().split(',').map(str::trim);
    words
        .filter(|word| !word.is_empty())
        .map(|word| {
            let state = serde_json::from_value::<PersonState>(word.into());
            state.map(Into::into).map_err(|_| {
                Problem::invalid(format!(
                    "`state` is a list of `active`, `invited` and `inactive`, not `{}`",
                    shown(word)
                ))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_parsed() {
        let expected = vec![
            directory::PersonState::Active,
            directory::PersonState::Invited,
        ];
        assert_eq!(states(Some("active, invited")).ok(), Some(expected));
        assert!(states(Some("gone")).is_err());
    }
}
