//! The company in the service: sends requests at the times of the story, and knows the ids that came back.

use std::collections::HashMap;
use std::thread;

use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rollcall_directory::clock::{PastClock, time};
use rollcall_directory::{Directory, Tenant};
use rollcall_edge_http::{API_PATH, BASE_PATH};
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::caller::Caller;
use crate::events::stream::Inserted;

use super::company::{Company, Employee, SOURCES, Source};
use super::tenants::TENANTS;
use super::trouble::Trouble;

/// How many people of each of two identity providers are deleted in the month.
pub(super) const DELETED: usize = 6;

/// The company in the service.
pub(super) struct World<'a> {
    caller: Caller<'a>,
    pub(super) directory: Directory,
    key: String,
    pub(super) records: UnboundedReceiver<Inserted>,
    /// The time that it is.
    pub(super) now: Timestamp,
    clock: PastClock,
    pub(super) company: Company,
    /// The tenant that requests of the application are about.
    tenant: &'static str,
    tokens: HashMap<&'static str, String>,
    /// The ids of the people and groups, in the order of the company.
    pub(super) people: Vec<String>,
    pub(super) groups: Vec<String>,
}

impl<'a> World<'a> {
    pub(super) fn new(
        caller: Caller<'a>,
        directory: Directory,
        key: String,
        records: UnboundedReceiver<Inserted>,
        now: Timestamp,
    ) -> Self {
        let company = Company::new(DELETED);
        Self {
            caller,
            directory,
            key,
            records,
            now,
            clock: PastClock::begin(now),
            tenant: TENANTS[0].0,
            tokens: HashMap::new(),
            people: vec![String::new(); company.people.len()],
            groups: vec![String::new(); company.teams.len()],
            company,
        }
    }

    /// Returns whether an earlier start has made a tenant.
    pub(super) async fn is_there(&self, tenant: &str) -> Result<bool, Trouble> {
        let url = format!("{API_PATH}/tenants/{tenant}");
        let (status, _) = self
            .caller
            .answer(Method::GET, &url, &self.key, None)
            .await?;
        Ok(status == StatusCode::OK)
    }

    /// Sets the time: so many minutes after the beginning of the 24 hours that end `day` days ago.
    pub(super) fn at(&self, day: i64, minutes: i64) {
        let ago = SignedDuration::from_hours(24 * (day + 1)) - SignedDuration::from_mins(minutes);
        self.clock.set(self.now - ago);
    }

    /// Turns to another tenant.
    pub(super) fn turn_to(&mut self, tenant: &'static str) {
        self.tenant = tenant;
    }

    /// Returns the tenant that requests are about.
    pub(super) fn handle(&self) -> Result<Tenant, Trouble> {
        let id = self.tenant.parse();
        let id = id.map_err(|_| Trouble(format!("`{}` is no id of a tenant", self.tenant)))?;
        Ok(self.directory.system(id))
    }

    /// Returns the token of an identity provider.
    pub(super) fn token(&self, source: Source) -> &str {
        let id = facts(source).id;
        self.tokens.get(id).map_or("", String::as_str)
    }

