//! Checks which items of the table each function may write and remove. IAM compares the partition keys of a request
//! with the conditions on `dynamodb:LeadingKeys`; the emulator of AWS does not, so these tests do.

use serde_json::Value;

use super::stacks;

const JOURNAL: &str = "T#acme#J";
const FEED: &str = "T#acme#F";
const CHECKPOINTS: &str = "T#acme#F#J";
const WRITES: [&str; 4] = ["BatchWriteItem", "DeleteItem", "PutItem", "UpdateItem"];
const REMOVALS: [&str; 2] = ["BatchWriteItem", "DeleteItem"];
const READS: [&str; 5] = [
    "BatchGetItem",
    "ConditionCheckItem",
    "GetItem",
    "Query",
    "Scan",
];
/// What belongs to the stack.
const STACK: [&str; 16] = [
    "S#BRANDHISTORY",
    "S#BRANDING",
    "S#ERASING",
    "S#ERASURES",
    "S#HOOKHISTORY#1",
    "S#HOOKS",
    "S#HOOKSPAUSED#1",
    "S#KEYHISTORY",
    "S#KEYS",
    "S#PASS",
    "S#REPEATS",
    "S#RESTORED",
    "S#ROLES",
    "S#SCHEMAS",
    "S#TENANTS",
    "S#WEBHOOKS",
];

/// The roles of the functions.
struct Roles(Vec<(String, Vec<Value>)>);

impl Roles {
    /// Reads the deployed templates, without the function that works on a restored table before it is used.
    fn deployed() -> Roles {
        let document = stacks::deployed().unwrap();
        let resources = document["Resources"].as_object().unwrap().iter();
        let roles = resources.filter_map(|(name, resource)| {
            let function = name.strip_suffix("FunctionRole")?;
            let policies = resource["Properties"]["Policies"].as_array()?;
            let statements = policies.iter().flat_map(|policy| {
                let statements = policy["PolicyDocument"]["Statement"].as_array();
                statements.into_iter().flatten().cloned()
            });
            Some((function.to_owned(), statements.collect()))
        });
        Roles(roles.filter(|(name, _)| name != "Restore").collect())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Whether a function may do this to an item of the table with this partition key, whatever attributes it writes. An
    /// update creates an item that does not exist.
    fn may(&self, function: &str, action: &str, key: &str) -> bool {
        self.may_naming(function, action, key, None)
    }

    /// Whether a function may do this in a request that names no other attributes than these.
    fn may_naming(
        &self,
        function: &str,
        action: &str,
        key: &str,
        attributes: Option<&[&str]>,
    ) -> bool {
        let named = self.0.iter().find(|(name, _)| name == function);
        let (_, statements) = named.expect(function);
        let action = Value::from(format!("dynamodb:{action}"));
        statements.iter().any(|statement| {
            let acts = statement["Action"].as_array().unwrap().contains(&action);
            let is_table = is_table(&statement["Resource"]);
            acts && is_table && holds(&statement["Condition"], key, attributes)
        })
    }

    /// Returns which functions may do one of these to an item with this partition key.
    fn who(&self, actions: &[&str], key: &str) -> Vec<&str> {
        let may = |name: &&str| actions.iter().any(|action| self.may(name, action, key));
        self.names().filter(may).collect()
    }
}

/// Whether a resource is the table, and not the archive or a queue. The table's ARN is taken from that of its stream.
fn is_table(resource: &Value) -> bool {
    resource.to_string().contains("/stream/")
}

/// Whether a condition holds for a request with this partition key, which names these attributes; `None` for any.
fn holds(condition: &Value, key: &str, attributes: Option<&[&str]>) -> bool {
    let operators = condition.as_object().into_iter().flatten();
    let mut parts = operators.flat_map(|(operator, names)| {
        let names = names.as_object().unwrap().iter();
        names.map(move |(name, values)| (&**operator, &**name, values))
    });
    parts.all(|(operator, name, values)| {
        let values = values.as_array().unwrap().iter();
        let values: Vec<&str> = values.map(|value| value.as_str().unwrap()).collect();
        let any = |text: &str| values.iter().any(|pattern| matches(pattern, text));
        match (operator, name) {
            ("ForAllValues:StringLike", "dynamodb:LeadingKeys") => any(key),
            ("ForAllValues:StringNotLike", "dynamodb:LeadingKeys") => !any(key),
            ("ForAllValues:StringEquals", "dynamodb:LeadingKeys") => values.contains(&key),
            ("ForAllValues:StringEquals", "dynamodb:Attributes") => {
                attributes.is_some_and(|named| named.iter().all(|name| values.contains(name)))
            }
            unknown => panic!("the tests do not know the condition {unknown:?}"),
        }
    })
}

/// Whether a key matches a pattern of IAM, in which `*` is any text.
fn matches(pattern: &str, key: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == key,
        Some((before, rest)) => key.strip_prefix(before).is_some_and(|behind| {
            let ends = (0..=behind.len()).filter(|end| behind.is_char_boundary(*end));
            ends.into_iter().any(|end| matches(rest, &behind[end..]))
        }),
    }
}

