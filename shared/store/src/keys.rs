//! All keys of the table. A key of tenant data can only be built from a tenant id.
//!
//! | item | PK | SK |
//! |---|---|---|
//! | tenant | `T#<tenant>` | `TENANT` |
//! | tombstone of a deleted tenant | `T#<tenant>` | `DELETED` |
//! | connection | `T#<tenant>` | `CONN#<id>` |
//! | role mapping | `T#<tenant>` | `ROLEMAP#<group id>` |
//! | role mapping of a group that is not pushed yet | `T#<tenant>#GW` | folded `displayName` |
//! | active owners | `T#<tenant>` | `OWNERS` |
//! | extension schemas | `T#<tenant>#XS` | `DECLARED` |
//! | branding of the tenant, its logo | `T#<tenant>#BR` | `BRAND`, `LOGO#<SHA-256 of the image, hex>` |
//! | session, portal link | `T#<tenant>#S` | SHA-256 of the secret, hex |
//! | session of a person | `T#<tenant>#P#<user id>` | `<milliseconds since 1970>#<SHA-256 of the secret, hex>` |
//! | token, OAuth client | `T#<tenant>#K` | SHA-256 of the token or of the client's secret, hex |
//! | meter of the tenant | `T#<tenant>#KM` | `METER` |
//! | user, group | `T#<tenant>#U`, `…#G` | id (UUIDv7, so a query returns them in order of creation) |
//! | tombstone of a user or group | `T#<tenant>#UD`, `…#GD` | id |
//! | connection by an alias | `T#<tenant>#CA` | SHA-256 of the alias |
//! | name of a deleted connection | `T#<tenant>#CD` | id |
//! | unique name | `T#<tenant>#UN`, `…#GN` | folded `userName`, `displayName` |
//! | person by the application's own id | `T#<tenant>#UA` | SHA-256 of the id, hex |
//! | unique value of a declared attribute | `T#<tenant>#UV` | `<attribute>#<SHA-256 of the value, hex>` |
//! | lookup | `T#<tenant>#UX#<value>`, `UE`, `UL`, `GX` | id |
//! | ids of the groups with an external id | `T#<tenant>#GXI` | `externalId` |
//! | whom a subject is bound to | `T#<tenant>#US#<SHA-256 of the subject, hex>` | `BOUND` |
//! | deleted people with an identifier | `T#<tenant>#UH#<MAC of the identifier, hex>` | `DELETED` |
//! | refused sign-in, noted once a minute | `T#<tenant>#UR` | `<reason>#<person or name>#<minute>` |
//! | membership | `T#<tenant>#M#<group id>` | member id |
//! | list of those whose mail was rejected | `T#<tenant>` | `REJECTED` |
//! | mark that a connection took away too much | `T#<tenant>` | `BRAKE#<connection id>` |
//! | what a connection took away in five minutes | `T#<tenant>#BC#<connection>` | seconds since 1970 |
//! | change that is held | `T#<tenant>#BH` | `<connection>#<u, g or m>#<id>` |
//! | shard of a counter | `T#<tenant>#C` | `<U or G>#<shard>` |
//! | journal entry | `T#<tenant>#J` | UUIDv7 |
//! | event | `T#<tenant>#F` | its sequence number |
//! | last sequence number assigned | `T#<tenant>#F` | `HEAD` |
//! | checkpoint of the feed | `T#<tenant>#F#J` | sequence number of the last event |
//! | journal entry up to which all entries have a sequence number, and those set aside | `T#<tenant>#F` | `PLACED` |
//! | journal entry that was set aside and has no room there | `T#<tenant>#F` | `PLACED#<entry>` |
//! | entry about a subject | `T#<tenant>#JS#<id>` | id of the journal entry |
//! | entry of a request | `T#<tenant>#JR#<request id>` | id of the journal entry |
//! | word of a person's names and addresses | `T#<tenant>#W` | `<word>#<user id>` |
//! | words that a person is found by | `T#<tenant>#WP` | user id |
//! | from where an index is complete | `T#<tenant>#Z` | `ENTRIES`, `WORDS` |
//! | logged request | `T#<tenant>#Q` | UUIDv7 |
//! | digest of the request log | `T#<tenant>#D` | `KEPT`, `DAY#<days since 1970>` |
//! | how a connection's requests were read | `T#<tenant>#DQ` | connection id |
//! | progress of a group's reconciliation | `T#<tenant>#R` | group id |
//! | recent sign-in | `T#<tenant>#L` | id of its journal entry (UUIDv7) |
//! | person whose last `groups` claim named a group | `T#<tenant>#A#<group id>` | user id |
//! | lease on work that must be done once | `T#<tenant>#O` | name of the work |
//! | submitted form | `T#<tenant>#X` | id of the form |
//! | request with an idempotency key, and its answer | `T#<tenant>#XA` | SHA-256 of caller and key, hex |
//! | page cursor | `T#<tenant>#B` | `<reader>#<U or G>#<hash of the query>#<startIndex>`, `ORDER#<walk>#<number>`, `NAME#<id>` |
//! | open intent | `T#<tenant>#I` | id |
//! | step of an intent | `T#<tenant>#I#<id>` | number |
//! | intent that is not open yet | `T#<tenant>#IP` | id |
//! | erasure of a person | `T#<tenant>#E` | user id |
//! | import | `T#<tenant>#IM` | id |
//! | part of an import | `T#<tenant>#IM#<import>#P` | number |
//! | person whom an import that only compares has met | `T#<tenant>#IM#<import>#M` | user id |
//! | webhook | `T#<tenant>#H` | id |
//! | deliveries of a webhook | `T#<tenant>#HL#<webhook>`, of the stack with `#stack` | `<milliseconds since 1970>#<kind>` |
//! | findings that are open, closed or put off | `T#<tenant>#HF` | `FINDINGS` |
//! | what the hourly pass remembers of the tenant | `T#<tenant>#HC` | `PASS` |
//! | how far a webhook of the stack is in the tenant | `T#<tenant>#HP` | id |
//! | entry in the list of tenants | `S#TENANTS` | tenant id |
//! | erasure of a tenant | `S#ERASURES` | tenant id |
//! | erasure that is not finished | `S#ERASING` | `<tenant>`, `<tenant>#<user id>` |
//! | request of the stack with an idempotency key, and its answer | `S#REPEATS` | SHA-256 of caller and key, hex |
//! | service key | `S#KEYS` | SHA-256 of the key, hex |
//! | webhook that waits | `S#WEBHOOKS` | `<milliseconds since 1970>#<tenant>#<webhook>`, for those of the stack with `#stack` |
//! | webhook of the stack | `S#HOOKS` | id |
//! | branding of the stack, its logo | `S#BRANDING` | `BRAND`, `LOGO#<SHA-256 of the image, hex>` |
//! | tenant for which a webhook of the stack is paused | `S#HOOKSPAUSED#<webhook>` | tenant id |
//! | hourly pass that began last, how far each of its parts is | `S#PASS` | `LAST`, `PART#<number>` |
//!
//! Those with `S#` belong to the whole stack, not to a tenant. Lookups find users by `externalId` (`UX`), `emails.value`
//! (`UE`) and `displayName` (`UL`), and groups by `externalId` (`GX`).

