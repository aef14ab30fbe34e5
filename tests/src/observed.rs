//! A tenant with a connection that is only observed.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_directory::{Role, Settings};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::idp::{Answer, Idp};
use crate::scene::Scene;
use crate::service::Service;
use crate::urn;

/// A tenant with a connection that is only observed.
#[derive(Debug)]
pub struct Observed {
    /// The tenant.
    pub scene: Scene,
    /// The id of the connection.
    pub connection: String,
    /// Its identity provider.
    pub idp: Idp,
}

impl Observed {
    /// Creates a tenant with such a connection.
    pub async fn create(service: &Service, name: &str, settings: Settings) -> Self {
        Self::replacing(scene(service, name, settings).await).await
    }

    /// Deletes the tenant's connection, so that the one to observe is the only one.
    pub async fn replacing(scene: Scene) -> Self {
        let credentials = scene.tenant.directory().credentials();
        let old = scene.tenant.connection_id();
        credentials.delete_connection(old).await.unwrap();
        let (connection, idp) = scene.another("Observed").await;
        let this = Self {
            scene,
            connection,
            idp,
        };
        let set = this.set(json!({"observing": true})).await.expect(200);
        assert_eq!(set.body["observing"], true);
        this
    }

    /// Returns the path of the connection.
    pub fn path(&self) -> String {
        let id = &self.connection;
        self.scene.path(&format!("/connections/{id}"))
    }

    /// Changes rules of the connection.
    pub async fn set(&self, change: Value) -> Answer {
        self.scene.application.patch(&self.path(), change).await
    }

    /// Pushes a person with this name.
    pub async fn push(&self, name: &str) -> Answer {
        let person = json!({"schemas": [urn::USER], "userName": name});
        self.idp.post("/Users", person).await
    }

    /// Deactivates a person.
    pub async fn deactivate(&self, person: &str) {
        let change = json!([{"op": "replace", "path": "active", "value": false}]);
        let path = format!("/Users/{person}");
        self.idp.patch(&path, change).await.expect(200);
    }

    /// Takes a person out of a group.
    pub async fn leave(&self, group: &str, person: &str) {
        let path = format!("members[value eq \"{person}\"]");
        let change = json!([{"op": "remove", "path": path}]);
        let group = format!("/Groups/{group}");
        self.idp.patch(&group, change).await.expect(204);
    }

    /// Maps a group to a role.
    pub async fn map(&self, group: &str, role: Role) {
        let roles = self.scene.tenant.directory().roles();
        roles.map_group(group, Some(role)).await.unwrap();
    }

    /// The state and the role of a person.
    pub async fn of(&self, person: &str) -> (String, Value) {
        let read = self.scene.at_tenant(&format!("/users/{person}")).await;
        let read = read.expect(200);
        (read.string("/state"), read.body["role"].clone())
    }

    /// What would change, by the name of the person.
    pub async fn changes(&self) -> BTreeMap<String, Value> {
        let list = format!("{}/observed", self.path());
        let list = self.scene.application.get(&list).await.expect(200);
        assert!(list.body.get("next").is_none());
        let items = list.body["items"].as_array().unwrap().clone();
        let named = items.into_iter().map(|one| {
            let name = one["person"]["name"].as_str().unwrap().to_owned();
            (name, one)
        });
        named.collect()
    }

    /// Makes the connection real.
    pub async fn make_real(&self) {
        let set = self.set(json!({"observing": false})).await.expect(200);
        assert_eq!(set.body["observing"], false);
    }

    /// Does the work of the reconciler: each piece twice, as if it had been killed in between.
    pub async fn apply(&self) {
        let tenant = self.scene.tenant.directory();
        let soon = || Instant::now() + Duration::from_secs(20);
        for _ in 0..2 {
            let none = tenant.roles().make_real(&self.connection, None, soon());
            assert_eq!(none.await.unwrap(), None);
        }
        for _ in 0..2 {
            let released = tenant.sign_in().release_held(None, usize::MAX).await;
            assert!(released.failed.is_none() && released.next.is_none());
        }
        tenant.roles().is_made_real(&self.connection).await.unwrap();
    }

    /// Returns how many journal entries of this kind there are.
    pub async fn told(&self, service: &Service, kind: &str) -> usize {
        let journal = service.journal(&self.scene.tenant).await;
        journal.iter().filter(|entry| entry["type"] == kind).count()
    }
}

/// Creates a tenant to observe a connection in.
pub async fn scene(service: &Service, name: &str, settings: Settings) -> Scene {
    Scene {
        application: service.application(),
        tenant: service.tenant_with(name, settings).await,
    }
}

/// Returns settings without a rate limit.
pub fn fast() -> Settings {
    Settings {
        rate_limit: None,
        ..Settings::default()
    }
}
