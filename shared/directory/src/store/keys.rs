//! Every key of the table is made here, and none can be made without a tenant.
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
//! | event | `T#<tenant>#F` | its sequence; `HEAD` holds the last one given, `PLACED` up to which journal entry there are no gaps |
//! | logged request | `T#<tenant>#Q` | UUIDv7 |
//! | digest of the request log | `T#<tenant>#D` | `KEPT`, `DAY#<days since 1970>` |
//! | reconciliation of a group | `T#<tenant>#R` | group id |
//! | sign-in of the last days | `T#<tenant>#L` | UUIDv7 of its journal entry |
//! | who claims a group at sign-in | `T#<tenant>#A#<group id>` | user id |
//! | claim of a thing to be done once | `T#<tenant>#O` | what |
//! | form that was used | `T#<tenant>#X` | the form's id |
//! | page bookmark | `T#<tenant>#B` | `<reader>#<query>#<startIndex>` |
//! | open intent | `T#<tenant>#I` | id |
//! | step of an intent | `T#<tenant>#I#<id>` | number |
//!
//! Two things belong to the stack and to no tenant: the list of tenants (`S#TENANTS`) and the application's service
//! keys (`S#KEYS`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::kind::Kind;

/// Longest name that stands in a sort key as it is; DynamoDB allows 1,024 bytes.
const MAX_NAME_BYTES: usize = 900;
/// Longest value that stands in a partition key as it is; DynamoDB allows 2,048 bytes.
const MAX_VALUE_BYTES: usize = 1_500;
/// Number of items over which the count of a kind is spread.
pub(crate) const COUNT_SHARDS: u8 = 16;

/// The name of a tenant: 1 to 63 of `a-z`, `0-9` and `-`, not starting with `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

/// Said of text that is no [`TenantId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tenant id is 1 to 63 of `a-z`, `0-9` and `-`, and does not start with `-`")]
pub struct InvalidTenantId;

impl TenantId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantId {
    type Err = InvalidTenantId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let valid =
            (1..=63).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('-');
        valid.then(|| Self(text.to_owned())).ok_or(InvalidTenantId)
    }
}

impl TryFrom<String> for TenantId {
    type Error = InvalidTenantId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> Self {
        id.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The partition key of one item collection of one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Partition(String);

impl Partition {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The tenant whose journal this partition key names.
    pub(crate) fn journal_of(partition: &str) -> Option<TenantId> {
        partition
            .strip_prefix("T#")?
            .strip_suffix("#J")?
            .parse()
            .ok()
    }

    pub(crate) fn at(&self, sort: impl Into<String>) -> Key {
        Key {
            partition: self.clone(),
            sort: sort.into(),
        }
    }
}

/// The full key of one item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) partition: Partition,
    pub(crate) sort: String,
}

/// The partitions and keys of one tenant.
impl TenantId {
    fn partition(&self, suffix: &str) -> Partition {
        Partition(format!("T#{}{suffix}", self.0))
    }

    pub(crate) fn config(&self) -> Partition {
        self.partition("")
    }

    pub(crate) fn tenant_key(&self) -> Key {
        self.config().at("TENANT")
    }

    pub(crate) fn connection(&self, id: &str) -> Key {
        self.config().at(format!("CONN#{id}"))
    }

    /// What a connection was called that was deleted.
    pub(crate) fn deleted_connection(&self, id: &str) -> Key {
        self.partition("#CD").at(id)
    }

    pub(crate) fn mapping(&self, group: &str) -> Key {
        self.config().at(format!("ROLEMAP#{group}"))
    }

    pub(crate) fn owners(&self) -> Key {
        self.config().at("OWNERS")
    }

    pub(crate) fn sessions(&self) -> Partition {
        self.partition("#S")
    }

    /// The sessions of one person, which say when they began and lead to the sessions themselves.
    pub(crate) fn sessions_of(&self, user: &str) -> Partition {
        self.partition(&format!("#P#{user}"))
    }

    pub(crate) fn tokens(&self) -> Partition {
        self.partition("#K")
    }

    pub(crate) fn resources(&self, kind: &Kind) -> Partition {
        self.partition(&format!("#{}", kind.code))
    }

    pub(crate) fn resource(&self, kind: &Kind, id: &str) -> Key {
        self.resources(kind).at(id)
    }

    pub(crate) fn tombstone(&self, kind: &Kind, id: &str) -> Key {
        self.partition(&format!("#{}D", kind.code)).at(id)
    }