#[cfg(test)]
mod tests;

use rollcall_model::{Kind, TenantId, sha256_hex};

use crate::partition::{Key, Partition};

/// The maximum length in bytes of a name that a sort key contains in full. DynamoDB limits a sort key to 1,024 bytes.
const MAX_NAME_BYTES: usize = 900;
/// The maximum length in bytes of a value that a partition key contains in full. DynamoDB limits a partition key to
/// 2,048 bytes.
pub(crate) const MAX_VALUE_BYTES: usize = 1_500;
/// The number of shards of the counter of a kind.
pub const COUNT_SHARDS: u8 = 16;

/// The keys and partitions of one tenant.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a>(&'a TenantId);

impl<'a> Keys<'a> {
    /// Returns the keys of a tenant.
    pub fn of(tenant: &'a TenantId) -> Self {
        Self(tenant)
    }

    pub(crate) fn partition(self, suffix: &str) -> Partition {
        Partition::stored(&format!("T#{}{suffix}", self.0))
    }

    /// Returns the partition of the tenant, its connections, its role mappings and its active owners.
    pub fn config(self) -> Partition {
        self.partition("")
    }

    /// Returns the key of the tenant with its settings.
    pub fn tenant(self) -> Key {
        self.config().at(TENANT)
    }

    /// Returns the key of the tombstone of a deleted tenant, which prevents reuse of its id.
    pub fn deleted_tenant(self) -> Key {
        self.config().at("DELETED")
    }

