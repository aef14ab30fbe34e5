//! The snapshot of a directory, from which a reader of the event feed begins.
//!
//! Like an export, it is read page by page and not in one response, so that it works for any number of people behind API
//! Gateway (10 MB, 29 seconds), and can be taken up again.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};
use rollcall_directory::Permission;
use rollcall_edge_http::Problem;
use rollcall_insight::{Insight, SnapshotPage};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::application::ApplicationAt;
use crate::fields::{Params, limit};
use crate::gate;
use crate::groups::GroupDetails;
use crate::people::{Person, with_parts};
use crate::person_parts::Parts;
use crate::roles::{CatalogueRole, listed};

/// The media types by which a reader asks for JSON lines; the first is that of the response.
const JSON_LINES: [&str; 3] = [
    "application/x-ndjson",
    "application/jsonl",
    "application/x-jsonlines",
];

/// The query of a snapshot.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SnapshotQuery {
    /// `next` of the page before, for an hour. Begin without it.
    after: Option<String>,
    /// Groups and people of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// A page of a snapshot. A page can have fewer items than `limit`, even none, although there is a next page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Snapshot {
    /// First the roles of the tenant, then all groups, then the people with their groups; groups and people have all
    /// attributes.
    items: Vec<SnapshotItem>,
    /// The groups and people of this page that Rollcall cannot read. They are not in `items`, and they are not gone: keep
    /// what you know of them. Absent if there are none, as there should be; the service's log says more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Unreadable>,
    /// The value of `after` for the next page, for an hour. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// The cursor of the event feed that the snapshot corresponds to, the same on each page: after the last page, read the
    /// feed from `after` = this. Its events can tell again what the snapshot already has.
    events_after: String,
}

/// A group or a person that cannot be read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Unreadable {
    /// What it is.
    r#type: UnreadableType,
    /// The id.
    id: String,
}

/// What cannot be read.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum UnreadableType {
    Group,
    User,
}

/// One thing in the directory.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum SnapshotItem {
    /// A role of the tenant.
    Role(SnapshotRole),
    /// A group and the roles that it gives. The people name their groups.
    Group(SnapshotGroup),
    /// A person.
    User(Box<SnapshotUser>),
}

/// Declares an item of a snapshot: the thing itself, and its `type`. Each has a schema of its own, because generated clients
/// cannot name a part of another one.
macro_rules! item {
    ($(#[$doc:meta])* $name:ident of $thing:ty as $tag:ident $kind:ident) => {
        $(#[$doc])*
        #[derive(Debug, Serialize, ToSchema)]
        pub(crate) struct $name {
            /// What it is.
            r#type: $tag,
            #[serde(flatten)]
            thing: $thing,
        }

        impl From<$thing> for $name {
            fn from(thing: $thing) -> Self {
                let r#type = $tag::$kind;
                Self { r#type, thing }
            }
        }

        /// What an item of a snapshot is.
        #[derive(Clone, Copy, Debug, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        enum $tag {
            $kind,
        }
    };
}

item! {
    /// A role of the tenant, in a snapshot.
    SnapshotRole of CatalogueRole as SnapshotRoleType Role
}

item! {
    /// A group and the roles that it gives, in a snapshot.
    SnapshotGroup of GroupDetails as SnapshotGroupType Group
}

item! {
    /// A person, in a snapshot.
    SnapshotUser of Person as SnapshotUserType User
}

/// The last line of a page.
#[derive(Debug, Serialize)]
struct LastLine<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unreadable: &'a [Unreadable],
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
    events_after: &'a str,
}

/// Reads the whole directory, page by page, with the cursor of the event feed that it corresponds to: whoever reads all
/// pages, and then the feed from `events_after`, misses nothing. Begin here, and begin here again after a 410 of the feed.
///
/// With `Accept: application/x-ndjson`, the response has one item on each line, and as the last line
/// `{"type": "page", "next": …, "events_after": …}`, with `unreadable` where there are such. Without that line, it was cut off.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/directory", operation_id = "read_directory", tag = "events",
    params(("tenant" = String, Path, description = "The tenant's id"), SnapshotQuery),
    responses((status = 200, description = "A page: a JSON object, or JSON lines for who accepts these",
            content((Snapshot = "application/json"), (String = "application/x-ndjson"))),
        (status = 410, description = "`expired_cursor`: the page before was read more than an hour ago. Begin again.")),
    security(("service_key" = ["events:read", "directory:read"])))]
pub(crate) async fn read(
    at: ApplicationAt<gate::Events>,
    headers: HeaderMap,
    Params(asked): Params<SnapshotQuery>,
) -> Result<Response, Problem> {
    at.check(&[Permission::DirectoryRead])?;
    let limit = limit(asked.limit)?;
    let insight = Insight::of(&at.tenant);
    let page = insight
        .directory_snapshot(asked.after.as_deref(), limit)
        .await?;
    let snapshot = shown(&at, page).await?;
    match wants_lines(&headers) {
        true => lines(&snapshot),
        false => Ok(Json(snapshot).into_response()),
    }
}

async fn shown(at: &ApplicationAt<gate::Events>, page: SnapshotPage) -> Result<Snapshot, Problem> {
    let (roles, _) = at.tenant.settings().roles().await?;
    let catalogue = page.roles.iter().flat_map(listed);
    let groups = page.groups.into_iter();
    let groups = groups.map(|group| GroupDetails::of(group, &roles, Parts::ALL));
    let people = with_parts(&at.tenant, page.people, Parts::ALL).await?;
    let people = people.into_iter();
    let people = people.map(|person| SnapshotItem::User(Box::new(person.into())));
    let items = catalogue.map(|role| SnapshotItem::Role(role.into()));
    let items = items.chain(groups.map(|group| SnapshotItem::Group(group.into())));
    let unreadable = page.unreadable.into_iter().map(|(kind, id)| {
        let r#type = match kind.has_members() {
            true => UnreadableType::Group,
            false => UnreadableType::User,
        };
        Unreadable { r#type, id }
    });
    Ok(Snapshot {
        items: items.chain(people).collect(),
        unreadable: unreadable.collect(),
        next: page.next,
        events_after: page.events_after.to_string(),
    })
}

fn wants_lines(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).into_iter();
    let mut accepted = accepted.filter_map(|value| value.to_str().ok());
    accepted.any(|value| JSON_LINES.iter().any(|lines| value.contains(lines)))
}

fn lines(snapshot: &Snapshot) -> Result<Response, Problem> {
    let unwritable =
        |error: serde_json::Error| Problem::from(rollcall_directory::Error::corrupt(error));
    let mut text = String::new();
    for item in &snapshot.items {
        text.push_str(&serde_json::to_string(item).map_err(unwritable)?);
        text.push('\n');
    }
    let last = LastLine {
        r#type: "page",
        unreadable: &snapshot.unreadable,
        next: snapshot.next.as_deref(),
        events_after: &snapshot.events_after,
    };
    text.push_str(&serde_json::to_string(&last).map_err(unwritable)?);
    text.push('\n');
    let mut response = text.into_response();
    let lines = HeaderValue::from_static(JSON_LINES[0]);
    response.headers_mut().insert(header::CONTENT_TYPE, lines);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_sent_to_who_asks_for_them() {
        for (accept, expected) in [
            ("application/x-ndjson", true),
            ("application/jsonl, */*;q=0.1", true),
            ("application/json", false),
            ("*/*", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(wants_lines(&headers), expected, "{accept}");
        }
        assert!(!wants_lines(&HeaderMap::new()));
    }
}