#[test]
fn patterns_match_as_in_iam() {
    for (pattern, key, expected) in [
        ("T#*", "T#acme", true),
        ("T#*", "S#KEYS", false),
        ("T#*#K", "T#acme#K", true),
        ("T#*#K", "T#acme#KM", false),
        ("T#*#UX#*", "T#acme#UX#a value#J", true),
        ("S#KEYS", "S#KEYHISTORY", false),
    ] {
        assert_eq!(matches(pattern, key), expected, "{pattern} {key}");
    }
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

#[test]
fn only_the_eraser_removes_entries_of_the_journal() {
    let roles = Roles::deployed();
    for key in [JOURNAL, FEED, CHECKPOINTS] {
        assert_eq!(roles.who(&REMOVALS, key), ["RoleReconciler"], "{key}");
    }
    // The keys of look-ups are values, which may end as those of journals and feeds do.
    let values = ["UX#x#J", "UE#x#J", "GX#x#J", "UX#x#F", "GX#x#F#J"];
    for key in values.map(|value| format!("T#acme#{value}")) {
        for action in ["DeleteItem", "PutItem"] {
            for function in ["Users", "Groups", "Bulk", "ScimFallback", "Sso", "Portal"] {
                assert!(roles.may(function, action, &key), "{function} {key}");
            }
        }
    }
}

#[test]
fn what_is_in_the_journal_and_the_feed_is_changed_by_the_relay_and_the_eraser_alone() {
    let roles = Roles::deployed();
    let both = ["JournalRelay", "RoleReconciler"];
    for (action, key) in [
        ("UpdateItem", JOURNAL),
        ("UpdateItem", FEED),
        ("PutItem", FEED),
    ] {
        assert_eq!(sorted(roles.who(&[action], key)), both, "{action} {key}");
    }
    assert_eq!(roles.who(&WRITES, CHECKPOINTS), ["RoleReconciler"]);
}

#[test]
fn only_the_application_and_the_operator_issue_service_keys() {
    let roles = Roles::deployed();
    let issuers = ["ApiFallback", "IssueServiceKey", "Sso"];
    // The pass that goes on with the deletion of a tenant revokes its keys, and notes that.
    let revokers = ["ApiFallback", "IssueServiceKey", "RoleReconciler", "Sso"];
    for (actions, key, expected) in [
        (
            &["BatchWriteItem", "PutItem", "UpdateItem"][..],
            "S#KEYS",
            &issuers[..],
        ),
        (&["DeleteItem"], "S#KEYS", &revokers),
        (
            &["BatchWriteItem", "DeleteItem", "UpdateItem"],
            "S#KEYHISTORY",
            &issuers,
        ),
        (&["PutItem"], "S#KEYHISTORY", &revokers),
    ] {
        assert_eq!(
            sorted(roles.who(actions, key)),
            expected,
            "{actions:?} {key}"
        );
    }
    // Whoever verifies a key notes its use. Of a key, the id and the name are not among these attributes.
    let notes =
        |attributes: &[&str]| roles.may_naming("Portal", "UpdateItem", "S#KEYS", Some(attributes));
    assert!(notes(&["PK", "SK", "last_used_at"]));
    for other in ["id", "title", "scopes", "ends_at", "bound_to", "apart"] {
        assert!(!notes(&["PK", "SK", other]), "{other}");
    }
    for action in ["PutItem", "DeleteItem", "BatchWriteItem"] {
        assert!(!roles.may_naming("Portal", action, "S#KEYS", Some(&[])));
    }
}

#[test]
fn the_authorizer_counts_and_logs_and_writes_nothing_else() {
    let roles = Roles::deployed();
    let may = |action, key| roles.may("TokenAuthorizer", action, key);
    for (action, key) in [
        ("UpdateItem", "T#acme#KM"),
        ("PutItem", "T#acme#Q"),
        ("BatchWriteItem", "T#acme#Q"),
        ("BatchWriteItem", "T#acme#QS#hash"),
        ("GetItem", "T#acme#K"),
        ("GetItem", "T#acme"),
    ] {
        assert!(may(action, key), "{action} {key}");
    }
    let others = [
        "T#acme",
        "T#acme#U",
        "T#acme#S",
        "T#acme#K",
        JOURNAL,
        FEED,
        "S#KEYS",
        "S#TENANTS",
    ];
    for key in others {
        for action in WRITES {
            assert!(!may(action, key), "{action} {key}");
        }
    }
    // `service::rights` compares the attributes with those of the requests.
    let counts = |attributes: &[&str]| {
        roles.may_naming(
            "TokenAuthorizer",
            "UpdateItem",
            "T#acme#K",
            Some(attributes),
        )
    };
    assert!(counts(&["PK", "SK", "tat", "allow_at", "used_us"]));
    for other in [
        "id",
        "connection_id",
        "title",
        "shown",
        "created_us",
        "addresses",
        "is_client",
    ] {
        assert!(!counts(&["PK", "SK", other]), "no new token: {other}");
    }
    assert!(!may("GetItem", "S#KEYS"));
}

#[test]
fn what_serves_one_tenant_touches_nothing_of_the_stack() {
    let roles = Roles::deployed();
    for function in [
        "TokenAuthorizer",
        "Users",
        "Groups",
        "Bulk",
        "ScimFallback",
        "Discovery",
        "Console",
        "JournalRelay",
        "Mailer",
    ] {
        for key in STACK {
            // Of the stack, the mailer and the console read how mails and pages look.
            let looks = ["Console", "Mailer"].contains(&function) && key == "S#BRANDING";
            for action in READS.iter().filter(|_| !looks).chain(&WRITES) {
                let may = roles.may_naming(function, action, key, Some(&[]));
                assert!(!may, "{function}: {action} {key}");
            }
        }
    }
    for action in ["BatchGetItem", "GetItem"] {
        assert!(roles.may("Console", action, "S#BRANDING"), "{action}");
    }
    let issuer = |action: &str| roles.may("IssueServiceKey", action, "T#acme");
    assert!(!READS.iter().chain(&WRITES).any(|action| issuer(action)));
}

#[test]
fn the_sender_writes_webhooks_and_pauses_and_nothing_else() {
    let roles = Roles::deployed();
    let may = |action, key| roles.may("WebhookSender", action, key);
    for (action, key) in [
        ("Query", "T#acme#H"),
        ("Query", "T#acme#F"),
        ("Query", "S#WEBHOOKS"),
        ("UpdateItem", "T#acme#H"),
        ("UpdateItem", "T#acme#HL#1"),
        ("PutItem", "T#acme#HL#1"),
        ("PutItem", JOURNAL),
        ("PutItem", "S#WEBHOOKS"),
        ("DeleteItem", "S#WEBHOOKS"),
        ("Query", "S#HOOKS"),
        ("GetItem", "S#HOOKS"),
        ("UpdateItem", "S#HOOKS"),
        ("Query", "S#TENANTS"),
        ("Query", "S#ERASING"),
        ("PutItem", "T#acme#HP"),
        ("PutItem", "S#HOOKSPAUSED#1"),
        ("DeleteItem", "S#HOOKSPAUSED#1"),
        ("ConditionCheckItem", "T#acme#F"),
        ("GetItem", "T#acme"),
        ("BatchGetItem", "T#acme"),
    ] {
        assert!(may(action, key), "{action} {key}");
    }
    let others = ["T#acme", "T#acme#U", "T#acme#S", "T#acme#K", "S#KEYS"];
    for key in others {
        for action in WRITES.iter().chain(&["Query", "Scan"]) {
            assert!(!may(action, key), "{action} {key}");
        }
    }
    for action in WRITES {
        assert!(!may(action, "S#TENANTS"), "{action}");
        assert!(!may(action, "S#ERASING"), "{action}");
    }
    assert!(!may("PutItem", "S#HOOKS"), "no new webhook of the stack");
    for action in ["GetItem", "BatchGetItem"] {
        assert!(!may(action, "S#KEYS"), "{action}");
    }
    assert!(!may("PutItem", "T#acme#H"), "no new webhook");
}

/// The conditions leave what the functions do.
#[test]
fn functions_may_do_their_work() {
    let roles = Roles::deployed();
    for function in [
        "Users",
        "Groups",
        "Bulk",
        "ScimFallback",
        "Portal",
        "ApiFallback",
        "Console",
        "Sso",
    ] {
        for key in [
            "T#acme",
            "T#acme#U",
            "T#acme#UN",
            "T#acme#M#g",
            "T#acme#UX#v",
            "T#acme#I#1",
        ] {
            for action in ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"] {
                assert!(
                    roles.may(function, action, key),
                    "{function}: {action} {key}"
                );
            }
        }
        assert!(roles.may(function, "PutItem", JOURNAL), "{function}");
    }
    assert!(roles.may("JournalRelay", "BatchWriteItem", "T#acme#W"));
    // An index begins only while there is a feed, and places only while there is their entry.
    for key in ["T#acme#F", JOURNAL] {
        assert!(
            roles.may("JournalRelay", "ConditionCheckItem", key),
            "{key}"
        );
    }
    assert!(roles.may("Mailer", "BatchGetItem", "S#BRANDING"));
    assert!(roles.may("Portal", "PutItem", "S#BRANDING"));
    assert!(roles.may("Portal", "PutItem", "S#BRANDHISTORY"));
    assert!(roles.may("Portal", "Query", "S#BRANDHISTORY"));
    assert!(!roles.may("Portal", "DeleteItem", "S#BRANDHISTORY"));
    assert!(roles.may("Sso", "PutItem", "S#TENANTS"));
    assert!(roles.may("Portal", "PutItem", "S#ERASING"));
    for key in [
        "S#HOOKS",
        "S#HOOKHISTORY#1",
        "S#WEBHOOKS",
        "S#ROLES",
        "S#SCHEMAS",
        "S#REPEATS",
    ] {
        assert!(roles.may("Portal", "PutItem", key), "{key}");
    }
    for action in ["UpdateItem", "DeleteItem"] {
        for key in ["S#HOOKS", "S#REPEATS", "S#WEBHOOKS", "S#HOOKSPAUSED#1"] {
            assert!(roles.may("Portal", action, key), "{action} {key}");
        }
    }
    // Creating, renaming and deleting tenants is a matter of the application's function.
    for key in ["S#TENANTS", "S#ERASURES", "S#PASS", "S#RESTORED"] {
        for action in WRITES {
            assert!(!roles.may("Portal", action, key), "{action} {key}");
        }
    }
    assert!(roles.may("Sso", "UpdateItem", "S#TENANTS"));
    // The relay fills the feed and numbers the entries. The hourly pass takes checkpoints and reminds of entries.
    for (function, action, key) in [
        ("JournalRelay", "PutItem", FEED),
        ("JournalRelay", "UpdateItem", FEED),
        ("JournalRelay", "UpdateItem", JOURNAL),
        ("RoleReconciler", "PutItem", CHECKPOINTS),
        ("RoleReconciler", "PutItem", FEED),
        ("RoleReconciler", "UpdateItem", JOURNAL),
    ] {
        assert!(
            roles.may(function, action, key),
            "{function}: {action} {key}"
        );
    }
}