    /// Returns the key of a connection.
    pub fn connection(self, id: &str) -> Key {
        self.config().at(format!("{CONNECTION}{id}"))
    }

    /// Returns the key of the id of the connection with an alias.
    pub fn connection_alias(self, alias: &str) -> Key {
        self.partition("#CA").at(sha256_hex(alias))
    }

    /// Returns the partition of the names of deleted connections. The sort key is the id.
    pub fn deleted_connections(self) -> Partition {
        self.partition("#CD")
    }

    /// Returns the key of the name of a deleted connection.
    pub fn deleted_connection(self, id: &str) -> Key {
        self.deleted_connections().at(id)
    }

    /// Returns the key of the role mapping of a group.
    pub fn mapping(self, group: &str) -> Key {
        self.config().at(format!("{MAPPING}{group}"))
    }

    /// Returns the partition of the role mappings of groups that are not pushed yet. The sort key is the folded name.
    pub fn awaited_mappings(self) -> Partition {
        self.partition("#GW")
    }

    /// Returns the key of the role mapping of a group that is not pushed yet. `folded` is the name after
    /// `rollcall_scim::fold`.
    pub fn awaited_mapping(self, folded: &str) -> Key {
        self.awaited_mappings().at(bounded(folded, MAX_NAME_BYTES))
    }

    /// Returns the key of the list of active owners.
    pub fn owners(self) -> Key {
        self.config().at("OWNERS")
    }

    /// Returns the partition of the extension schemas of the tenant.
    pub fn declarations(self) -> Partition {
        self.partition("#XS")
    }

    /// Returns the key of the extension schemas of the tenant.
    pub fn schemas(self) -> Key {
        self.declarations().at("DECLARED")
    }

    /// Returns the partition of the tenant's branding and its logo.
    pub fn branding(self) -> Partition {
        self.partition("#BR")
    }

    /// Returns the key of a unique value of a declared attribute: the attribute and the hash of the value.
    pub fn unique_value(self, claim: &str) -> Key {
        self.partition("#UV").at(claim)
    }

    /// Returns the partition of sessions and portal links. The sort key is the hash of the secret.
    pub fn sessions(self) -> Partition {
        self.partition("#S")
    }

    /// Returns the partition of pointers to the sessions of one person, in the order in which they began.
    pub fn sessions_of(self, user: &str) -> Partition {
        self.partition(&format!("#P#{user}"))
    }

    /// Returns the partition of tokens. The sort key is the hash of the token.
    pub fn tokens(self) -> Partition {
        self.partition("#K")
    }

    /// Returns the key of the meter of all tokens of the tenant.
    pub fn meter(self) -> Key {
        self.partition("#KM").at("METER")
    }

    /// Returns the partition of users or groups, in order of creation.
    pub fn resources(self, kind: &Kind) -> Partition {
        self.partition(&format!("#{}", kind.code))
    }

    /// Returns the key of a user or group.
    pub fn resource(self, kind: &Kind, id: &str) -> Key {
        self.resources(kind).at(id)
    }

