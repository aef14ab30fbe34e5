//! The reason codes and the codes of odd readings, as the OpenAPI document lists them.

use std::borrow::Cow;

use rollcall_directory::Reason;
use rollcall_scim::Reading;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A reason code. Only its schema is used.
pub(crate) enum ReasonCode {}

/// The code of an odd reading. Only its schema is used.
pub(crate) enum ReadingCode {}

impl PartialSchema for ReasonCode {
    fn schema() -> RefOr<Schema> {
        let rows = Reason::ALL.iter().map(|one| (one.as_str(), one.meaning()));
        list("Why a request was refused, or failed.", rows)
    }
}

impl ToSchema for ReasonCode {
    fn name() -> Cow<'static, str> {
        "ReasonCode".into()
    }
}

impl PartialSchema for ReadingCode {
    fn schema() -> RefOr<Schema> {
        let rows = Reading::ALL.iter().map(|one| (one.as_str(), one.meaning()));
        list("How an unusual request was read.", rows)
    }
}

impl ToSchema for ReadingCode {
    fn name() -> Cow<'static, str> {
        "ReadingCode".into()
    }
}

/// Returns the schema of codes, each with its meaning in the description.
fn list(
    about: &str,
    rows: impl Iterator<Item = (&'static str, &'static str)> + Clone,
) -> RefOr<Schema> {
    let meanings = rows
        .clone()
        .map(|(code, meaning)| format!("\n- `{code}`: {meaning}"));
    let description = format!(
        "{about} Newer versions can add codes.\n{}",
        meanings.collect::<String>()
    );
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(rows.map(|(code, _)| code)))
        .description(Some(description))
        .into()
}
