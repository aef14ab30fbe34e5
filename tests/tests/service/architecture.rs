//! The dependencies between crates, rooms and files, computed from the sources: they go in one direction.
//!
//! A file depends on another file if it contains a path (`crate::…`, `super::…`, `self::…`) into that file. `mod` lines
//! and test-only code do not count.

pub(crate) mod sources;

use std::collections::BTreeSet;
use std::path::PathBuf;

use sources::{Sources, files_below, root};

/// The rooms of crates that have several, lowest first. Each room is a folder. A file may use its own room and lower
/// rooms; files outside the room folders may use all rooms.
const ROOMS: [(&str, &[&str]); 2] = [
    (
        "shared/directory",
        &[
            "journal",
            "archive",
            "credentials",
            "resources",
            "indexes",
            "request_log",
            "roles",
            "sign_in",
            "findings",
            "erasure",
            "export",
            "import",
            "webhooks",
            "tenants",
        ],
    ),
    ("shared/insight", &["evidence", "traffic", "health"]),
];

/// Files above the rooms that are divided into several, in a folder of their name.
const DIVIDED: [&str; 1] = ["directory"];

/// The crates of the workspace below the functions, lowest first. Each may depend only on those before it.
const CRATES: [&str; 10] = [
    "rollcall-scim",
    "rollcall-model",
    "rollcall-store",
    "rollcall-directory",
    "rollcall-insight",
    "rollcall-secrets",
    "rollcall-runtime",
    "rollcall-edge-http",
    "rollcall-edge-scim",
    "rollcall-edge-api",
];

/// Only these crates may depend on `rollcall-store`, so no other crate builds keys or items.
const STORE_USERS: [&str; 2] = ["rollcall-directory", "rollcall-insight"];

/// Returns the nodes of a cycle, if there is one.
fn find_cycle<N: Ord + Clone>(edges: &BTreeSet<(N, N)>) -> Option<Vec<N>> {
    let mut left = edges.clone();
    loop {
        // A node without outgoing or without incoming edges is in no cycle.
        let from: BTreeSet<N> = left.iter().map(|(from, _)| from.clone()).collect();
        let to: BTreeSet<N> = left.iter().map(|(_, to)| to.clone()).collect();
        let before = left.len();
        left.retain(|(a, b)| to.contains(a) && from.contains(b));
        if left.len() == before {
            break;
        }
    }
    let first = left.first()?.0.clone();
    let mut walk = vec![first];
    loop {
        let last = walk.last()?.clone();
        let next = left.iter().find(|(from, _)| *from == last)?.1.clone();
        if let Some(at) = walk.iter().position(|node| *node == next) {
            walk.push(next);
            return Some(walk.split_off(at));
        }
        walk.push(next);
    }
}

fn crate_folders() -> Vec<String> {
    let root = root();
    let mut folders = Vec::new();
    for manifest in ["shared", "functions", "infra"].map(|folder| root.join(folder)) {
        let mut open = vec![manifest];
        while let Some(folder) = open.pop() {
            if folder.join("Cargo.toml").exists() {
                let below = folder.strip_prefix(&root).expect("below the workspace");
                folders.push(below.to_string_lossy().into_owned());
            }
            let entries = std::fs::read_dir(&folder).expect("a folder");
            let below = entries.map(|entry| entry.expect("an entry").path());
            let is_source = |path: &PathBuf| path.is_dir() && !path.ends_with("src");
            open.extend(below.filter(is_source));
        }
    }
    folders.sort();
    folders
}

fn manifest(folder: &str) -> toml::Table {
    let text = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest");
    text.parse().expect("TOML")
}

fn name_of(manifest: &toml::Table) -> &str {
    manifest["package"]["name"].as_str().expect("a name")
}

/// Returns the workspace's own crates that a manifest depends on.
fn dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    let table = manifest.get("dependencies").and_then(toml::Value::as_table);
    let names = table.into_iter().flat_map(|table| table.keys().cloned());
    names.filter(|name| name.starts_with("rollcall-")).collect()
}

#[test]
fn files_have_no_cyclic_dependencies() {
    let cycles = crate_folders().into_iter().filter_map(|folder| {
        let edges = Sources::of(&folder).edges();
        let cycle = find_cycle(&edges.keys().cloned().collect())?;
        let steps = cycle.windows(2).map(|step| {
            let names = &edges[&(step[0].clone(), step[1].clone())];
            format!(
                "  {} -> {}: {names:?}",
                step[0].join("::"),
                step[1].join("::")
            )
        });
        Some(format!(
            "{folder}:\n{}",
            steps.collect::<Vec<_>>().join("\n")
        ))
    });
    let cycles: Vec<_> = cycles.collect();
    assert!(
        cycles.is_empty(),
        "files depend on each other in a cycle\n{}",
        cycles.join("\n")
    );
}