    /// Returns the partition of the tombstones of deleted users or groups.
    pub fn tombstones(self, kind: &Kind) -> Partition {
        self.partition(&format!("#{}D", kind.code))
    }

    /// Returns the key of the tombstone of a deleted user or group.
    pub fn tombstone(self, kind: &Kind, id: &str) -> Key {
        self.tombstones(kind).at(id)
    }

    /// Returns the partition of unique names, in their order.
    pub fn names(self, kind: &Kind) -> Partition {
        self.partition(&format!("#{}N", kind.code))
    }

    /// Returns the key of a unique name. `folded` is the name after `rollcall_scim::fold`.
    pub fn name(self, kind: &Kind, folded: &str) -> Key {
        self.names(kind).at(bounded(folded, MAX_NAME_BYTES))
    }

    /// Returns the key of the id of the person who has this id in the application.
    pub fn application_id(self, id: &str) -> Key {
        self.partition("#UA").at(sha256_hex(id))
    }

    /// Returns the partition of the ids of the resources with this value of a lookup attribute. `code` is the
    /// attribute's [`rollcall_model::Lookup::code`].
    pub fn lookup(self, kind: &Kind, code: &str, value: &str) -> Partition {
        let value = bounded(value, MAX_VALUE_BYTES);
        self.partition(&format!("#{}{code}#{value}", kind.code))
    }

    /// Returns the key of the one item that lists the ids of all resources with this value of a lookup attribute; `None`
    /// for an empty value, which no key can have.
    pub fn list(self, kind: &Kind, code: &str, value: &str) -> Option<Key> {
        let lists = self.partition(&format!("#{}{code}I", kind.code));
        (!value.is_empty()).then(|| lists.at(bounded(value, MAX_NAME_BYTES)))
    }

    /// Returns the key of the people whom a subject is bound to, by connection. `hash` is the SHA-256 of the subject.
    pub fn subject(self, hash: &str) -> Key {
        self.partition(&format!("#US#{hash}")).at("BOUND")
    }

    /// Returns the key of the ids of deleted people with an identifier. `mac` is the MAC of the identifier.
    pub fn deleted_with(self, mac: &str) -> Key {
        self.partition(&format!("#UH#{mac}")).at("DELETED")
    }

    /// Returns the partition of the refused sign-ins of the last days. The sort key begins with the minute.
    pub fn refused_sign_ins(self) -> Partition {
        self.partition("#UR")
    }

    /// Returns the partition of the marks of connections whose subjects have changed. The sort key is the connection.
    pub fn changed_subjects(self) -> Partition {
        self.partition("#UC")
    }

    /// Returns the partition of the memberships of a group. The sort key is the member's id.
    pub fn members(self, group: &str) -> Partition {
        self.partition(&format!("#M#{group}"))
    }

    /// Returns the key of a membership.
    pub fn member(self, group: &str, member: &str) -> Key {
        self.members(group).at(member)
    }

    /// Returns the partition of the shards of all counters.
    pub(crate) fn counts(self) -> Partition {
        self.partition("#C")
    }

    /// Returns the key of one shard of the counter of a kind.
    pub fn count(self, kind: &Kind, shard: u8) -> Key {
        self.counts().at(format!("{}#{shard:02}", kind.code))
    }

    /// Returns the partition of the index of people by the words of their names and addresses, in order of words.
    pub fn words(self) -> Partition {
        self.partition("#W")
    }

    /// Returns the key of the item that makes a person found by a word. The word must be short and must not contain
    /// `#`.
    pub fn word(self, word: &str, user: &str) -> Key {
        self.words().at(format!("{word}#{user}"))
    }

    /// Returns the key of the list of the words that a person is found by.
    pub fn words_of(self, user: &str) -> Key {
        self.partition("#WP").at(user)
    }

    /// Returns the key of what the index of people by words covers.
    pub fn words_indexed(self) -> Key {
        self.partition("#Z").at("WORDS")
    }

