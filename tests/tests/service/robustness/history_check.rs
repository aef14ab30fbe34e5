//! What holds after a history, whatever happened in it.

use std::collections::BTreeSet;
use std::time::Duration;

use rollcall_directory::Origin;
use rollcall_tests::audit::{World, audit};
use rollcall_tests::replay::assert_feed_matches;
use rollcall_tests::service::Service;
use serde_json::{Value, json};

use super::history::{Credential, History};

impl History {
    /// Completes what was interrupted, and reads the tenant; `None` if it was deleted.
    pub(crate) async fn settle(&self) -> Option<World> {
        let directory = self.tenant.directory();
        if self.told.tenant_deleted && directory.lifecycle().read().await.is_err() {
            return None;
        }
        directory.members().sweep().await.unwrap();
        Some(audit(&self.senders.idp).await)
    }

    /// Checks the history, after everything that follows from it was processed.
    pub(crate) async fn check(&self, service: &Service, world: Option<&World>) {
        let seed = self.seed;
        let Some(world) = world else {
            self.check_nothing_lives(service).await;
            return;
        };
        check_names(world, seed);
        self.check_events(service, world).await;
        self.check_roles(service).await;
        self.check_credentials(world).await;
        self.check_stored(service, world).await;
        for id in &self.told.people {
            let is_kept = world.users.contains_key(id) || self.told.given_up.contains(id);
            assert!(is_kept, "seed {seed}: {id} is lost");
        }
    }

    /// Nothing of a deleted tenant lets anybody in.
    async fn check_nothing_lives(&self, service: &Service) {
        let seed = self.seed;
        let first = self.tenant.token().to_owned();
        let tokens = self.told.connections.iter().map(|(_, token)| token);
        for token in tokens.chain([&first]) {
            self.assert_token(token, false).await;
        }
        for credential in &self.told.credentials {
            self.assert_credential(credential, false).await;
        }
        for link in &self.told.links {
            let directory = service.directory();
            let opened = directory.open_portal_link(link, "opened", Origin::default());
            let is_open = matches!(opened.await, Ok(Some(_)));
            assert!(!is_open, "seed {seed}: a link opens a deleted tenant");
        }
        for session in &self.told.sessions {
            let answer = self.senders.application.introspect(session).await;
            assert_eq!(answer.body["active"], false, "seed {seed}");
        }
    }

    /// Every change has exactly one place in the feed, the chain of hashes holds, and the events describe the tenant.
    async fn check_events(&self, service: &Service, world: &World) {
        let seed = self.seed;
        let journal = self.tenant.directory().journal();
        let unplaced = journal.unplaced().await.unwrap();
        assert_eq!(unplaced, Vec::<String>::new(), "seed {seed}");
        let events = journal.events(0, 500).await.unwrap();
        let sequences = events.iter().map(|event| event.sequence);
        let count = events.len() as u64;
        assert!(sequences.eq(1..=count), "seed {seed}: the feed has a gap");
        let verified = journal.verify(0, 500).await.unwrap();
        assert_eq!(verified.faults, [], "seed {seed}");
        let events: Vec<Value> = events.iter().map(|event| json!(event)).collect();
        let ids: BTreeSet<&str> = events.iter().filter_map(|it| it["id"].as_str()).collect();
        assert_eq!(
            ids.len(),
            events.len(),
            "seed {seed}: an event has two places"
        );
        let entries = service.journal(&self.tenant).await;
        for entry in &entries {
            let id = entry["SK"].as_str().unwrap_or_default();
            let is_placed = ids.iter().any(|event| event.starts_with(id));
            assert!(is_placed, "seed {seed}: no event of {entry}");
        }
        assert_feed_matches(&events, world);
    }

    /// The roles are those that follow from grants and groups: a pass over all people changes none.
    async fn check_roles(&self, service: &Service) {
        let seed = self.seed;
        let directory = self.tenant.directory();
        let entries = service.journal(&self.tenant).await.len();
        let late = tokio::time::Instant::now() + Duration::from_secs(60);
        let left = directory.roles().reconcile_all(None, late).await.unwrap();
        assert_eq!(left, None, "seed {seed}");
        let after = service.journal(&self.tenant).await.len();
        assert_eq!(after, entries, "seed {seed}: a role was wrong");
    }

