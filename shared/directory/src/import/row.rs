//! One person of the application's list.

use rollcall_model::{RoleId, USERS};
use rollcall_scim::Resource;
use rollcall_store::Error;
use serde_json::{Map, Value, json};

use crate::import::outcome::{RowFailure, RowResult};

/// One person of the application's list. What is `None` says nothing about the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportRow {
    /// The line in the part, starting from 1.
    pub line: u32,
    /// The application's own id of the person.
    pub application_id: Option<String>,
    /// `userName`.
    pub user_name: String,
    /// `externalId`: the id that the identity provider has for the person.
    pub external_id: Option<String>,
    /// `displayName`.
    pub display_name: Option<String>,
    /// `name.givenName`.
    pub given_name: Option<String>,
    /// `name.familyName`.
    pub family_name: Option<String>,
    /// The e-mail addresses, the primary one first.
    pub emails: Option<Vec<String>>,
    /// Whether the person can use the application.
    pub active: Option<bool>,
    /// The roles that are given by hand.
    pub roles: Option<Vec<RoleId>>,
    /// The names of groups that the person is in.
    pub groups: Vec<String>,
}

/// A row that is refused as it is, with what it says of whom it means: that person is in the application's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// Why it is refused.
    pub failure: RowFailure,
    /// `userName`, if it can be read.
    pub user_name: Option<String>,
    /// The application's own id of the person, if it can be read.
    pub application_id: Option<String>,
}

impl RefusedRow {
    /// Returns what becomes of the row.
    pub(super) fn result(&self) -> RowResult {
        RowResult::failed(self.failure.clone())
    }

    /// Returns a row that says nothing but whom this one means. The user name is trimmed, and empty if it cannot be read.
    pub(super) fn mention(&self) -> ImportRow {
        let name = self.user_name.as_deref().unwrap_or_default();
        ImportRow {
            line: self.failure.line,
            user_name: name.trim().to_owned(),
            application_id: self.application_id.clone(),
            ..ImportRow::default()
        }
    }
}

impl From<RowFailure> for RefusedRow {
    /// A row that does not say whom it means.
    fn from(failure: RowFailure) -> Self {
        Self {
            failure,
            user_name: None,
            application_id: None,
        }
    }
}

impl ImportRow {
    /// Returns the row as a refused one.
    pub(super) fn refused(self, failure: RowFailure) -> RefusedRow {
        RefusedRow {
            failure,
            user_name: Some(self.user_name),
            application_id: self.application_id,
        }
    }

    /// Returns the attributes that the row has, as a user.
    ///
    /// # Errors
    /// `invalidValue` for a value that cannot be stored.
    pub(super) fn resource(&self) -> Result<Resource, Error> {
        let mut body = Map::new();
        let schema = USERS.resource_type.schema.id;
        body.insert("schemas".to_owned(), json!([schema]));
        body.insert("userName".to_owned(), json!(self.user_name));
        for (attribute, value) in [
            ("externalId", &self.external_id),
            ("displayName", &self.display_name),
        ] {
            if let Some(value) = value {
                body.insert(attribute.to_owned(), json!(value));
            }
        }
        let mut name = Map::new();
        for (part, value) in [
            ("givenName", &self.given_name),
            ("familyName", &self.family_name),
        ] {
            if let Some(value) = value {
                name.insert(part.to_owned(), json!(value));
            }
        }
        if !name.is_empty() {
            body.insert("name".to_owned(), Value::Object(name));
        }
        if let Some(emails) = self.emails.as_ref().filter(|emails| !emails.is_empty()) {
            let email = |(at, value): (usize, &String)| match at {
                0 => json!({"value": value, "primary": true}),
                _ => json!({"value": value}),
            };
            let emails: Vec<Value> = emails.iter().enumerate().map(email).collect();
            body.insert("emails".to_owned(), json!(emails));
        }
        body.insert("active".to_owned(), json!(self.active.unwrap_or(true)));
        Ok(Resource::parse(USERS.resource_type, Value::Object(body))?)
    }
}
