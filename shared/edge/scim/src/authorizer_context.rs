//! The context that the token authorizer passes to the functions through API Gateway.

use std::collections::{BTreeMap, HashMap};

use rollcall_directory::{
    AtCeiling, Caller, DEFAULT_READ_UNITS_PER_MINUTE, DeletedPeople, LoggedValues, TenantId,
    UsedUp, Verdict,
};
use rollcall_scim as scim;
use serde_json::Value;

/// A verdict as the context of a Lambda authorizer. Its values are strings.
///
/// An authorizer cannot answer 429. It therefore lets a throttled request pass, and puts the time to wait into the
/// context. Such a context does not become a [`Caller`]: the function answers 429.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizerContext {
    /// The tenant that the token belongs to.
    pub tenant: TenantId,
    /// The token's id.
    pub token_id: String,
    /// The id of the connection that the token belongs to.
    pub connection_id: String,
    /// Days for which the request log keeps the token's requests.
    pub log_days: u32,
    /// What a push of somebody who was deleted does in the tenant.
    pub deleted_people: DeletedPeople,
    /// Of which values the tenant's request log keeps more than the size.
    pub logged_values: LoggedValues,
    /// Of how many successful reads the tenant's request log has one; at least 1.
    pub read_log_sampling: u32,
    /// What the tenant has as much of as the operator allows.
    pub at_ceiling: AtCeiling,
    /// Whether the connection is only observed.
    pub observing: bool,
    /// The version of the tenant's extension schemas; 0 if there are none.
    pub schemas: u64,
    /// How many read units the requests of the token may consume per minute.
    pub read_budget: u32,
    /// What the token has used up, and the seconds to wait before a retry. `None` for a request that may be done.
    pub retry_after: Option<(UsedUp, u32)>,
}

const TENANT: &str = "tenant";
const TOKEN_ID: &str = "token_id";
const CONNECTION_ID: &str = "connection_id";
const LOG_DAYS: &str = "log_days";
const RETRY_AFTER: &str = "retry_after";
/// Absent for the default, as in the context of an authorizer of an earlier version.
const DELETED_PEOPLE: &str = "deleted_people";
const RESTORE: &str = "restore";
/// Absent for the default, too.
const LOGGED_VALUES: &str = "logged_values";
const ALL: &str = "all";
/// Absent for 1.
const READ_LOG_SAMPLING: &str = "read_log_sampling";
/// Absent if no ceiling is reached.
const AT_CEILING: &str = "at_ceiling";
const PEOPLE: &str = "people";
const GROUPS: &str = "groups";
const BOTH: &str = "people,groups";
/// Absent unless the connection is only observed.
const OBSERVING: &str = "observing";
const YES: &str = "true";
/// Absent if there are none.
const SCHEMAS: &str = "schemas";
/// Absent for the default.
const READ_BUDGET: &str = "read_budget";
/// Absent if the token or its tenant is over its rate limit.
const USED_UP: &str = "used_up";
const READ_UNITS: &str = "read_units";

impl AuthorizerContext {
    /// Returns the context for a verdict, or `None` if the token was refused.
    pub fn from_verdict(verdict: Verdict) -> Option<Self> {
        let (caller, retry_after) = match verdict {
            Verdict::Accepted(caller) => (caller, None),
            Verdict::Throttled {
                caller,
                used_up,
                retry_after_seconds,
            } => (caller, Some((used_up, retry_after_seconds))),
            Verdict::Refused { .. } => return None,
        };
        Some(Self {
            tenant: caller.tenant,
            token_id: caller.token_id,
            connection_id: caller.connection_id,
            log_days: caller.log_days,
            deleted_people: caller.deleted_people,
            logged_values: caller.logged_values,
            read_log_sampling: caller.read_log_sampling,
            at_ceiling: caller.at_ceiling,
            observing: caller.observing,
            schemas: caller.schemas,
            read_budget: caller.read_budget,
            retry_after,
        })
    }

