//! Imports of people, groups and roles that the application already has; reports on the differences; and previews of
//! what an identity provider's pushes would do.

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use jiff::Timestamp;
use rollcall_directory::{self as directory, ImportFormat, ImportMode, MAX_ROWS, NewImport, shown};
use rollcall_edge_http::Problem;
use rollcall_scim as scim;
use rollcall_scim::limits::MAX_BODY_BYTES;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Access;
use crate::fields::{Fields, Id, List, Params, limit, segment};
use crate::gate::Import as Gate;
use crate::import_results::{ImportCounts, ImportPart, UnmatchedPerson};
use crate::import_rows::rows;

/// What an import does with the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportMode)]
pub(crate) enum Mode {
    /// Create the people who are not there, and change those who differ and belong to no connection.
    Import,
    /// Compare with the directory, and change nothing.
    Report,
    /// Decide what would happen if the identity provider of a connection pushed the people, and change nothing.
    Adoption,
}

/// The format of the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportFormat)]
pub(crate) enum Format {
    /// Each line is a JSON object.
    JsonLines,
    /// Comma-separated values (RFC 4180). Each part begins with the line of the column names.
    Csv,
}

/// An import to create, as it can be read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DesiredImport {
    /// Its id, which must be the one in the path.
    id: Option<String>,
    /// What it does: `import` unless given.
    mode: Option<Mode>,
    /// The format of its parts: `json_lines` unless given.
    format: Option<Format>,
    /// The id of the connection that would push: with the mode `adoption`, and only there.
    connection: Option<String>,
    /// Ignored, so that an import can be sent as it was read.
    #[serde(rename = "created_at")]
    _created_at: Option<Timestamp>,
    /// Ignored, so that an import can be sent as it was read.
    #[serde(rename = "expires_at")]
    _expires_at: Option<Timestamp>,
    /// Ignored, so that an import can be sent as it was read.
    #[serde(rename = "parts")]
    #[schema(value_type = Option<i64>)]
    _parts: Option<u32>,
    /// Ignored, so that an import can be sent as it was read.
    #[serde(rename = "next_part")]
    #[schema(value_type = Option<i64>)]
    _next_part: Option<u32>,
    /// Ignored, so that an import can be sent as it was read.
    #[serde(rename = "counts")]
    #[schema(value_type = Option<Object>)]
    _counts: Option<Map<String, Value>>,
}

/// An import with its progress.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Import {
    /// Its id.
    id: String,
    /// What it does.
    mode: Mode,
    /// The format of its parts.
    format: Format,
    /// The id of the connection that would push.
    connection: Option<String>,
    /// When it was created.
    created_at: Timestamp,
    /// When it is forgotten, with what became of its parts. The people stay.
    expires_at: Timestamp,
    /// How many parts are done.
    parts: u32,
    /// The lowest number of a part that is not done: go on with it after an interruption.
    next_part: u32,
    /// What became of the rows of all parts.
    counts: ImportCounts,
}

/// The query of the people whom no row has met.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnmatchedQuery {
    /// `next` of the page before, for an hour.
    after: Option<String>,
    /// People that the page looks at: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// The segments `{id}` and `{number}` of the path.
pub(crate) struct PartPath {
    import: String,
    number: u32,
}

impl<S: Send + Sync> FromRequestParts<S> for PartPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let number = segment(parts, "number").await?;
        Ok(Self {
            import: segment(parts, "id").await?,
            number: number
                .parse()
                .map_err(|_| Problem::not_found("the part in the path"))?,
        })
    }
}

/// The body as it was sent.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct Sent(Vec<u8>);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let too_large = scim::Error::PayloadTooLarge {
            limit: MAX_BODY_BYTES,
        };
        let bytes = to_bytes(request.into_body(), MAX_BODY_BYTES).await;
        let bytes = bytes.map_err(|_| Problem::from(too_large))?;
        Ok(Self(bytes.to_vec()))
    }
}

/// Creates an import, a report or a preview of an adoption, to which parts with rows are sent. The same request again
/// changes nothing. It is kept for 90 days.
#[utoipa::path(put, path = "/api/v1/imports/{id}", operation_id = "put_import", tag = "imports",
    request_body = DesiredImport,
    params(("id" = String, Path, description = "The import's id, which the caller chooses", pattern = "^[a-z0-9][a-z0-9_-]{0,63}$")),
    responses((status = 200, body = Import, description = "It was there before"),
        (status = 201, body = Import, description = "It was created")),
    security(("session" = ["provisioning:create", "directory:read", "sso:configure"])))]
pub(crate) async fn put(
    access: Access<Gate>,
    Id(id): Id,
    Fields(desired): Fields<DesiredImport>,
) -> Result<Response, Problem> {
    if desired.id.is_some_and(|given| given != id) {
        return Err(Problem::invalid(format!(
            "`id` must be `{}`, as in the path",
            shown(&id)
        )));
    }
    let mode = desired.mode.unwrap_or(Mode::Import);
    match (mode, &desired.connection) {
        (Mode::Adoption, Some(connection)) => {
            access.tenant.credentials().connection(connection).await?;
        }
        (Mode::Adoption, None) => {
            return Err(Problem::invalid(
                "`connection` is missing: with the mode `adoption`, name the connection that would push",
            ));
        }
        (_, Some(_)) => {
            return Err(Problem::invalid(
                "`connection` is for the mode `adoption` only; leave it out",
            ));
        }
        (_, None) => {}
    }
    let new = NewImport {
        mode: mode.into(),
        format: desired.format.unwrap_or(Format::JsonLines).into(),
        connection: desired.connection,
    };
    let (import, is_new) = access.tenant.imports().put(&id, &new).await?;
    let status = match is_new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    Ok((status, Json(Import::from(import))).into_response())
}

