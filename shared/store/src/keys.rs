//! Every key of the table. None can be built without a tenant.
//!
//! | item | PK | SK |
//! |---|---|---|
//! | tenant | `T#<tenant>` | `TENANT` |
//! | connection | `T#<tenant>` | `CONN#<id>` |
//! | role mapping | `T#<tenant>` | `ROLEMAP#<group id>` |
//! | active owners | `T#<tenant>` | `OWNERS` |
//! | session, portal link | `T#<tenant>#S` | SHA-256 of the secret, hex |
//! | session of a person | `T#<tenant>#P#<user id>` | `<milliseconds>#<SHA-256 of the secret>` |
//! | token | `T#<tenant>#K` | SHA-256 of the token, hex |
//! | user, group | `T#<tenant>#U`, `…#G` | id (UUIDv7: listing is in order of creation) |
//! | tombstone | `T#<tenant>#UD`, `…#GD` | id |
//! | name of a deleted connection | `T#<tenant>#CD` | id |
//! | unique name | `T#<tenant>#UN`, `…#GN` | folded `userName`, `displayName` |
//! | look-up | `T#<tenant>#UX#<value>`, `UE`, `UL`, `GX` | id |
//! | membership | `T#<tenant>#M#<group id>` | member id |
//! | count shard | `T#<tenant>#C` | `<U or G>#<shard>` |
//! | journal entry | `T#<tenant>#J` | UUIDv7 |
//! | event | `T#<tenant>#F` | its sequence; `HEAD` holds the last sequence given, `PLACED` the journal entry up to which all have one |
//! | logged request | `T#<tenant>#Q` | UUIDv7 |
//! | digest of the request log | `T#<tenant>#D` | `KEPT`, `DAY#<days since 1970>` |
//! | reconciliation of a group | `T#<tenant>#R` | group id |
//! | sign-in of the last days | `T#<tenant>#L` | UUIDv7 of its journal entry |
//! | who claims a group at sign-in | `T#<tenant>#A#<group id>` | user id |
//! | lease on work to be done once | `T#<tenant>#O` | the work |
//! | form that was used | `T#<tenant>#X` | the form's id |
//! | page bookmark | `T#<tenant>#B` | `<reader>#<query>#<startIndex>` |
//! | open intent | `T#<tenant>#I` | id |
//! | step of an intent | `T#<tenant>#I#<id>` | number |
//! | intent that is not open yet | `T#<tenant>#IP` | id |
//!
//! Two things belong to the stack and to no tenant: the list of tenants (`S#TENANTS`) and the application's service
//! keys (`S#KEYS`).

use rollcall_model::{Kind, TenantId, sha256_hex};

/// Longest name that stands in a sort key as it is; DynamoDB allows 1,024 bytes.
const MAX_NAME_BYTES: usize = 900;
/// Longest value that stands in a partition key as it is; DynamoDB allows 2,048 bytes.
const MAX_VALUE_BYTES: usize = 1_500;
/// Number of items over which the count of a kind is spread.
pub const COUNT_SHARDS: u8 = 16;

/// The partition key of one item collection of one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition(String);

impl Partition {
    /// Returns the key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the tenant whose journal has this partition key; `None` for every other partition.
    pub fn journal_of(partition: &str) -> Option<TenantId> {
        let tenant = partition.strip_prefix("T#")?.strip_suffix("#J")?;
        tenant.parse().ok()
    }

    /// Returns the key of one item of the partition.
    pub fn at(&self, sort: impl Into<String>) -> Key {
        Key {
            partition: self.clone(),
            sort: sort.into(),
        }
    }
}

/// The full key of one item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub(crate) partition: Partition,
    pub(crate) sort: String,
}

impl Key {
    /// Returns the sort key.
    pub fn sort(&self) -> &str {
        &self.sort
    }
}

/// The partitions and keys of one tenant.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a>(&'a TenantId);

