//! One person of the application's list.

use rollcall_model::{RoleId, USERS};
use rollcall_scim::Resource;
use rollcall_store::Error;
use serde_json::{Map, Value, json};

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

impl ImportRow {
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
