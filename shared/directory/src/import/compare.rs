//! What a row and a person differ in, and the person as the row wants them. Pure.

use std::collections::BTreeSet;

use rollcall_model::{RoleId, USERS};
use rollcall_scim::{Resource, fold};
use rollcall_store::Error;
use serde_json::{Value, json};

use crate::import::outcome::Field;
use crate::import::row::ImportRow;
use crate::resources::record::Record;

/// The differences between a row and a person.
#[derive(Clone, Debug)]
pub(super) struct Comparison {
    /// The fields in which they differ, without the groups.
    pub(super) fields: BTreeSet<Field>,
    /// The attributes of the person as the row wants them.
    pub(super) wanted: Resource,
}

/// Compares a row with a person who has these roles.
///
/// # Errors
/// `invalidValue` for a row that cannot be stored.
pub(super) fn compare(
    row: &ImportRow,
    person: &Record,
    held: &BTreeSet<RoleId>,
) -> Result<Comparison, Error> {
    let (given, mut wanted) = (row.resource()?, person.resource(&USERS)?.clone());
    let mut fields = BTreeSet::new();
    let application_id = &row.application_id;
    if application_id.is_some() && *application_id != person.identity.application_id {
        fields.insert(Field::ApplicationId);
    }
    if !person.is_named(&USERS, &row.user_name)? {
        take(&mut wanted, &given, "userName");
        fields.insert(Field::UserName);
    }
    for (attribute, field) in [
        ("externalId", Field::ExternalId),
        ("displayName", Field::DisplayName),
    ] {
        if given.get(attribute).is_some() && given.get(attribute) != wanted.get(attribute) {
            take(&mut wanted, &given, attribute);
            fields.insert(field);
        }
    }
    if let Some(name) = other_name(&wanted, &given) {
        wanted.set("name", name);
        fields.insert(Field::Name);
    }
    if let Some(emails) = &row.emails
        && (folded(emails.iter().map(String::as_str)) != folded(emails_of(&wanted))
            || is_other_primary(&wanted, emails))
    {
        match given.get("emails") {
            Some(_) => take(&mut wanted, &given, "emails"),
            None => drop(wanted.remove("emails")),
        }
        fields.insert(Field::Emails);
    }
    if let Some(active) = row.active
        && active == person.inactive
    {
        wanted.set("active", json!(active));
        fields.insert(Field::Active);
    }
    if let Some(roles) = &row.roles
        && roles.iter().cloned().collect::<BTreeSet<_>>() != *held
    {
        fields.insert(Field::Roles);
    }
    Ok(Comparison { fields, wanted })
}

fn take(wanted: &mut Resource, given: &Resource, attribute: &str) {
    if let Some(value) = given.get(attribute) {
        wanted.set(attribute, value.clone());
    }
}

/// Returns the name with the parts of the row, if they differ from those of the person.
fn other_name(person: &Resource, given: &Resource) -> Option<Value> {
    let parts = given.get("name")?.as_object()?;
    let before = person.get("name").and_then(Value::as_object);
    let mut name = before.cloned().unwrap_or_default();
    for (part, value) in parts {
        name.insert(part.clone(), value.clone());
    }
    (before != Some(&name)).then_some(Value::Object(name))
}

/// Returns whether a person has a primary address that is not the first one of the row.
fn is_other_primary(person: &Resource, emails: &[String]) -> bool {
    let all = person.get("emails").and_then(Value::as_array);
    let primary = all
        .into_iter()
        .flatten()
        .find(|email| email["primary"] == true);
    let primary = primary.and_then(|email| email["value"].as_str());
    match (primary, emails.first()) {
        (Some(primary), Some(first)) => fold(primary) != fold(first),
        _ => false,
    }
}

fn emails_of(resource: &Resource) -> impl Iterator<Item = &str> {
    let emails = resource.get("emails").and_then(Value::as_array);
    let emails = emails.into_iter().flatten();
    emails.filter_map(|email| email["value"].as_str())
}