#[test]
fn rooms_use_only_themselves_and_lower_rooms() {
    for (folder, rooms) in ROOMS {
        let sources = Sources::of(folder);
        let height = |module: &[String]| {
            let room = module.first();
            room.and_then(|room| rooms.iter().position(|it| it == room))
        };
        let folders = sources.modules.keys().filter(|module| module.len() > 1);
        for module in folders {
            assert!(
                height(module).is_some() || DIVIDED.contains(&module[0].as_str()),
                "{folder}: `{}` is in no room",
                module.join("::")
            );
        }
        for ((from, to), names) in sources.edges() {
            // Files outside the room folders give access to the rooms; no room may use such a file.
            let top = rooms.len();
            let own = height(&from).unwrap_or(top);
            let used = height(&to).unwrap_or(if to.len() == 1 { 0 } else { top });
            let is_outside = height(&to).is_none();
            let reaches_up = used > own || is_outside && own < top && uses_rooms(&sources, &to);
            assert!(
                !reaches_up,
                "{}: `{}` uses {names:?} of `{}`, which is above it",
                sources.folder,
                from.join("::"),
                to.join("::"),
            );
        }
    }
}

/// A method call names no path, so a lower room could call the methods that a higher room adds to its type.
#[test]
fn methods_are_in_the_room_of_their_type() {
    let folder = "shared/directory";
    let sources = Sources::of(folder);
    let (mut types, mut methods) = (BTreeSet::new(), Vec::new());
    for (module, file) in &sources.modules {
        let text = std::fs::read_to_string(file).expect("a source");
        for item in syn::parse_file(&text).expect("Rust").items {
            let room = module.first().cloned();
            match item {
                syn::Item::Struct(it) => _ = types.insert((it.ident.to_string(), room)),
                syn::Item::Enum(it) => _ = types.insert((it.ident.to_string(), room)),
                syn::Item::Impl(it) if it.trait_.is_none() => methods.push((room, it.self_ty)),
                _ => {}
            }
        }
    }
    for (room, on) in methods {
        let syn::Type::Path(path) = *on else {
            continue;
        };
        let name = path.path.segments.last().expect("a name").ident.to_string();
        assert!(
            types.contains(&(name.clone(), room.clone())),
            "{folder}: {room:?} adds methods to `{name}` of another room; use functions"
        );
    }
}

/// Returns whether a file outside the room folders uses rooms itself; if so, it is above them.
fn uses_rooms(sources: &Sources, module: &[String]) -> bool {
    let edges = sources.edges();
    let mut used = edges.keys().filter(|(from, _)| from == module);
    used.any(|(_, to)| to.len() > 1) || module.is_empty()
}

#[test]
fn crates_depend_only_on_lower_crates() {
    for folder in crate_folders()
        .iter()
        .filter(|it| it.starts_with("shared/"))
    {
        let manifest = manifest(folder);
        let name = name_of(&manifest);
        let height = |name: &str| {
            let at = CRATES.iter().position(|it| *it == name);
            at.unwrap_or_else(|| panic!("`{name}` is not in `CRATES`"))
        };
        for used in dependencies(&manifest) {
            assert!(
                height(&used) < height(name),
                "`{name}` depends on `{used}`, which is above it"
            );
        }
    }
}

#[test]
fn functions_depend_only_on_shared_crates() {
    let folders = crate_folders();
    for folder in folders.iter().filter(|it| it.starts_with("functions/")) {
        for used in dependencies(&manifest(folder)) {
            assert!(
                CRATES.contains(&used.as_str()),
                "{folder} depends on `{used}`"
            );
        }
    }
}