    /// Sends a request of the application about the stack.
    pub(super) async fn stack(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, Trouble> {
        let url = format!("{API_PATH}{path}");
        let sent = self.caller.send(method, &url, &self.key, Some(body));
        Ok(sent.await?.1)
    }

    /// Sends a request of the application about the tenant.
    pub(super) async fn application(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> Result<Value, Trouble> {
        let path = format!("/tenants/{}{path}", self.tenant);
        self.stack(method, &path, &body).await
    }

    /// Sends a request of an admin in a session.
    pub(super) async fn admin(
        &self,
        session: &str,
        method: Method,
        path: &str,
        body: Value,
    ) -> Result<Value, Trouble> {
        let url = format!("{API_PATH}{path}");
        let body = Some(&body).filter(|body| !body.is_null());
        let sent = self.caller.send(method, &url, session, body);
        Ok(sent.await?.1)
    }

    /// Adds a connection with a token.
    pub(super) async fn connect(
        &mut self,
        id: &'static str,
        connection: Value,
        token: Value,
    ) -> Result<(), Trouble> {
        let path = format!("/connections/{id}");
        self.application(Method::PUT, &path, connection).await?;
        let path = format!("{path}/tokens");
        let made = self.application(Method::POST, &path, token).await?;
        self.tokens.insert(id, text(&made, "/token"));
        Ok(())
    }

    fn caller_of(&self, source: Source) -> Caller<'a> {
        let facts = facts(source);
        Caller {
            peer: facts.peer.into(),
            agent: facts.agent,
            ..self.caller
        }
    }

    /// Sends a request with the token of a connection, as its identity provider does. It may be refused.
    pub(super) async fn ask(
        &self,
        source: Source,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Value), Trouble> {
        let caller = self.caller_of(source);
        let url = format!("{BASE_PATH}{path}");
        Ok(caller
            .answer(method, &url, self.token(source), body)
            .await?)
    }

    /// Sends a request as [`Self::ask`] does, and expects success.
    pub(super) async fn push(
        &self,
        source: Source,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, Trouble> {
        let asked = format!("{method} {path}");
        let (status, answer) = self.ask(source, method, path, Some(body)).await?;
        match status.is_success() {
            true => Ok(answer),
            false => Err(Trouble(format!("{asked}: {}", text(&answer, "/detail")))),
        }
    }

    /// Creates something with a token of another tenant.
    pub(super) async fn send_as(
        &self,
        token: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, Trouble> {
        let url = format!("{BASE_PATH}{path}");
        let sent = self.caller.send(Method::POST, &url, token, Some(body));
        Ok(sent.await?.1)
    }

    /// Sends a PATCH of an identity provider.
    pub(super) async fn patch(
        &self,
        source: Source,
        path: &str,
        operations: Value,
    ) -> Result<(), Trouble> {
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let body = json!({"schemas": [schema], "Operations": operations});
        self.push(source, Method::PATCH, path, &body).await?;
        Ok(())
    }

    /// Pushes somebody who is new.
    pub(super) async fn hire(&mut self, place: usize) -> Result<(), Trouble> {
        let Some(person) = self.company.people.get(place) else {
            return Ok(());
        };
        let (source, body) = (person.source, person.body());
        let pushed = self.push(source, Method::POST, "/Users", &body).await?;
        self.people[place] = text(&pushed, "/id");
        Ok(())
    }

    /// Pushes many who are new, at once from two threads.
    pub(super) fn hire_all(&mut self, source: Source, places: &[usize]) -> Result<(), Trouble> {
        let caller = self.caller_of(source);
        let (token, at) = (self.token(source), time());
        let bodies = |half: &[usize]| -> Vec<Value> {
            let people = half.iter().map(|place| &self.company.people[*place]);
            people.map(Employee::body).collect()
        };
        let half = places.len().div_ceil(2).max(1);
        let halves: Vec<Vec<Value>> = places.chunks(half).map(bodies).collect();
        let pushed: Vec<Result<Vec<String>, Trouble>> = thread::scope(|scope| {
            let begun = halves.iter();
            let begun = begun.map(|half| scope.spawn(move || hire_apart(caller, token, half, at)));
            let begun: Vec<_> = begun.collect();
            let ended = |_| Err(Trouble("a thread has ended".to_owned()));
            let joined = begun.into_iter();
            joined.map(|one| one.join().unwrap_or_else(ended)).collect()
        });
        let mut ids = Vec::with_capacity(places.len());
        for some in pushed {
            ids.extend(some?);
        }
        for (place, id) in places.iter().zip(ids) {
            self.people[*place] = id;
        }
        Ok(())
    }

    /// Deactivates somebody, in the way of the identity provider.
    pub(super) async fn deactivate(&self, place: usize) -> Result<(), Trouble> {
        let source = self.company.people[place].source;
        let path = format!("/Users/{}", self.people[place]);
        let operation = match source {
            Source::Entra | Source::Lisbon => {
                json!([{"op": "Replace", "path": "active", "value": "False"}])
            }
            Source::Okta | Source::Contractors => {
                json!([{"op": "replace", "value": {"active": false}}])
            }
        };
        self.patch(source, &path, operation).await
    }

    /// Deletes somebody.
    pub(super) async fn delete(&self, place: usize) -> Result<(), Trouble> {
        let source = self.company.people[place].source;
        let path = format!("/Users/{}", self.people[place]);
        self.ask(source, Method::DELETE, &path, None).await?;
        Ok(())
    }

    /// Looks somebody up, as identity providers do before they change anything.
    pub(super) async fn look_up(&self, place: usize) -> Result<(), Trouble> {
        let person = &self.company.people[place];
        let filter = format!("userName eq \"{}\"", person.address);
        let path = format!("/Users?filter={}", encoded(&filter));
        self.ask(person.source, Method::GET, &path, None).await?;
        Ok(())
    }

    /// Signs somebody in. Returns the session, or `None` if the sign-in is refused.
    pub(super) async fn sign_in(&self, place: usize) -> Result<Option<String>, Trouble> {
        let person = &self.company.people[place];
        let login = json!({
            "user_name": person.address,
            "subject": format!("s-{}", person.external_id),
            "connection": facts(person.source).id,
        });
        self.sign_in_with(login).await
    }

    /// Signs somebody in with this assertion, as [`Self::sign_in`] does.
    pub(super) async fn sign_in_with(&self, login: Value) -> Result<Option<String>, Trouble> {
        let url = format!("{API_PATH}/tenants/{}/sso/logins", self.tenant);
        let sent = self
            .caller
            .answer(Method::POST, &url, &self.key, Some(&login));
        let (status, answer) = sent.await?;
        let session = text(&answer, "/session/token");
        Ok(status.is_success().then_some(session))
    }

    /// Signs in the owner. Returns the session.
    pub(super) async fn owner(&self) -> Result<String, Trouble> {
        let session = self.sign_in(0).await?;
        session.ok_or_else(|| Trouble("the owner cannot sign in".to_owned()))
    }

    /// Returns the id of a group by its name.
    pub(super) fn group(&self, name: &str) -> &str {
        let mut teams = self.company.teams.iter();
        let found = teams.position(|team| team.name == name);
        found.map_or("", |place| &self.groups[place])
    }

    /// Maps a group to a role, or clears its mapping, as an admin.
    pub(super) async fn map(&self, session: &str, name: &str, role: Value) -> Result<(), Trouble> {
        let path = format!("/scim/groups/{}/role-mapping", self.group(name));
        let body = json!({"role_id": role});
        self.admin(session, Method::PUT, &path, body).await?;
        Ok(())
    }
}

/// Pushes people from a thread of its own, whose clock is behind too. Returns their ids.
fn hire_apart(
    caller: Caller<'_>,
    token: &str,
    bodies: &[Value],
    at: Timestamp,
) -> Result<Vec<String>, Trouble> {
    let _clock = PastClock::begin(at);
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Trouble(error.to_string()))?;
    runtime.block_on(async {
        let mut ids = Vec::with_capacity(bodies.len());
        for body in bodies {
            let url = format!("{BASE_PATH}/Users");
            let pushed = caller.send(Method::POST, &url, token, Some(body)).await?;
            ids.push(text(&pushed.1, "/id"));
        }
        Ok(ids)
    })
}

/// Returns what is known of an identity provider.
pub(super) fn facts(source: Source) -> &'static super::company::Facts {
    let mut all = SOURCES.iter();
    all.find(|facts| facts.source == source)
        .unwrap_or(&SOURCES[0])
}

pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Returns a text of a response, or an empty one.
pub(super) fn text(answer: &Value, path: &str) -> String {
    let text = answer.pointer(path).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