    /// Returns the context as the authorizer returns it to API Gateway.
    pub fn to_strings(&self) -> BTreeMap<&'static str, String> {
        let retry_after = self
            .retry_after
            .map(|(_, seconds)| (RETRY_AFTER, seconds.to_string()));
        let reads_too_much = matches!(self.retry_after, Some((UsedUp::ReadUnits, _)));
        let used_up = reads_too_much.then(|| (USED_UP, READ_UNITS.to_owned()));
        let own_budget = self.read_budget != DEFAULT_READ_UNITS_PER_MINUTE;
        let read_budget = own_budget.then(|| (READ_BUDGET, self.read_budget.to_string()));
        let restores = self.deleted_people == DeletedPeople::Restore;
        let deleted_people = restores.then(|| (DELETED_PEOPLE, RESTORE.to_owned()));
        let logs_all = self.logged_values == LoggedValues::All;
        let logged_values = logs_all.then(|| (LOGGED_VALUES, ALL.to_owned()));
        let samples = self.read_log_sampling > 1;
        let sampling = samples.then(|| (READ_LOG_SAMPLING, self.read_log_sampling.to_string()));
        let at_ceiling = match (self.at_ceiling.people, self.at_ceiling.groups) {
            (false, false) => None,
            (true, false) => Some(PEOPLE),
            (false, true) => Some(GROUPS),
            (true, true) => Some(BOTH),
        };
        let at_ceiling = at_ceiling.map(|reached| (AT_CEILING, reached.to_owned()));
        let observing = self.observing.then(|| (OBSERVING, YES.to_owned()));
        let schemas = (self.schemas > 0).then(|| (SCHEMAS, self.schemas.to_string()));
        [
            (TENANT, self.tenant.to_string()),
            (TOKEN_ID, self.token_id.clone()),
            (CONNECTION_ID, self.connection_id.clone()),
            (LOG_DAYS, self.log_days.to_string()),
        ]
        .into_iter()
        .chain(retry_after)
        .chain(used_up)
        .chain(read_budget)
        .chain(deleted_people)
        .chain(logged_values)
        .chain(sampling)
        .chain(at_ceiling)
        .chain(observing)
        .chain(schemas)
        .collect()
    }

    /// Reads the context of a request. Fails closed: returns `None` if a field is missing or is not as the authorizer
    /// writes it.
    pub fn from_fields(fields: &HashMap<String, Value>) -> Option<Self> {
        let text = |name: &str| {
            fields
                .get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let used_up = match fields.get(USED_UP).map(Value::as_str) {
            None => UsedUp::Requests,
            Some(Some(READ_UNITS)) => UsedUp::ReadUnits,
            Some(_) => return None,
        };
        let retry_after = match fields.get(RETRY_AFTER) {
            Some(seconds) => Some((used_up, seconds.as_str()?.parse().ok()?)),
            None => None,
        };
        let read_budget = match fields.get(READ_BUDGET) {
            Some(units) => units.as_str()?.parse().ok()?,
            None => DEFAULT_READ_UNITS_PER_MINUTE,
        };
        let deleted_people = match fields.get(DELETED_PEOPLE).map(Value::as_str) {
            None => DeletedPeople::New,
            Some(Some(RESTORE)) => DeletedPeople::Restore,
            Some(_) => return None,
        };
        let logged_values = match fields.get(LOGGED_VALUES).map(Value::as_str) {
            None => LoggedValues::Declared,
            Some(Some(ALL)) => LoggedValues::All,
            Some(_) => return None,
        };
        let read_log_sampling = match fields.get(READ_LOG_SAMPLING) {
            Some(of) => of.as_str()?.parse().ok().filter(|of| *of > 0)?,
            None => 1,
        };
        let at_ceiling = match fields.get(AT_CEILING).map(Value::as_str) {
            None => (false, false),
            Some(Some(PEOPLE)) => (true, false),
            Some(Some(GROUPS)) => (false, true),
            Some(Some(BOTH)) => (true, true),
            Some(_) => return None,
        };
        let (people, groups) = at_ceiling;
        let observing = match fields.get(OBSERVING).map(Value::as_str) {
            None => false,
            Some(Some(YES)) => true,
            Some(_) => return None,
        };
        let schemas = match fields.get(SCHEMAS) {
            Some(version) => version.as_str()?.parse().ok()?,
            None => 0,
        };
        Some(Self {
            tenant: text(TENANT)?.parse().ok()?,
            token_id: text(TOKEN_ID)?.to_owned(),
            connection_id: text(CONNECTION_ID)?.to_owned(),
            log_days: text(LOG_DAYS)?.parse().ok()?,
            deleted_people,
            logged_values,
            read_log_sampling,
            at_ceiling: AtCeiling { people, groups },
            observing,
            schemas,
            read_budget,
            retry_after,
        })
    }

    /// Returns the caller.
    ///
    /// # Errors
    ///
    /// `TooManyRequests` (429) when the token is over its rate limit, `ReadTooMuch` (429) when it has used up what it may
    /// read.
    pub fn into_caller(self, request_id: &str) -> Result<Caller, scim::Error> {
        match self.retry_after {
            Some((UsedUp::Requests, retry_after)) => {
                Err(scim::Error::TooManyRequests { retry_after })
            }
            Some((UsedUp::ReadUnits, retry_after)) => Err(scim::Error::ReadTooMuch { retry_after }),
            None => Ok(self.caller(request_id)),
        }
    }

    /// Returns the caller, even if the token is over its rate limit.
    pub(crate) fn caller(self, request_id: &str) -> Caller {
        Caller {
            tenant: self.tenant,
            token_id: self.token_id,
            connection_id: self.connection_id,
            request_id: request_id.to_owned(),
            log_days: self.log_days,
            deleted_people: self.deleted_people,
            logged_values: self.logged_values,
            read_log_sampling: self.read_log_sampling,
            at_ceiling: self.at_ceiling,
            observing: self.observing,
            schemas: self.schemas,
            read_budget: self.read_budget,
            ends_us: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use rollcall_directory::Refusal;
    use serde_json::json;

    use super::*;

    fn caller() -> Caller {
        Caller {
            tenant: "acme".parse().unwrap(),
            token_id: "t-1".to_owned(),
            connection_id: "c-1".to_owned(),
            request_id: "r-1".to_owned(),
            log_days: 30,
            deleted_people: DeletedPeople::New,
            logged_values: LoggedValues::Declared,
            read_log_sampling: 1,
            at_ceiling: AtCeiling::default(),
            observing: false,
            schemas: 0,
            read_budget: 500,
            ends_us: None,
        }
    }

    /// Sends a verdict through API Gateway: the authorizer returns strings, and the function receives JSON fields that
    /// include API Gateway's own.
    fn through_gateway(verdict: Verdict) -> AuthorizerContext {
        let context = AuthorizerContext::from_verdict(verdict).unwrap();
        let mut fields: HashMap<String, Value> = context
            .to_strings()
            .into_iter()
            .map(|(name, text)| (name.to_owned(), json!(text)))
            .collect();
        fields.insert("principalId".to_owned(), json!("t-1"));
        fields.insert("integrationLatency".to_owned(), json!(12));
        let read = AuthorizerContext::from_fields(&fields).unwrap();
        assert_eq!(read, context);
        read
    }

    #[test]
    fn an_accepted_caller_arrives() {
        for (deleted_people, logged_values, people, groups) in [
            (DeletedPeople::New, LoggedValues::All, false, false),
            (DeletedPeople::Restore, LoggedValues::Declared, true, false),
            (DeletedPeople::New, LoggedValues::Declared, false, true),
            (DeletedPeople::New, LoggedValues::Declared, true, true),
        ] {
            let caller = Caller {
                deleted_people,
                logged_values,
                at_ceiling: AtCeiling { people, groups },
                observing: groups,
                schemas: u64::from(people) * 7,
                read_log_sampling: 1 + u32::from(groups) * 9,
                ..caller()
            };
            let context = through_gateway(Verdict::Accepted(caller.clone()));
            assert_eq!(context.into_caller("r-1").ok(), Some(caller));
        }
    }

    #[test]
    fn a_throttled_caller_is_told_when_to_come_again() {
        for (used_up, retry_after, expected) in [
            (
                UsedUp::Requests,
                7,
                scim::Error::TooManyRequests { retry_after: 7 },
            ),
            (
                UsedUp::ReadUnits,
                90,
                scim::Error::ReadTooMuch { retry_after: 90 },
            ),
        ] {
            let context = through_gateway(Verdict::Throttled {
                caller: caller(),
                used_up,
                retry_after_seconds: retry_after,
            });
            let error = context.into_caller("r-1").expect_err("throttled");
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn a_refused_token_has_no_context() {
        for refusal in [
            Refusal::Malformed,
            Refusal::Unknown,
            Refusal::Revoked,
            Refusal::Expired,
            Refusal::ForeignAddress,
        ] {
            assert_eq!(
                AuthorizerContext::from_verdict(Verdict::Refused {
                    refusal,
                    caller: Some(caller()),
                }),
                None
            );
        }
    }

    #[test]
    fn anything_else_fails_closed() {
        for fields in [
            json!({}),
            json!({"tenant": "acme"}),
            json!({"tenant": "acme", "token_id": "t"}),
            json!({"tenant": "acme", "token_id": "t", "connection_id": "c"}),
            json!({"tenant": "acme", "token_id": "", "connection_id": "c", "log_days": "9"}),
            json!({"tenant": "ACME!", "token_id": "t", "connection_id": "c", "log_days": "9"}),
            json!({"tenant": 1, "token_id": "t", "connection_id": "c", "log_days": "9"}),
            json!({"Tenant": "acme", "token_id": "t", "connection_id": "c", "log_days": "9"}),
            json!({"tenant": "acme", "token_id": "t", "connection_id": "c", "log_days": "9", "retry_after": null}),
            json!({"tenant": "acme", "token_id": "t", "connection_id": "c", "log_days": "9", "retry_after": "soon"}),
            json!({"tenant": "acme", "token_id": "t", "connection_id": "c", "log_days": "9", "retry_after": 0}),
            json!({"tenant": "acme", "token_id": "t", "connection_id": "c", "log_days": "9", "read_budget": "all"}),
            json!({"tenant": "acme", "token_id": "t", "connection_id": "c", "log_days": "9", "used_up": "patience"}),
            json!({"tenant": "acme", "token_id": "t", "connection_id": "c", "log_days": "9", "read_log_sampling": "0"}),
            json!({"tenant": "acme", "token_id": "t", "connection_id": "c", "log_days": "9", "read_log_sampling": 10}),
            json!({"tenant": "acme", "token_id": "t", "connection_id": "c", "log_days": "9", "deleted_people": true}),
            json!({"tenant": "acme", "token_id": "t", "connection_id": "c", "log_days": "9", "observing": "false"}),
            json!({"tenant": "acme", "token_id": "t", "connection_id": "c", "log_days": "9", "deleted_people": "maybe"}),
        ] {
            let map = serde_json::from_value(fields.clone()).unwrap();
            assert_eq!(AuthorizerContext::from_fields(&map), None, "{fields}");
        }
    }
}