/// Reads the whole dependency trees with Cargo, because a manifest names only the direct dependencies.
#[test]
fn functions_contain_no_unneeded_crates() {
    let events = ["axum", "lambda_http", "utoipa"];
    for (function, absent) in [
        ("token-authorizer", &["utoipa", "askama"][..]),
        ("users", &["utoipa", "askama"]),
        ("groups", &["utoipa", "askama"]),
        ("bulk", &["utoipa", "askama"]),
        ("discovery", &["utoipa", "askama"]),
        ("scim-fallback", &["utoipa", "askama"]),
        ("journal-relay", &[&events[..], &["askama"]].concat()),
        ("role-reconciler", &[&events[..], &["askama"]].concat()),
        ("issue-service-key", &[&events[..], &["askama"]].concat()),
        ("restore", &[&events[..], &["askama"]].concat()),
        ("webhook-sender", &[&events[..], &["askama"]].concat()),
        // Mails are templates.
        ("mailer", &events),
    ] {
        let mut cargo = std::process::Command::new(env!("CARGO"));
        let package = format!("rollcall-{function}");
        cargo.args(["tree", "--offline", "--edges", "normal", "--prefix", "none"]);
        cargo.args(["--format", "{p}", "--package", &package]);
        let output = cargo.current_dir(root()).output().expect("cargo runs");
        let tree = String::from_utf8_lossy(&output.stdout);
        let names: BTreeSet<&str> = tree
            .lines()
            .filter_map(|line| line.split(' ').next())
            .collect();
        assert!(names.contains(package.as_str()), "{output:?}");
        for name in absent {
            assert!(!names.contains(name), "`{package}` contains `{name}`");
        }
    }
}

#[test]
fn only_the_directory_and_insight_use_the_store() {
    for folder in crate_folders() {
        let manifest = manifest(&folder);
        let name = name_of(&manifest);
        let uses_store = dependencies(&manifest).contains("rollcall-store");
        let is_allowed = STORE_USERS.contains(&name);
        assert!(
            !uses_store || is_allowed,
            "`{name}` depends on `rollcall-store`"
        );
        for file in files_below(&root().join(&folder).join("src")) {
            let text = std::fs::read_to_string(&file).expect("a source");
            let file = file.display();
            if !is_allowed {
                // Only the two crates need these items, but Rust cannot hide them from the others.
                for word in [".scope()", "rollcall_directory::stored"] {
                    assert!(!text.contains(word), "{file} uses `{word}`");
                }
            }
            let exports = text.split("pub use rollcall_store::").skip(1);
            for export in exports {
                let names = export.split(';').next().unwrap_or_default();
                for key in ["Key", "Keys", "Partition", "StackKeys", "Table", "Range"] {
                    let is_word = |word: &str| word == key;
                    let mut words = names.split(|c: char| !c.is_alphanumeric());
                    assert!(!words.any(is_word), "{file} re-exports `{key}`");
                }
            }
        }
    }
}

#[test]
fn only_the_local_run_has_a_clock_that_is_behind() {
    for folder in crate_folders() {
        for file in files_below(&root().join(&folder).join("src")) {
            let text = std::fs::read_to_string(&file).expect("a source");
            let is_its_place = folder == "infra/local" || file.ends_with("model/src/clock.rs");
            assert!(
                is_its_place || !text.contains("PastClock"),
                "{} sets the clock",
                file.display()
            );
        }
    }
}

#[test]
fn functions_have_no_unneeded_dependencies() {
    for (folder, forbidden) in [
        (
            "functions/token-authorizer",
            &["rollcall-edge-api", "rollcall-insight"][..],
        ),
        (
            "functions/discovery",
            &["rollcall-edge-api", "rollcall-insight", "rollcall-secrets"],
        ),
        (
            "functions/journal-relay",
            &[
                "rollcall-edge-http",
                "rollcall-edge-scim",
                "rollcall-edge-api",
            ],
        ),
        (
            "functions/role-reconciler",
            &[
                "rollcall-edge-http",
                "rollcall-edge-scim",
                "rollcall-edge-api",
            ],
        ),
        (
            "functions/webhook-sender",
            &[
                "rollcall-edge-http",
                "rollcall-edge-scim",
                "rollcall-edge-api",
            ],
        ),
        (
            "functions/mailer",
            &[
                "rollcall-edge-http",
                "rollcall-edge-scim",
                "rollcall-edge-api",
            ],
        ),
        (
            "functions/issue-service-key",
            &[
                "rollcall-edge-http",
                "rollcall-edge-scim",
                "rollcall-edge-api",
            ],
        ),
    ] {
        let used = dependencies(&manifest(folder));
        for name in forbidden {
            assert!(!used.contains(*name), "{folder} depends on `{name}`");
        }
    }
}

#[test]
fn a_cycle_is_found() {
    let edges = |pairs: &[(&'static str, &'static str)]| pairs.iter().copied().collect();
    assert_eq!(
        find_cycle::<&str>(&edges(&[("a", "b"), ("b", "c"), ("a", "c")])),
        None
    );
    let found = find_cycle(&edges(&[("x", "a"), ("a", "b"), ("b", "a"), ("b", "c")]));
    assert_eq!(found, Some(vec!["a", "b", "a"]));
}