impl<'a> Keys<'a> {
    /// Returns the keys of a tenant.
    pub fn of(tenant: &'a TenantId) -> Self {
        Self(tenant)
    }

    fn partition(self, suffix: &str) -> Partition {
        Partition(format!("T#{}{suffix}", self.0))
    }

    /// The tenant itself, its connections and its role mappings.
    pub fn config(self) -> Partition {
        self.partition("")
    }

    /// The tenant and its settings.
    pub fn tenant(self) -> Key {
        self.config().at(TENANT)
    }

    /// The mark of a deleted tenant, which keeps its id from being used again.
    pub fn deleted_tenant(self) -> Key {
        self.config().at("DELETED")
    }

    /// A connection.
    pub fn connection(self, id: &str) -> Key {
        self.config().at(format!("{CONNECTION}{id}"))
    }

    /// The name of a deleted connection.
    pub fn deleted_connection(self, id: &str) -> Key {
        self.partition("#CD").at(id)
    }

    /// The role mapping of a group.
    pub fn mapping(self, group: &str) -> Key {
        self.config().at(format!("{MAPPING}{group}"))
    }

    /// The ids of the active owners.
    pub fn owners(self) -> Key {
        self.config().at("OWNERS")
    }

    /// Sessions and portal links, by the hash of their secret.
    pub fn sessions(self) -> Partition {
        self.partition("#S")
    }

    /// The sessions of one person by the time they began; each leads to the session itself.
    pub fn sessions_of(self, user: &str) -> Partition {
        self.partition(&format!("#P#{user}"))
    }

    /// Tokens, by their hash.
    pub fn tokens(self) -> Partition {
        self.partition("#K")
    }

    /// Users or groups, in order of creation.
    pub fn resources(self, kind: &Kind) -> Partition {
        self.partition(&format!("#{}", kind.code))
    }

    /// A user or group.
    pub fn resource(self, kind: &Kind, id: &str) -> Key {
        self.resources(kind).at(id)
    }

    /// What remains of a deleted user or group.
    pub fn tombstone(self, kind: &Kind, id: &str) -> Key {
        self.partition(&format!("#{}D", kind.code)).at(id)
    }

    /// Unique names, in their order.
    pub fn names(self, kind: &Kind) -> Partition {
        self.partition(&format!("#{}N", kind.code))
    }

    /// A unique name, folded as `rollcall_scim::fold` does.
    pub fn name(self, kind: &Kind, folded: &str) -> Key {
        self.names(kind).at(bounded(folded, MAX_NAME_BYTES))
    }

    /// The ids of the resources with one value of a look-up attribute.
    pub fn lookup(self, kind: &Kind, code: &str, value: &str) -> Partition {
        let value = bounded(value, MAX_VALUE_BYTES);
        self.partition(&format!("#{}{code}#{value}", kind.code))
    }

    /// The memberships of a group, by member id.
    pub fn members(self, group: &str) -> Partition {
        self.partition(&format!("#M#{group}"))
    }

    /// One membership.
    pub fn member(self, group: &str, member: &str) -> Key {
        self.members(group).at(member)
    }

    /// The shards of all counts.
    pub(crate) fn counts(self) -> Partition {
        self.partition("#C")
    }

    /// One shard of the count of a kind.
    pub fn count(self, kind: &Kind, shard: u8) -> Key {
        self.counts().at(format!("{}#{shard:02}", kind.code))
    }

    /// Journal entries, by id.
    pub fn journal(self) -> Partition {
        self.partition("#J")
    }

    /// The events of the feed, and how far it has come.
    pub(crate) fn feed(self) -> Partition {
        self.partition("#F")
    }

    /// The event of a sequence.
    pub fn event(self, sequence: u64) -> Key {
        self.feed().at(format!("{sequence:016}"))
    }

    /// The last sequence that was given.
    pub fn event_head(self) -> Key {
        self.feed().at("HEAD")
    }