    /// Tokens and OAuth clients that were revoked or whose connections were deleted, and sessions of people who are gone or inactive, let nobody in.
    async fn check_credentials(&self, world: &World) {
        let seed = self.seed;
        for (connection, token) in &self.told.connections {
            let lives = !self.told.deleted_connections.contains(connection);
            self.assert_token(token, lives).await;
        }
        for credential in &self.told.credentials {
            let ended = self
                .told
                .deleted_connections
                .contains(&credential.connection);
            let revoked = self.told.revoked.contains(&credential.id);
            self.assert_credential(credential, !ended && !revoked).await;
        }
        for session in &self.told.sessions {
            let answer = self.senders.application.introspect(session).await.body;
            if answer["active"] != true {
                continue;
            }
            let is_out = self.told.signed_out.contains(session);
            assert!(!is_out, "seed {seed}: a session lives after its end");
            let person = answer["user"]["id"].as_str().unwrap_or_default();
            let user = world.users.get(person);
            let active = user.is_some_and(|user| user["active"] != false);
            assert!(active, "seed {seed}: a session of {user:?}: {answer}");
        }
    }

    async fn assert_credential(&self, credential: &Credential, lives: bool) {
        if !credential.is_client {
            return self.assert_token(&credential.secret, lives).await;
        }
        let asked = self
            .senders
            .idp
            .ask_for_token(&credential.id, &credential.secret);
        let is_good = asked.await.status == 200;
        assert_eq!(is_good, lives, "seed {}: an OAuth client", self.seed);
    }

    async fn assert_token(&self, token: &str, lives: bool) {
        let idp = self.senders.idp.with_token(Some(token));
        let status = idp.get("/Users?count=0").await.status;
        let expected = if lives { 200 } else { 401 };
        assert_eq!(status, expected, "seed {}", self.seed);
    }

    /// The items beside the resources are those of the resources: names, memberships, and no open intents.
    async fn check_stored(&self, service: &Service, world: &World) {
        let seed = self.seed;
        assert_eq!(self.stored(service, "#I").await, [""; 0], "seed {seed}");
        for (suffix, resources, name) in [
            ("#UN", &world.users, "userName"),
            ("#GN", &world.groups, "displayName"),
        ] {
            let names = resources.values().filter_map(|it| it[name].as_str());
            let mut names: Vec<String> = names.map(str::to_lowercase).collect();
            names.sort();
            let stored = self.stored(service, suffix).await;
            assert_eq!(stored, names, "seed {seed}: names");
        }
        for group in &self.told.groups {
            let members: Vec<String> = world.members(group).into_iter().collect();
            let stored = self.stored(service, &format!("#M#{group}")).await;
            assert_eq!(stored, members, "seed {seed}: members of {group}");
        }
    }

    /// Returns the sort keys of a partition of the tenant.
    async fn stored(&self, service: &Service, suffix: &str) -> Vec<String> {
        use aws_sdk_dynamodb::types::AttributeValue::S;
        let partition = format!("T#{}{suffix}", self.tenant.id());
        let query = service.client().query().table_name(service.table());
        let query = query.key_condition_expression("PK = :pk");
        let query = query.expression_attribute_values(":pk", S(partition));
        let found = query.send().await.unwrap();
        let sort = found
            .items()
            .iter()
            .filter_map(|item| item["SK"].as_s().ok());
        sort.cloned().collect()
    }
}

fn check_names(world: &World, seed: u64) {
    for (resources, name) in [(&world.users, "userName"), (&world.groups, "displayName")] {
        let names = resources.values().filter_map(|it| it[name].as_str());
        let names: BTreeSet<String> = names.map(str::to_lowercase).collect();
        assert_eq!(
            names.len(),
            resources.len(),
            "seed {seed}: a name is given twice"
        );
    }
}