/// Reads an import with its progress.
#[utoipa::path(get, path = "/api/v1/imports/{id}", operation_id = "read_import", tag = "imports",
    params(("id" = String, Path, description = "The import's id")),
    responses((status = 200, body = Import)),
    security(("session" = ["provisioning:create", "directory:read", "sso:configure"])))]
pub(crate) async fn read(access: Access<Gate>, Id(id): Id) -> Result<Json<Import>, Problem> {
    Ok(Json(access.tenant.imports().import(&id).await?.into()))
}

/// Does the rows of a part: at most 1,000, in at most 1 MB. The same part again changes nothing, and so do rows that are
/// done: after an interruption, or a 503, send it again.
///
/// A row has the fields `user_name` and, as wanted, `application_id` (the application's own id), `external_id`,
/// `display_name`, `given_name`, `family_name`, `emails` (the primary one first), `active`, `roles` and `groups`. In CSV,
/// the values of a list are separated by `;`, and an empty cell says nothing. A row means the person with its
/// `application_id`, or else with its `user_name`. What a row does not say stays as it is. Roles replace those that were
/// given by hand; groups are added. Nobody gets a mail.
#[utoipa::path(put, path = "/api/v1/imports/{id}/parts/{number}", operation_id = "put_import_part",
    tag = "imports",
    request_body(content = inline(Sent), content_type = "application/octet-stream",
        description = "The rows in the format of the import, in UTF-8. Any other `Content-Type`, such as `text/csv`, says the same."),
    params(("id" = String, Path, description = "The import's id"),
        ("number" = i32, Path, description = "The number of the part", minimum = 1, maximum = 5000)),
    responses((status = 200, body = ImportPart)),
    security(("session" = ["provisioning:create", "directory:read", "sso:configure"])))]
pub(crate) async fn put_part(
    access: Access<Gate>,
    path: PartPath,
    Sent(body): Sent,
) -> Result<Json<ImportPart>, Problem> {
    let imports = access.tenant.imports();
    let import = imports.import(&path.import).await?;
    let rows = rows(import.asked.format, &body, MAX_ROWS).map_err(Problem::invalid)?;
    let (number, giver) = (path.number, access.rank());
    let part = imports.put_part(&path.import, number, (&body, rows), giver);
    Ok(Json(part.await?.into()))
}

/// Reads what became of a part: 404 if it is not done.
#[utoipa::path(get, path = "/api/v1/imports/{id}/parts/{number}", operation_id = "read_import_part",
    tag = "imports",
    params(("id" = String, Path, description = "The import's id"),
        ("number" = i32, Path, description = "The number of the part", minimum = 1, maximum = 5000)),
    responses((status = 200, body = ImportPart)),
    security(("session" = ["provisioning:create", "directory:read", "sso:configure"])))]
pub(crate) async fn read_part(
    access: Access<Gate>,
    path: PartPath,
) -> Result<Json<ImportPart>, Problem> {
    let part = access.tenant.imports().part(&path.import, path.number);
    Ok(Json(part.await?.into()))
}

/// Lists the people whom no row of a report or a preview has met: those who are not in the application's list, or who would
/// be left over when the identity provider pushes. Read it after the last part.
///
/// A row that failed has met the person with its `user_name` or, in a report, its `application_id`. If neither can be read,
/// `counts.unidentified` of the import counts it: correct these rows and send them as another part, because their people can
/// be in this list.
#[utoipa::path(get, path = "/api/v1/imports/{id}/unmatched", operation_id = "list_unmatched_people",
    tag = "imports",
    params(("id" = String, Path, description = "The import's id"), UnmatchedQuery),
    responses((status = 200, body = List<UnmatchedPerson>)),
    security(("session" = ["provisioning:create", "directory:read", "sso:configure"])))]
pub(crate) async fn list_unmatched(
    access: Access<Gate>,
    Id(id): Id,
    Params(asked): Params<UnmatchedQuery>,
) -> Result<Json<List<UnmatchedPerson>>, Problem> {
    let limit = limit(asked.limit)?;
    let imports = access.tenant.imports();
    let (people, next) = imports
        .unmatched(&id, asked.after.as_deref(), limit)
        .await?;
    Ok(List::of(people, next))
}

impl From<Mode> for ImportMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Import => Self::Import,
            Mode::Report => Self::Report,
            Mode::Adoption => Self::Adoption,
        }
    }
}

impl From<Format> for ImportFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::JsonLines => Self::JsonLines,
            Format::Csv => Self::Csv,
        }
    }
}

impl From<directory::Import> for Import {
    fn from(import: directory::Import) -> Self {
        Self {
            mode: match import.asked.mode {
                ImportMode::Import => Mode::Import,
                ImportMode::Report => Mode::Report,
                ImportMode::Adoption => Mode::Adoption,
            },
            format: match import.asked.format {
                ImportFormat::JsonLines => Format::JsonLines,
                ImportFormat::Csv => Format::Csv,
            },
            created_at: import.created_at,
            expires_at: import.expires_at,
            parts: u32::try_from(import.parts.len()).unwrap_or(u32::MAX),
            next_part: import.next_part(),
            counts: import.counts.into(),
            connection: import.asked.connection,
            id: import.id,
        }
    }
}