    /// The journal entry up to which every entry has its sequence.
    pub fn all_placed(self) -> Key {
        self.feed().at("PLACED")
    }

    /// The request log, by id.
    pub fn requests(self) -> Partition {
        self.partition("#Q")
    }

    /// The digest of the request log.
    pub fn digest(self) -> Partition {
        self.partition("#D")
    }

    /// The progress of reconciliations, by group id.
    pub fn reconciliations(self) -> Partition {
        self.partition("#R")
    }

    /// The sign-ins of the last days.
    pub fn sign_ins(self) -> Partition {
        self.partition("#L")
    }

    /// The people whose last sign-in named the group in its `groups` claim.
    pub fn claimants(self, group: &str) -> Partition {
        self.partition(&format!("#A#{group}"))
    }

    /// Leases on work that is to be done once.
    pub fn leases(self) -> Partition {
        self.partition("#O")
    }

    /// The forms that were used.
    pub fn used_forms(self) -> Partition {
        self.partition("#X")
    }

    /// The page cursors of index pagination.
    pub fn page_cursors(self) -> Partition {
        self.partition("#B")
    }

    /// The open intents.
    pub fn intents(self) -> Partition {
        self.partition("#I")
    }

    /// The steps of an intent.
    pub fn intent_steps(self, intent: &str) -> Partition {
        self.partition(&format!("#I#{intent}"))
    }

    /// The intents whose steps are being written and that are not open yet.
    pub fn prepared_intents(self) -> Partition {
        self.partition("#IP")
    }
}

/// The sort keys of connections begin with this.
pub const CONNECTION: &str = "CONN#";
/// The sort keys of role mappings begin with this.
pub const MAPPING: &str = "ROLEMAP#";
/// The sort key of the tenant and its settings.
pub const TENANT: &str = "TENANT";

/// The keys of what belongs to the whole stack: nothing that a tenant owns.
#[derive(Clone, Copy, Debug)]
pub struct StackKeys;

impl StackKeys {
    /// The list of tenants, by id.
    pub fn tenants() -> Partition {
        Partition("S#TENANTS".to_owned())
    }

    /// The application's service keys, by hash.
    pub fn service_keys() -> Partition {
        Partition("S#KEYS".to_owned())
    }
}

/// Returns `text` if it fits in `max` bytes, otherwise its beginning and its hash, so that distinct texts stay distinct.
fn bounded(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let head = (0..=max - 65)
        .rev()
        .find(|&i| text.is_char_boundary(i))
        .unwrap_or(0);
    format!("{}#{}", &text[..head], sha256_hex(text))
}

/// Returns the beginning of a folded name as it stands in a sort key, for `begins_with`.
pub fn name_prefix(folded: &str) -> &str {
    let end = (0..=folded.len().min(MAX_NAME_BYTES - 65))
        .rev()
        .find(|&i| folded.is_char_boundary(i));
    &folded[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_model::USERS;

    #[test]
    fn long_names_stay_distinct_and_within_dynamodb_s_limits() {
        let tenant: TenantId = "acme".parse().unwrap();
        let key = |text: &str| Keys::of(&tenant).name(&USERS, text).sort;
        let (a, b) = (
            format!("{}a", "ü".repeat(9_000)),
            format!("{}b", "ü".repeat(9_000)),
        );
        assert_ne!(key(&a), key(&b));
        assert!(key(&a).len() <= 1_024);
        assert!(key(&a).starts_with(name_prefix(&a)));
        assert_eq!(key("bob"), "bob");
    }

    #[test]
    fn no_two_tenants_share_a_partition() {
        let (a, b): (TenantId, TenantId) = ("a".parse().unwrap(), "a-u".parse().unwrap());
        let (a, b) = (Keys::of(&a), Keys::of(&b));
        let users = a.resources(&USERS);
        assert_ne!(users, b.config());
        assert!(!b.config().as_str().starts_with(users.as_str()));
    }
}
