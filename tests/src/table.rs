//! An embedded DynamoDB for a single test, which can be filled with tens of thousands of users.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_sdk_dynamodb::types::{AttributeValue as SdkValue, ReturnValue};
use dynoxide::{AttributeValue, Database, ImportOptions};
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{
    Ceilings, Directory, KeyRing, NewTenant, Settings, Tenant, TenantId, USERS, create_table,
};
use rollcall_scim::{Projection, Resource};
use serde_json::json;
use tempfile::TempDir;

use crate::faults::Faults;
use crate::urn;

const NAME: &str = "rollcall";
const ARCHIVE: &str = "rollcall-archive";

/// A table in memory.
pub struct TestTable {
    database: Database,
    endpoint: String,
    client: Client,
    key_ring: KeyRing,
    _folder: Option<TempDir>,
}

impl TestTable {
    /// Starts an empty table that listens on the loopback interface.
    ///
    /// # Panics
    /// Panics when the table cannot be started.
    pub async fn start() -> TestTable {
        let database = Database::memory().unwrap_or_else(|error| panic!("{error:?}"));
        Self::of(database, None).await
    }

    /// Starts an empty table like [`Self::start`], in a file that is deleted with it: for more than fits into memory.
    ///
    /// # Panics
    /// Panics when the table cannot be started.
    pub async fn start_in_file() -> TestTable {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let path = folder.path().join("table.db");
        let database = Database::new(&path.to_string_lossy());
        Self::of(
            database.unwrap_or_else(|error| panic!("{error:?}")),
            Some(folder),
        )
        .await
    }