    /// Returns the partition of the progress of reconciliations. The sort key is the group's id.
    pub fn reconciliations(self) -> Partition {
        self.partition("#R")
    }

    /// Returns the partition of recent sign-ins.
    pub fn sign_ins(self) -> Partition {
        self.partition("#L")
    }

    /// Returns the partition of the people whose last sign-in named the group in its `groups` claim.
    pub fn claimants(self, group: &str) -> Partition {
        self.partition(&format!("#A#{group}"))
    }

    /// Returns the partition of leases on work that must be done once.
    pub fn leases(self) -> Partition {
        self.partition("#O")
    }

    /// Returns the partition of submitted forms.
    pub fn used_forms(self) -> Partition {
        self.partition("#X")
    }

    /// Returns the partition of the marks and answers of requests with an idempotency key. The sort key is a hash of the
    /// caller and the key.
    pub fn repeats(self) -> Partition {
        self.partition("#XA")
    }

    /// Returns the partition of the page cursors of index-based pagination.
    pub fn page_cursors(self) -> Partition {
        self.partition("#B")
    }

    /// Returns the partition of open intents.
    pub fn intents(self) -> Partition {
        self.partition("#I")
    }

    /// Returns the partition of the steps of an intent.
    pub fn intent_steps(self, intent: &str) -> Partition {
        self.partition(&format!("#I#{intent}"))
    }

    /// Returns the partition of the erasures of people. The sort key is the person's id.
    pub fn erasures(self) -> Partition {
        self.partition("#E")
    }

    /// Returns the partition of imports. The sort key is the id.
    pub fn imports(self) -> Partition {
        self.partition("#IM")
    }

    /// Returns the key of an import.
    pub fn import(self, id: &str) -> Key {
        self.imports().at(id)
    }

    /// Returns the partition of the parts of an import. The sort key is the number.
    pub fn import_parts(self, import: &str) -> Partition {
        self.partition(&format!("#IM#{import}#P"))
    }

    /// Returns the key of a part of an import.
    pub fn import_part(self, import: &str, number: u32) -> Key {
        self.import_parts(import).at(format!("{number:06}"))
    }

    /// Returns the partition of the people whom an import has met. The sort key is the user's id.
    pub fn met_by_import(self, import: &str) -> Partition {
        self.partition(&format!("#IM#{import}#M"))
    }

    /// Returns whether an item with this partition key belongs to the tenant.
    pub(crate) fn own(self, partition: &str) -> bool {
        let rest = partition.strip_prefix("T#");
        let rest = rest.and_then(|rest| rest.strip_prefix(self.0.as_str()));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
    }

    /// Returns the partition of intents that are not open yet, because their steps are still being written.
    pub fn prepared_intents(self) -> Partition {
        self.partition("#IP")
    }
}

/// The prefix of the sort keys of connections.
pub const CONNECTION: &str = "CONN#";
/// The prefix of the sort keys of role mappings.
pub const MAPPING: &str = "ROLEMAP#";
/// The sort key of the tenant with its settings.
pub const TENANT: &str = "TENANT";

/// Returns `text` if it has at most `max` bytes. Otherwise returns its beginning and its hash, so that distinct texts
/// have distinct results.
pub(crate) fn bounded(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let head = (0..=max - 65)
        .rev()
        .find(|&i| text.is_char_boundary(i))
        .unwrap_or(0);
    format!("{}#{}", &text[..head], sha256_hex(text))
}

/// Returns the word and the id of the user in a sort key of the index of people by words.
pub fn word_and_user(sort: &str) -> Option<(&str, &str)> {
    sort.rsplit_once('#')
}

/// Cuts a folded prefix of names to the length that sort keys contain in full, for `begins_with`.
pub fn name_prefix(folded: &str) -> &str {
    let end = (0..=folded.len().min(MAX_NAME_BYTES - 65))
        .rev()
        .find(|&i| folded.is_char_boundary(i));
    &folded[..end.unwrap_or(0)]
}