fn folded<'a>(values: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    values.map(fold).collect()
}

#[cfg(test)]
mod tests {
    use rollcall_store::now;

    use super::*;

    fn person(body: Value) -> Record {
        let resource = Resource::parse(USERS.resource_type, body).unwrap();
        Record::new(&USERS, "p".to_owned(), resource, now()).unwrap()
    }

    fn ada() -> Record {
        person(
            json!({"schemas": [USERS.resource_type.schema.id], "userName": "ada@x.test", "displayName": "Ada",
                      "name": {"givenName": "Ada", "honorificPrefix": "Dr"}, "active": true,
                      "emails": [{"value": "ada@x.test", "type": "work"}, {"value": "a@y.test"}]}),
        )
    }

    fn row() -> ImportRow {
        ImportRow {
            user_name: "ADA@x.test".to_owned(),
            ..ImportRow::default()
        }
    }

    #[test]
    fn a_row_differs_in_what_it_says() {
        let text = |text: &str| Some(text.to_owned());
        let emails = |all: &[&str]| Some(all.iter().map(|one| (*one).to_owned()).collect());
        for (row, expected) in [
            (row(), vec![]),
            (
                ImportRow {
                    emails: emails(&["a@y.test", "ADA@x.test"]),
                    given_name: text("Ada"),
                    display_name: text("Ada"),
                    active: Some(true),
                    roles: Some(vec![RoleId::named("admin")]),
                    ..row()
                },
                vec![],
            ),
            (
                ImportRow {
                    application_id: text("7"),
                    user_name: "countess@x.test".to_owned(),
                    external_id: text("x"),
                    display_name: text("Countess"),
                    family_name: text("King"),
                    emails: emails(&[]),
                    active: Some(false),
                    roles: Some(Vec::new()),
                    ..row()
                },
                vec![
                    Field::ApplicationId,
                    Field::UserName,
                    Field::ExternalId,
                    Field::DisplayName,
                    Field::Name,
                    Field::Emails,
                    Field::Active,
                    Field::Roles,
                ],
            ),
        ] {
            let held = BTreeSet::from([RoleId::named("admin")]);
            let compared = compare(&row, &ada(), &held).unwrap();
            let fields: Vec<Field> = compared.fields.into_iter().collect();
            assert_eq!(fields, expected, "{row:?}");
        }
    }

    #[test]
    fn the_first_address_of_a_row_is_the_primary_one() {
        let emails = json!([{"value": "a@y.test", "primary": true}, {"value": "ada@x.test"}]);
        let body = json!({"schemas": [USERS.resource_type.schema.id], "userName": "ada@x.test", "emails": emails});
        let ada = person(body);
        for (emails, differs) in [
            (["A@y.test", "ada@x.test"], false),
            (["ada@x.test", "a@y.test"], true),
        ] {
            let row = ImportRow {
                emails: Some(emails.map(str::to_owned).to_vec()),
                ..row()
            };
            let compared = compare(&row, &ada, &BTreeSet::new()).unwrap();
            assert_eq!(compared.fields.contains(&Field::Emails), differs);
            let first = compared.wanted.get("emails").unwrap()[0].clone();
            assert_eq!(first["primary"], true);
            assert_eq!(fold(first["value"].as_str().unwrap()), fold(emails[0]));
        }
    }

    #[test]
    fn what_a_row_does_not_say_stays() {
        let row = ImportRow {
            family_name: Some("King".to_owned()),
            ..row()
        };
        let wanted = compare(&row, &ada(), &BTreeSet::new()).unwrap().wanted;
        let name = json!({"givenName": "Ada", "honorificPrefix": "Dr", "familyName": "King"});
        assert_eq!(wanted.get("name"), Some(&name));
        assert_eq!(
            wanted.get("emails"),
            ada().resource(&USERS).unwrap().get("emails")
        );
    }
}