    async fn of(database: Database, folder: Option<TempDir>) -> TestTable {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("{error}"));
        let endpoint = listener
            .local_addr()
            .map(|address| format!("http://{address}"));
        let endpoint = endpoint.unwrap_or_else(|error| panic!("{error}"));
        tokio::spawn(dynoxide::server::serve_on(listener, database.clone()));
        let client = client(&endpoint, plain_http());
        create_table::create_table(&client, NAME)
            .await
            .unwrap_or_else(|error| panic!("{error:?}"));
        TestTable {
            database,
            endpoint,
            client,
            key_ring: KeyRing::fixed(KeyRing::new_secret()),
            _folder: folder,
        }
    }

    /// Returns a directory that uses this table.
    pub fn directory(&self) -> Directory {
        Directory::new(self.client.clone(), NAME).with_keys(self.key_ring.clone())
    }

    /// Returns a directory that uses this table and an archive, which is new.
    ///
    /// # Panics
    /// Panics when the archive cannot be created.
    pub async fn archiving(&self) -> Directory {
        create_table::create_table(&self.client, ARCHIVE)
            .await
            .unwrap_or_else(|error| panic!("{error:?}"));
        self.directory().with_archive(ARCHIVE)
    }

    /// Returns the types and subjects of what was archived, in order.
    ///
    /// # Panics
    /// Panics when the archive cannot be read.
    pub async fn archived(&self) -> Vec<(String, String)> {
        let scan = self.client.scan().table_name(ARCHIVE).send().await;
        let scan = scan.unwrap_or_else(|error| panic!("{error:?}"));
        let text = |item: &HashMap<String, SdkValue>, name: &str| {
            let value = item.get(name).and_then(|value| value.as_s().ok());
            value.cloned().unwrap_or_default()
        };
        let items = scan.items().iter();
        items
            .map(|item| (text(item, "type"), text(item, "subject")))
            .collect()
    }

    /// Returns the directory of another process, with faults of its own.
    pub fn other_process(&self) -> (Directory, Faults) {
        let faults = Faults::around(plain_http());
        let client = client(&self.endpoint, faults.client());
        let directory = Directory::new(client, NAME).with_keys(self.key_ring.clone());
        (directory, faults)
    }

    /// Creates a tenant without a rate limit.
    ///
    /// # Panics
    /// Panics when the tenant cannot be created.
    pub async fn tenant(&self, name: &str) -> Tenant {
        let id: TenantId = name.parse().unwrap_or_else(|error| panic!("{error}"));
        let settings = Settings {
            rate_limit: None,
            ..Settings::default()
        };
        let new = NewTenant {
            id,
            name: name.to_owned(),
            settings,
            ceilings: Ceilings::default(),
        };
        self.directory()
            .create_tenant(new)
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Creates `count` users named `seed-000000`, `seed-000001`, … and returns their ids in order.
    ///
    /// The directory creates the first user; the others are copies of the items that it wrote.
    ///
    /// # Panics
    /// Panics when a stored user no longer has the expected items.
    pub async fn seed_users(&self, tenant: &Tenant, count: usize) -> Vec<String> {
        let first = user(tenant, &name_of(0)).await;
        let patterns = self.items_about(&first).await;
        assert!(
            patterns.len() >= 2,
            "a user needs at least an item and a name: {patterns:?}"
        );
        let mut ids = vec![first.clone()];
        let mut items = Vec::new();
        for number in 1..count {
            let id = uuid::Uuid::now_v7().to_string();
            let rename = |text: &str| {
                text.replace(&first, &id)
                    .replace(&name_of(0), &name_of(number))
            };
            for pattern in &patterns {
                items.push(
                    pattern
                        .iter()
                        .map(|(name, value)| (name.clone(), copy(value, &rename)))
                        .collect(),
                );
            }
            ids.push(id);
        }
        self.import(items);
        self.count_up(tenant, count - 1).await;
        ids
    }

    /// Adds members to a group that has at least one. They are copies of that membership, and ids of nobody that sort
    /// after those of the people so far.
    ///
    /// # Panics
    /// Panics when a stored membership no longer has the expected attributes.
    pub async fn seed_members(&self, tenant: &Tenant, group: &str, count: usize) {
        let partition = format!("T#{}#M#{group}", tenant.id());
        let members = self.items(|it| it == partition).await;
        let pattern = members.first().cloned().unwrap_or_default();
        let member = pattern.get("SK").and_then(|value| value.as_s().ok());
        let member = member.cloned().unwrap_or_default();
        let another = |_| {
            let id = uuid::Uuid::now_v7().to_string();
            let rename = |text: &str| text.replace(&member, &id);
            let copied = pattern.iter();
            let copied = copied.map(|(name, value)| (name.clone(), copy(value, &rename)));
            copied.collect()
        };
        self.import((0..count).map(another).collect());
        let groups = format!("T#{}#G", tenant.id());
        self.add(&groups, group, "members", count as u64).await;
    }

    /// Returns every item that contains the id, except journal entries.
    async fn items_about(&self, id: &str) -> Vec<HashMap<String, SdkValue>> {
        let scanned = self
            .client
            .scan()
            .table_name(NAME)
            .send()
            .await
            .unwrap_or_else(|error| panic!("{error:?}"));
        let about = |item: &&HashMap<String, SdkValue>| {
            let text = format!("{item:?}");
            text.contains(id) && !text.contains("request_id")
        };
        scanned.items().iter().filter(about).cloned().collect()
    }

    /// Creates `count` journal entries about other people, made at this time and the milliseconds after it, and returns
    /// their ids. They are copies of an entry that the directory wrote.
    ///
    /// # Panics
    /// Panics when the tenant has no journal entry.
    pub async fn seed_entries(&self, tenant: &Tenant, at: Timestamp, count: u64) -> Vec<String> {
        let journal = format!("T#{}#J", tenant.id());
        let entries = self.items(|partition| partition == journal).await;
        let pattern = entries.first().cloned().unwrap_or_default();
        let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
        let mut ids = Vec::new();
        for number in 0..count {
            let random = uuid::Uuid::now_v7().into_bytes();
            let mut tail = [0; 10];
            tail.copy_from_slice(&random[6..]);
            let id = uuid::Builder::from_unix_timestamp_millis(millis + number, &tail);
            let id = id.into_uuid().to_string();
            let other = uuid::Uuid::now_v7().to_string();
            let subject = [("type", "user"), ("id", &other), ("name", "other")];
            let subject =
                subject.map(|(name, text)| (name.to_owned(), SdkValue::S(text.to_owned())));
            let time = at + SignedDuration::from_millis(number.cast_signed());
            let mut item = pattern.clone();
            item.insert("SK".to_owned(), SdkValue::S(id.clone()));
            item.insert("at".to_owned(), SdkValue::S(time.to_string()));
            item.insert("request_id".to_owned(), SdkValue::S(other));
            item.insert("subject".to_owned(), SdkValue::M(subject.into()));
            let kind = SdkValue::S("user.sessions_ended".to_owned());
            item.insert("type".to_owned(), kind);
            item.remove("placed_at");
            self.put(item).await;
            ids.push(id);
        }
        ids
    }

    /// Writes an item without a check.
    ///
    /// # Panics
    /// Panics when the item cannot be written.
    pub async fn put(&self, item: HashMap<String, SdkValue>) {
        let put = self.client.put_item().table_name(NAME).set_item(Some(item));
        put.send().await.unwrap_or_else(|error| panic!("{error:?}"));
    }

    /// Changes an attribute of an item as no version of the service does; `partition` is what follows the tenant in `PK`.
    /// Returns the attribute's value before.
    pub async fn damage(
        &self,
        tenant: &Tenant,
        (partition, sort): (&str, &str),
        attribute: &str,
        value: Option<SdkValue>,
    ) -> Option<SdkValue> {
        let partition = format!("T#{}{partition}", tenant.id());
        let change = match value {
            Some(_) => "SET #a = :value",
            None => "REMOVE #a",
        };
        let mut update = self
            .client
            .update_item()
            .table_name(NAME)
            .key("PK", SdkValue::S(partition))
            .key("SK", SdkValue::S(sort.to_owned()))
            .update_expression(change)
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_names("#a", attribute)
            .return_values(ReturnValue::AllOld);
        if let Some(value) = value {
            update = update.expression_attribute_values(":value", value);
        }
        let old = update
            .send()
            .await
            .unwrap_or_else(|error| panic!("{error:?}"));
        old.attributes?.remove(attribute)
    }

    /// Removes an item; `partition` is what follows the tenant in `PK`. Returns it.
    ///
    /// # Panics
    /// Panics when there is none.
    pub async fn remove(
        &self,
        tenant: &Tenant,
        (partition, sort): (&str, &str),
    ) -> HashMap<String, SdkValue> {
        let partition = format!("T#{}{partition}", tenant.id());
        let delete = self.client.delete_item().table_name(NAME);
        let delete = delete
            .key("PK", SdkValue::S(partition.clone()))
            .key("SK", SdkValue::S(sort.to_owned()))
            .return_values(ReturnValue::AllOld);
        let old = delete
            .send()
            .await
            .unwrap_or_else(|error| panic!("{error:?}"));
        old.attributes
            .unwrap_or_else(|| panic!("no item {partition} {sort}"))
    }

    /// Returns the keys of the tenant's index items, and of those that say what an index covers.
    pub async fn index_keys(&self, tenant: &Tenant) -> Vec<(String, String)> {
        let prefixes = ["JS#", "JR#", "W", "Z"].map(|it| format!("T#{}#{it}", tenant.id()));
        let is_index = |partition: &str| prefixes.iter().any(|it| partition.starts_with(it));
        let text = |item: &HashMap<String, SdkValue>, name: &str| {
            let value = item.get(name).and_then(|value| value.as_s().ok());
            value.cloned().unwrap_or_default()
        };
        let items = self.items(is_index).await.into_iter();
        let mut keys: Vec<_> = items.map(|it| (text(&it, "PK"), text(&it, "SK"))).collect();
        keys.sort();
        keys
    }

    /// Returns how many items the tenant has in a partition; `partition` is what follows the tenant in `PK`.
    pub async fn count(&self, tenant: &Tenant, partition: &str) -> usize {
        let wanted = format!("T#{}{partition}", tenant.id());
        self.items(|it| it == wanted).await.len()
    }

    /// Ends the tenant's leases on work that is not done, as if their time were over.
    pub async fn end_leases(&self, tenant: &Tenant) {
        let leases = format!("T#{}#O", tenant.id());
        for mut item in self.items(|it| it == leases).await {
            let is_done = item.get("done") == Some(&SdkValue::Bool(true));
            if item.contains_key("claimed_until") && !is_done {
                let ended = SdkValue::N("0".to_owned());
                item.insert("claimed_until".to_owned(), ended);
                self.put(item).await;
            }
        }
    }

    /// Deletes the tenant's indexes, as if they had never existed.
    pub async fn forget_indexes(&self, tenant: &Tenant) {
        for (partition, sort) in self.index_keys(tenant).await {
            let delete = self.client.delete_item().table_name(NAME);
            let delete = delete.key("PK", SdkValue::S(partition));
            let delete = delete.key("SK", SdkValue::S(sort)).send().await;
            delete.unwrap_or_else(|error| panic!("{error:?}"));
        }
    }

    /// Removes from the index of words what an earlier version did not write: which words are of addresses.
    pub async fn forget_words_of_addresses(&self, tenant: &Tenant) {
        let own = format!("T#{}#W", tenant.id());
        for mut item in self.items(|partition| partition.starts_with(&own)).await {
            if item
                .remove("address")
                .or(item.remove("addresses"))
                .is_some()
            {
                let put = self.client.put_item().table_name(NAME);
                let put = put.set_item(Some(item)).send().await;
                put.unwrap_or_else(|error| panic!("{error:?}"));
            }
        }
    }

    async fn items(&self, wanted: impl Fn(&str) -> bool) -> Vec<HashMap<String, SdkValue>> {
        let (mut items, mut after) = (Vec::new(), None);
        loop {
            let scan = self.client.scan().table_name(NAME);
            let page = scan.set_exclusive_start_key(after).send().await;
            let page = page.unwrap_or_else(|error| panic!("{error:?}"));
            let is_wanted = |item: &HashMap<String, SdkValue>| {
                let partition = item.get("PK").and_then(|value| value.as_s().ok());
                partition.is_some_and(|partition| wanted(partition))
            };
            items.extend(page.items.into_iter().flatten().filter(is_wanted));
            after = page.last_evaluated_key;
            if after.is_none() {
                return items;
            }
        }
    }

    /// Returns all items of a tenant.
    pub async fn items_of(&self, tenant: &Tenant) -> Vec<HashMap<String, SdkValue>> {
        let (own, below) = (format!("T#{}", tenant.id()), format!("T#{}#", tenant.id()));
        self.items(|it| it == own || it.starts_with(&below)).await
    }

    /// Adds items to the table without a call of DynamoDB's API.
    pub(crate) fn import(&self, items: Vec<HashMap<String, AttributeValue>>) {
        let imported = self
            .database
            .import_items(NAME, items, ImportOptions::default());
        imported.unwrap_or_else(|error| panic!("{error:?}"));
    }

    async fn count_up(&self, tenant: &Tenant, by: usize) {
        let partition = format!("T#{}#C", tenant.id());
        self.add(&partition, "U#00", "amount", by as u64).await;
    }

    /// Adds to a number of an item. Returns the sum.
    pub(crate) async fn add(&self, partition: &str, sort: &str, number: &str, by: u64) -> u64 {
        let output = self
            .client
            .update_item()
            .table_name(NAME)
            .key("PK", SdkValue::S(partition.to_owned()))
            .key("SK", SdkValue::S(sort.to_owned()))
            .update_expression("ADD #number :by")
            .expression_attribute_names("#number", number)
            .expression_attribute_values(":by", SdkValue::N(by.to_string()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .unwrap_or_else(|error| panic!("{error:?}"));
        let item = output.attributes.unwrap_or_default();
        let sum = item.get(number).and_then(|sum| sum.as_n().ok());
        sum.and_then(|sum| sum.parse().ok()).unwrap_or_default()
    }
}

/// Returns the name of a seeded user.
pub fn name_of(number: usize) -> String {
    format!("seed-{number:06}")
}

/// Creates a user with every attribute that identity providers use for look-ups.
async fn user(tenant: &Tenant, name: &str) -> String {
    let body = json!({
        "schemas": [urn::USER], "userName": name, "externalId": format!("x-{name}"), "active": true,
        "displayName": format!("d-{name}"), "name": {"givenName": "Seed", "familyName": name},
        "emails": [{"type": "work", "value": format!("{name}@example.test"), "primary": true}],
    });
    let resource =
        Resource::parse(USERS.resource_type, body).unwrap_or_else(|error| panic!("{error}"));
    let created = tenant
        .resources()
        .create(&USERS, resource, &Projection::all())
        .await;
    let created = created.unwrap_or_else(|error| panic!("{error}"));
    created
        .answer
        .get("id")
        .and_then(|id| id.as_str())
        .unwrap_or_default()
        .to_owned()
}

fn copy(value: &SdkValue, rename: &impl Fn(&str) -> String) -> AttributeValue {
    match value {
        // A time is written without zeros at its end: the copies of one would be smaller in one of ten runs.
        SdkValue::S(text) => AttributeValue::S(match text.parse::<jiff::Timestamp>() {
            Ok(time) => format!("{time:.3}"),
            Err(_) => rename(text),
        }),
        SdkValue::N(number) => AttributeValue::N(number.clone()),
        SdkValue::Bool(flag) => AttributeValue::BOOL(*flag),
        SdkValue::M(entries) => {
            let entries = entries.iter();
            let copied = entries.map(|(name, value)| (name.clone(), copy(value, rename)));
            AttributeValue::M(copied.collect())
        }
        other => panic!("a new user has an unexpected attribute value: {other:?}"),
    }
}

fn plain_http() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

fn client(endpoint: &str, http: SharedHttpClient) -> Client {
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .retry_config(retries)
        .http_client(http)
        .build();
    Client::from_conf(config)
}
