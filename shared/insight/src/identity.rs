//! Why a person was kept out, and by which identifiers they were known before.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_directory::stored::RecentRefusal;
use rollcall_directory::{AuditQuery, Entry};
use rollcall_store::{Error, now};
use serde_json::Value;

use crate::handle::Insight;
use crate::health::refused::{refusal_remedy, refusal_text};

/// The number of refused sign-ins and of former identifiers that are shown.
const MAX_SHOWN: usize = 10;
/// The number of changes that are searched for former identifiers.
const MAX_CHANGES: usize = 100;

/// A refused sign-in that could have meant a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedSignIn {
    /// When.
    pub at: Timestamp,
    /// The reason's code.
    pub reason: String,
    /// Why, as the end of a sentence.
    pub text: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
    /// The user name that it brought, folded.
    pub user_name: String,
    /// The connection that it named.
    pub connection: Option<String>,
}

/// An identifier that a person had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerIdentifier {
    /// `userName`, `externalId` or `emails`.
    pub attribute: &'static str,
    /// The identifier.
    pub value: String,
    /// Until when.
    pub until: Timestamp,
}

impl Insight<'_> {
    /// Returns the sign-ins of the last seven days that were refused and could have meant the person, latest first.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn refused_sign_ins_of(self, user: &str) -> Result<Vec<RefusedSignIn>, Error> {
        let (refused, _) = self.tenant.sign_in().refusals(now()).await?;
        let of_user = refused.into_iter();
        let of_user = of_user.filter(|one| one.candidates.iter().any(|id| id == user));
        Ok(of_user.take(MAX_SHOWN).map(explained).collect())
    }

    /// Returns the identifiers that the person had, from their latest changes.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn former_identifiers_of(self, user: &str) -> Result<Vec<FormerIdentifier>, Error> {
        let changes = AuditQuery {
            subject: Some(user.to_owned()),
            action: Some("user.".to_owned()),
            limit: MAX_CHANGES,
            ..AuditQuery::default()
        };
        let (changes, _) = self.tenant.journal().audit(&changes).await?;
        Ok(former_identifiers(user, &changes))
    }
}

fn explained(refused: RecentRefusal) -> RefusedSignIn {
    let refusal = refused.refusal();
    RefusedSignIn {
        at: refused.at,
        reason: refused.reason,
        text: refusal_text(refusal),
        remedy: refusal_remedy(refusal),
        user_name: refused.user_name,
        connection: refused.connection,
    }
}

/// Returns the identifiers that changes of a person took away, latest first, at most ten. Pure.
pub fn former_identifiers(user: &str, changes: &[Entry]) -> Vec<FormerIdentifier> {
    let mut seen = BTreeSet::new();
    let mut former = Vec::new();
    for entry in changes.iter().filter(|entry| entry.subject.id == user) {
        let (before, after) = (parsed(&entry.before), parsed(&entry.after));
        for attribute in ["userName", "externalId", "emails"] {
            let kept = values(&after, attribute);
            // What is absent after a change has not changed, unless the person was deleted.
            if before.get(attribute).is_none() || after.get(attribute).is_none() {
                continue;
            }
            for value in values(&before, attribute) {
                if !kept.contains(&value) && seen.insert((attribute, value.clone())) {
                    former.push(FormerIdentifier {
                        attribute,
                        value,
                        until: entry.at,
                    });
                }
            }
        }
    }
    former.truncate(MAX_SHOWN);
    former
}

fn parsed(text: &Option<String>) -> Value {
    let text = text.as_deref().unwrap_or_default();
    serde_json::from_str(text).unwrap_or_default()
}

fn values(attributes: &Value, name: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match &attributes[name] {
        Value::Array(many) => many.iter().filter_map(|one| text(&one["value"])).collect(),
        one => text(one).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(minute: u8, before: Value, after: Value) -> Entry {
        let entry = json!({
            "SK": "1", "type": "user.updated", "at": format!("2026-11-25T10:{minute:02}:00Z"),
            "actor": {"type": "system"}, "request_id": "r", "subject": {"type": "user", "id": "u", "name": "ada"},
            "before": before.to_string(), "after": after.to_string(),
        });
        serde_json::from_value(entry).unwrap()
    }

    #[test]
    fn what_a_person_was_called() {
        let changes = [
            change(
                9,
                json!({"emails": [{"value": "a@x"}, {"value": "b@x"}]}),
                json!({"emails": [{"value": "b@x"}]}),
            ),
            change(8, json!({"title": "a"}), json!({"title": "b"})),
            change(7, json!({"userName": "ada"}), json!({"userName": "ada2"})),
            change(6, json!({"userName": "ada"}), json!({"userName": "ada3"})),
            change(5, json!({"externalId": "X"}), json!({"externalId": "Y"})),
        ];
        let former = former_identifiers("u", &changes);
        let told: Vec<_> = former
            .iter()
            .map(|one| (one.attribute, one.value.as_str(), one.until.to_string()))
            .collect();
        let at = |minute: u8| format!("2026-11-25T10:{minute:02}:00Z");
        assert_eq!(
            told,
            [
                ("emails", "a@x", at(9)),
                ("userName", "ada", at(7)),
                ("externalId", "X", at(5)),
            ]
        );
        assert!(former_identifiers("v", &changes).is_empty());
    }
}