    pub(crate) fn names(&self, kind: &Kind) -> Partition {
        self.partition(&format!("#{}N", kind.code))
    }

    /// `folded` is the name as `rollcall_scim::fold` gives it.
    pub(crate) fn name(&self, kind: &Kind, folded: &str) -> Key {
        self.names(kind).at(bounded(folded, MAX_NAME_BYTES))
    }

    pub(crate) fn lookup(&self, kind: &Kind, code: &str, value: &str) -> Partition {
        self.partition(&format!(
            "#{}{code}#{}",
            kind.code,
            bounded(value, MAX_VALUE_BYTES)
        ))
    }

    pub(crate) fn members(&self, group: &str) -> Partition {
        self.partition(&format!("#M#{group}"))
    }

    pub(crate) fn member(&self, group: &str, member: &str) -> Key {
        self.members(group).at(member)
    }

    pub(crate) fn counts(&self) -> Partition {
        self.partition("#C")
    }

    pub(crate) fn count(&self, kind: &Kind, shard: u8) -> Key {
        self.counts().at(format!("{}#{shard:02}", kind.code))
    }

    pub(crate) fn journal(&self) -> Partition {
        self.partition("#J")
    }

    pub(crate) fn events(&self) -> Partition {
        self.partition("#F")
    }

    pub(crate) fn event(&self, sequence: u64) -> Key {
        self.events().at(format!("{sequence:016}"))
    }

    pub(crate) fn event_head(&self) -> Key {
        self.events().at("HEAD")
    }

    /// Up to which journal entry everything is known to have its place.
    pub(crate) fn all_placed(&self) -> Key {
        self.events().at("PLACED")
    }

    pub(crate) fn requests(&self) -> Partition {
        self.partition("#Q")
    }

    pub(crate) fn digest(&self) -> Partition {
        self.partition("#D")
    }

    pub(crate) fn reconciliations(&self) -> Partition {
        self.partition("#R")
    }

    pub(crate) fn sign_ins(&self) -> Partition {
        self.partition("#L")
    }

    /// Who named the group in the `groups` claim of their last sign-in.
    pub(crate) fn claimants(&self, group: &str) -> Partition {
        self.partition(&format!("#A#{group}"))
    }

    pub(crate) fn claims(&self) -> Partition {
        self.partition("#O")
    }

    pub(crate) fn used_forms(&self) -> Partition {
        self.partition("#X")
    }

    pub(crate) fn bookmarks(&self) -> Partition {
        self.partition("#B")
    }

    pub(crate) fn intents(&self) -> Partition {
        self.partition("#I")
    }

    pub(crate) fn intent_steps(&self, intent: &str) -> Partition {
        self.partition(&format!("#I#{intent}"))
    }
}

/// What belongs to the whole stack: nothing a tenant owns is in here.
pub(crate) struct Stack;

impl Stack {
    pub(crate) fn tenants() -> Partition {
        Partition("S#TENANTS".to_owned())
    }

    pub(crate) fn service_keys() -> Partition {
        Partition("S#KEYS".to_owned())
    }
}

/// `text` where it fits in `max` bytes, else its beginning and its hash, so that distinct texts stay distinct.
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

/// The beginning of a folded name as it stands in a sort key, for `begins_with`.
pub(crate) fn name_prefix(folded: &str) -> &str {
    let end = (0..=folded.len().min(MAX_NAME_BYTES - 65))
        .rev()
        .find(|&i| folded.is_char_boundary(i));
    &folded[..end.unwrap_or(0)]
}

/// SHA-256 as 64 hexadecimal digits.
pub(crate) fn sha256_hex(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kind::USERS;

    #[test]
    fn tenant_ids_are_checked_where_they_are_made() {
        for good in ["a", "acme", "a-1", "0a", &"x".repeat(63)] {
            assert!(good.parse::<TenantId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "Acme", "a#b", "a_b", "ä", "a b", &"x".repeat(64)] {
            assert!(bad.parse::<TenantId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn long_names_stay_distinct_and_within_dynamodb_s_limits() {
        let tenant: TenantId = "acme".parse().unwrap();
        let key = |text: &str| tenant.name(&USERS, text).sort;
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
        assert_ne!(a.resources(&USERS), b.config());
        assert!(
            !b.config()
                .as_str()
                .starts_with(a.resources(&USERS).as_str())
        );
    }
}
