//! What an export contains, section by section.

use rollcall_model::{GROUPS, USERS};
use rollcall_store::{Keys, Partition, Range};

/// A section of an export: the items of one partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    /// Its name, which the cursor of a page begins with.
    pub(super) name: &'static str,
    /// The `type` of its objects; `None` where the item decides.
    pub(super) kind: Option<&'static str>,
    partition: fn(Keys<'_>) -> Partition,
    /// Where each item of the partition has a partition of its own with the objects: that, and the name by which an object
    /// refers to the item.
    pub(super) below: Option<Below>,
    /// Whether the sort key is the hash of a secret.
    pub(super) is_secret: bool,
}

/// The partition of an item's own objects, and the name by which an object refers to the item.
pub(super) type Below = (fn(Keys<'_>, &str) -> Partition, &'static str);

const fn section(
    name: &'static str,
    kind: &'static str,
    partition: fn(Keys<'_>) -> Partition,
) -> Section {
    Section {
        name,
        kind: Some(kind),
        partition,
        below: None,
        is_secret: false,
    }
}

const fn below(
    section: Section,
    partition: fn(Keys<'_>, &str) -> Partition,
    of: &'static str,
) -> Section {
    Section {
        below: Some((partition, of)),
        ..section
    }
}

/// The name of the section with the members of every group, which has a partition for each group.
pub(super) const MEMBERS: &str = "memberships";
/// The name of the section with the users.
pub(super) const PEOPLE: &str = "users";
/// The name of the section with the deleted users.
pub(super) const DELETED_PEOPLE: &str = "deleted_users";
/// The name of the section with the request log.
pub(super) const REQUESTS: &str = "requests";
/// The name of the section with the events of the feed.
pub(super) const EVENTS: &str = "events";

/// All sections, in order.
pub(super) const SECTIONS: [Section; 26] = [
    Section {
        kind: None,
        ..section("configuration", "", |keys| keys.config())
    },
    section("schemas", "schemas", |keys| keys.declarations()),
    section("branding", "branding", |keys| keys.branding()),
    Section {
        is_secret: true,
        ..section("tokens", "token", |keys| keys.tokens())
    },
    section(PEOPLE, "user", |keys| keys.resources(&USERS)),
    section("groups", "group", |keys| keys.resources(&GROUPS)),
    below(
        section(MEMBERS, "membership", |keys| keys.resources(&GROUPS)),
        |keys, group| keys.members(group),
        "group",
    ),
    section("awaited_role_mappings", "awaited_role_mapping", |keys| {
        keys.awaited_mappings()
    }),
    section(DELETED_PEOPLE, "deleted_user", |keys| {
        keys.tombstones(&USERS)
    }),
    section("deleted_groups", "deleted_group", |keys| {
        keys.tombstones(&GROUPS)
    }),
    Section {
        is_secret: true,
        ..section("sessions", "session", |keys| keys.sessions())
    },
    section("sign_ins", "sign_in", |keys| keys.sign_ins()),
    section("refused_sign_ins", "refused_sign_in", |keys| {
        keys.refused_sign_ins()
    }),
    section("deleted_connections", "deleted_connection", |keys| {
        keys.deleted_connections()
    }),
    section("held_changes", "held_change", |keys| keys.held()),
    section("imports", "import", |keys| keys.imports()),
    below(
        section("import_parts", "import_part", |keys| keys.imports()),
        |keys, import| keys.import_parts(import),
        "import",
    ),
    below(
        section("met_by_imports", "met_by_import", |keys| keys.imports()),
        |keys, import| keys.met_by_import(import),
        "import",
    ),
    section("webhooks", "webhook", |keys| keys.webhooks()),
    below(
        section("deliveries", "delivery", |keys| keys.webhooks()),
        |keys, webhook| keys.webhook_deliveries(webhook, false),
        "webhook",
    ),
    below(
        section("deliveries_of_stack", "delivery_of_stack", |keys| {
            keys.stack_webhooks()
        }),
        |keys, webhook| keys.webhook_deliveries(webhook, true),
        "webhook",
    ),
    section("findings", "findings", |keys| keys.all_findings()),
    section("erasures", "erasure", |keys| keys.erasures()),
    section("audit", "audit_entry", |keys| keys.journal()),
    section(EVENTS, "event", |keys| keys.config()),
    section(REQUESTS, "request", |keys| keys.requests()),
];

/// The sections with an item for each thing that happened, in which a person is looked for item by item.
pub(super) const OF_PERSON: [&str; 9] = [
    PEOPLE,
    MEMBERS,
    DELETED_PEOPLE,
    "sessions",
    "sign_ins",
    "refused_sign_ins",
    "audit",
    EVENTS,
    REQUESTS,
];

impl Section {
    /// Returns the range of the items that have partitions of their own.
    pub(super) fn parents(&self, keys: Keys<'_>) -> Range {
        Range::all((self.partition)(keys))
    }

    /// Returns the range of the section.
    pub(super) fn range(&self, keys: Keys<'_>) -> Range {
        match self.name {
            EVENTS => Range::events(keys),
            _ => Range::all((self.partition)(keys)),
        }
    }

    /// Returns the part of the section that can name a person.
    pub(super) fn range_about(&self, keys: Keys<'_>, person: &str) -> Range {
        match self.name {
            PEOPLE | DELETED_PEOPLE => Range::prefix((self.partition)(keys), person),
            _ => self.range(keys),
        }
    }
}
