//! The page of every component in every state, written to `target/states`, and the check that templates and style
//! sheets name the same classes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use askama::Template;
use rollcall_directory::{FormId, Permission, Role};

use crate::assets;
use crate::brand::Look;
use crate::layout::{Layout, Section};

/// People with names from everywhere: name, address, class and title of the state.
const PEOPLE: [(&str, &str, &str, &str); 4] = [
    (
        "Oluwaseun Adébáyò",
        "oluwaseun@northwind.example",
        "active",
        "Active",
    ),
    (
        "Łukasz Wójcik",
        "lukasz@northwind.example",
        "invited",
        "Invited",
    ),
    (
        "نور الهدى",
        "nour@northwind.example",
        "inactive",
        "Inactive",
    ),
    (
        "Wolfeschlegelsteinhausenbergerdorff the Elder of the long name",
        "w@northwind.example",
        "failed",
        "Blocked",
    ),
];

const FINDINGS: [(&str, &str, &str); 3] = [
    ("failed", "circle-alert", "Problem"),
    ("invited", "triangle-alert", "Warning"),
    ("info", "info", "Notice"),
];

/// The classes that code puts in, and not a template.
const BY_CODE: [&str; 5] = ["active", "failed", "icon", "inactive", "invited"];
/// The classes that other parts put in: htmx while it fetches, and names that only tests and scripts look for.
const UNSTYLED: [&str; 3] = ["remedy", "rest", "settings"];

#[derive(Template)]
#[template(path = "states.html")]
struct States {
    layout: Layout,
}

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Returns the texts of all files of this kind below a folder.
fn texts(folder: &Path, kind: &str) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &texts(&path, kind);
        } else if path.extension().is_some_and(|found| found == kind) {
            text += &fs::read_to_string(&path).unwrap();
        }
    }
    text
}

/// Removes what stands between two marks.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut parts = text.split(open);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| {
        kept + " " + part.split_once(close).map_or("", |(_, rest)| rest)
    })
}

fn classes_of_templates() -> BTreeSet<String> {
    let text = texts(&folder("templates"), "html");
    let text = without(&without(&text, "{%", "%}"), "{{", "}}");
    let values = text.split("class=\"").skip(1);
    let values = values.filter_map(|rest| rest.split('"').next());
    let mut classes: BTreeSet<String> = values
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect();
    classes.extend(BY_CODE.map(str::to_owned));
    classes
}

fn classes_of_sheets() -> BTreeSet<String> {
    let text = without(&texts(&folder("assets/style"), "css"), "/*", "*/");
    // What stands before a brace is a selector, unless it is a declaration.
    let selectors = text
        .split('{')
        .filter_map(|part| part.rsplit(['}', ';']).next());
    let selectors = selectors.filter(|part| !part.trim_start().starts_with('@'));
    let mut classes = BTreeSet::new();
    for selector in selectors {
        for part in selector.split('.').skip(1) {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            let name = part.get(..end.unwrap_or(part.len())).unwrap_or_default();
            if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                classes.insert(name.to_owned());
            }
        }
    }
    classes.remove("htmx-request");
    classes
}

#[test]
fn templates_and_sheets_name_the_same_classes() {
    let (used, styled) = (classes_of_templates(), classes_of_sheets());
    let unstyled: Vec<_> = used
        .difference(&styled)
        .filter(|class| !UNSTYLED.contains(&class.as_str()))
        .collect();
    assert!(unstyled.is_empty(), "without a rule: {unstyled:?}");
    let unused: Vec<_> = styled.difference(&used).collect();
    assert!(unused.is_empty(), "without a use: {unused:?}");
}

#[test]
fn every_component_is_on_one_page() {
    let page = States {
        layout: Layout {
            console: "/console".to_owned(),
            section: Section::People,
            tenant: "Northwind Traders".to_owned(),
            user_name: Some("priya.raman@northwind.example".to_owned()),
            role: Some(Role::Admin),
            permissions: Permission::ALL.to_vec(),
            form_token: String::new(),
            form_id: FormId::fresh(),
            open_findings: 3,
            notice: None,
            refusal: None,
            return_url: Some("#".to_owned()),
            look: Look {
                product: Some("Plumbline".to_owned()),
                support_url: Some("#".to_owned()),
                support_email: Some("help@plumbline.example".to_owned()),
                ..Look::default()
            },
            read_only: false,
        },
    };
    let html = page.render().unwrap();
    assert!(html.len() < 100_000, "{}", html.len());
    let missing: Vec<String> = classes_of_sheets()
        .into_iter()
        .filter(|class| !html.contains(class.as_str()))
        .filter(|class| !["alone", "lifted"].contains(&class.as_str()))
        .collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
    let states = folder("../../target/states");
    fs::create_dir_all(&states).unwrap();
    assets::write_to(&states);
    let html = html.replace(&assets::address("/console", ""), "");
    fs::write(states.join("index.html"), html).unwrap();
}
