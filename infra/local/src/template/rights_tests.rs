//! Checks which items of the table each function may write and remove. IAM compares the partition keys of a request
//! with the conditions on `dynamodb:LeadingKeys`; the emulator of AWS does not, so these tests do.

use serde_json::Value;

use super::stacks;

const JOURNAL: &str = "T#acme#J";
const KEYS: [&str; 2] = ["S#KEYS", "S#KEYHISTORY"];
const WRITES: [&str; 4] = ["BatchWriteItem", "DeleteItem", "PutItem", "UpdateItem"];
const REMOVALS: [&str; 2] = ["BatchWriteItem", "DeleteItem"];

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

    /// Whether a function may do this to an item of the table with this partition key.
    fn may(&self, function: &str, action: &str, key: &str) -> bool {
        let named = self.0.iter().find(|(name, _)| name == function);
        let (_, statements) = named.expect(function);
        let action = Value::from(format!("dynamodb:{action}"));
        statements.iter().any(|statement| {
            let acts = statement["Action"].as_array().unwrap().contains(&action);
            acts && is_table(&statement["Resource"]) && holds(&statement["Condition"], key)
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

/// Whether a condition on the partition key holds.
fn holds(condition: &Value, key: &str) -> bool {
    let patterns = |operator: &str| {
        let patterns = condition[operator]["dynamodb:LeadingKeys"].as_array();
        let patterns = patterns.into_iter().flatten();
        patterns
            .map(|pattern| pattern.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (like, unlike) = (
        patterns("ForAllValues:StringLike"),
        patterns("ForAllValues:StringNotLike"),
    );
    let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, key));
    (like.is_empty() || any(&like)) && !any(&unlike)
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

#[test]
fn only_the_eraser_removes_entries_of_the_journal() {
    let roles = Roles::deployed();
    assert_eq!(roles.who(&REMOVALS, JOURNAL), ["RoleReconciler"]);
    // The keys of look-ups are values, which may end as those of journals do.
    for key in ["T#acme#UX#x#J", "T#acme#UE#x#J", "T#acme#GX#x#J"] {
        assert!(roles.may("Users", "DeleteItem", key), "{key}");
    }
}

#[test]
fn only_the_application_and_the_operator_issue_service_keys() {
    let roles = Roles::deployed();
    let mut issuers = ["ApiFallback", "IssueServiceKey", "RoleReconciler", "Sso"];
    issuers.sort_unstable();
    for key in KEYS {
        let mut found = roles.who(&["BatchWriteItem", "DeleteItem", "PutItem"], key);
        found.sort_unstable();
        assert_eq!(found, issuers, "{key}");
    }
    // Whoever verifies a key notes its use.
    let mut users = roles.who(&["UpdateItem"], "S#KEYS");
    users.sort_unstable();
    assert_eq!(users, ["ApiFallback", "Portal", "RoleReconciler", "Sso"]);
}

#[test]
fn the_authorizer_counts_and_logs_and_writes_nothing_else() {
    let roles = Roles::deployed();
    let may = |action, key| roles.may("TokenAuthorizer", action, key);
    for (action, key) in [
        ("UpdateItem", "T#acme#K"),
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
        JOURNAL,
        "S#KEYS",
        "S#TENANTS",
    ];
    for key in others {
        for action in WRITES {
            assert!(!may(action, key), "{action} {key}");
        }
    }
    assert!(!may("PutItem", "T#acme#K"), "no new token");
    assert!(!may("GetItem", "S#KEYS"));
}

#[test]
fn what_serves_one_tenant_touches_nothing_of_the_stack() {
    let roles = Roles::deployed();
    let actions = [
        "BatchGetItem",
        "ConditionCheckItem",
        "GetItem",
        "Query",
        "Scan",
    ];
    for function in [
        "TokenAuthorizer",
        "Users",
        "Groups",
        "Bulk",
        "ScimFallback",
        "JournalRelay",
        "Mailer",
    ] {
        for key in ["S#KEYS", "S#TENANTS", "S#ERASURES", "S#ERASING", "S#ROLES"] {
            for action in actions.iter().chain(&WRITES) {
                assert!(
                    !roles.may(function, action, key),
                    "{function}: {action} {key}"
                );
            }
        }
    }
    // Of the stack, the mailer reads how mails look.
    for action in WRITES {
        assert!(!roles.may("Mailer", action, "S#BRANDING"), "{action}");
    }
    let issuer = |action: &str| roles.may("IssueServiceKey", action, "T#acme");
    assert!(!actions.iter().chain(&WRITES).any(|action| issuer(action)));
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
    assert!(roles.may("Mailer", "BatchGetItem", "S#BRANDING"));
    assert!(roles.may("Portal", "PutItem", "S#BRANDING"));
    assert!(roles.may("Sso", "PutItem", "S#TENANTS"));
    assert!(roles.may("Portal", "PutItem", "S#ERASING"));
    assert!(roles.may("Console", "PutItem", "S#ERASING"));
}
