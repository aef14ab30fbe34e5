//! The checks of the catalogues: every language has every message with the same variables, every message is used as it is
//! meant, and templates have no words of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fluent_syntax::ast::{
    CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement,
};
use fluent_syntax::parser::parse;

use crate::language::Language;
use crate::messages::AREAS;

/// The page of the components, which nobody is sent.
const FIXTURE: &str = "states.html";
/// Words that are the same in every language.
const SAME: &[&str] = &["CSV", "ID", "JSON", "SCIM", "URL", "UTC"];
/// The attributes that people read or hear.
const READ: &[&str] = &[
    "alt",
    "aria-label",
    "data-count",
    "data-label",
    "placeholder",
    "title",
];
/// Messages that get their variables elsewhere than where they are named.
const FILLED_ELSEWHERE: &[&str] = &["time-column", "time-exact", "time-utc"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Returns the names below a folder, and the texts, of all files of this kind.
fn files(root: &Path, kind: &str) -> Vec<(String, String)> {
    fn walk(root: &Path, at: &Path, kind: &str, all: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, kind, all);
            } else if path.extension().is_some_and(|found| found == kind) {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                all.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut all = Vec::new();
    walk(root, root, kind, &mut all);
    all.sort();
    all
}

type Variables = BTreeSet<String>;

fn variables_of(pattern: &Pattern<&str>, found: &mut Variables) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            variables_in(expression, found);
        }
    }
}

fn variables_in(expression: &Expression<&str>, found: &mut Variables) {
    match expression {
        Expression::Inline(inline) => variables_inline(inline, found),
        Expression::Select { selector, variants } => {
            variables_inline(selector, found);
            for variant in variants {
                variables_of(&variant.value, found);
            }
        }
    }
}

fn variables_inline(inline: &InlineExpression<&str>, found: &mut Variables) {
    match inline {
        InlineExpression::VariableReference { id } => {
            found.insert(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => variables_in(expression, found),
        InlineExpression::FunctionReference { id, arguments } => {
            let CallArguments { positional, .. } = arguments;
            panic!("no function is known: {} of {}", id.name, positional.len());
        }
        InlineExpression::MessageReference { id, .. }
        | InlineExpression::TermReference { id, .. } => {
            panic!(
                "a message stands for itself: it must not refer to {}",
                id.name
            )
        }
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
    }
}

/// Reads all messages of a language, with their variables.
fn catalogue(language: Language) -> BTreeMap<String, Variables> {
    let mut messages = BTreeMap::new();
    let texts = files(&folder("locales").join(language.tag()), "ftl");
    let names: BTreeSet<String> = texts.iter().map(|(name, _)| name.clone()).collect();
    let areas: BTreeSet<String> = AREAS.iter().map(|area| format!("{area}.ftl")).collect();
    assert_eq!(names, areas, "{language:?}: files, and areas in `messages`");
    for (name, text) in texts {
        let is_plain = |c: char| c != '<' && !('\u{FDD0}'..='\u{FDEF}').contains(&c);
        assert!(text.chars().all(is_plain), "{name} has markup");
        let resource = parse(&*text).unwrap_or_else(|(_, errors)| {
            panic!("{language:?} {name} cannot be parsed: {errors:?}")
        });
        for entry in resource.body {
            match entry {
                Entry::Message(message) => {
                    let key = message.id.name.to_owned();
                    let pattern = message.value.unwrap_or_else(|| panic!("{key} is empty"));
                    let mut variables = Variables::new();
                    variables_of(&pattern, &mut variables);
                    let earlier = messages.insert(key.clone(), variables);
                    assert!(earlier.is_none(), "{language:?} has {key} twice");
                }
                Entry::Term(term) => panic!("{name}: a term -{}", term.id.name),
                Entry::Junk { content } => panic!("{name}: {content}"),
                _ => {}
            }
        }
    }
    messages
}

/// One use of a message: its key, and the variables that it gets there.
struct Use {
    at: String,
    key: String,
    given: Variables,
}

/// Finds the uses in a source: `t("key")` and the methods called on it.
fn uses(name: &str, text: &str) -> Vec<Use> {
    let mut found = Vec::new();
    for (at, call) in text.match_indices("t(\"") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let Some((key, rest)) = text[at + call.len()..].split_once('"') else {
            continue;
        };
        let Some(mut rest) = rest.trim_start().strip_prefix(')') else {
            continue;
        };
        let mut given = Variables::new();
        while let Some((method, first, behind)) = method(rest) {
            match (method, first) {
                ("n" | "s" | "name" | "bdi" | "part" | "choice" | "codes", Some(first)) => {
                    given.insert(first.to_owned());
                }
                ("link" | "outside" | "tag", Some(first)) => {
                    given.insert(first.to_owned());
                    given.insert(format!("{first}-end"));
                }
                _ => break,
            }
            rest = behind;
        }
        found.push(Use {
            at: name.to_owned(),
            key: key.to_owned(),
            given,
        });
    }
    found
}

/// Reads a call of a method: its name, its first argument if that is a text, and what is behind it.
fn method(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let (name, rest) = text.trim_start().strip_prefix('.')?.split_once('(')?;
    let (mut depth, mut is_text, mut was_escape) = (1, false, false);
    let end = rest.char_indices().find_map(|(at, c)| {
        match (is_text, c) {
            (true, '"') if !was_escape => is_text = false,
            (false, '"') => is_text = true,
            (false, '(') => depth += 1,
            (false, ')') => depth -= 1,
            _ => {}
        }
        was_escape = c == '\\' && !was_escape;
        (depth == 0).then_some(at)
    })?;
    let (arguments, behind) = (&rest[..end], &rest[end + 1..]);
    let first = arguments.trim_start().strip_prefix('"');
    let first = first.and_then(|first| first.split('"').next());
    Some((name, first, behind))
}

/// Returns the sources of the console and its templates.
fn sources() -> Vec<(String, String)> {
    let mut all = files(&folder("src"), "rs");
    all.retain(|(name, _)| name != "catalogues.rs");
    for (_, text) in &mut all {
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        *text = text.lines().filter(is_code).collect::<Vec<_>>().join("\n");
    }
    all.extend(files(&folder("templates"), "html"));
    all
}

#[test]
fn every_language_has_every_message_with_the_same_variables() {
    let english = catalogue(Language::English);
    for language in Language::ALL {
        let other = catalogue(language);
        let keys = |messages: &BTreeMap<String, Variables>| -> BTreeSet<String> {
            messages.keys().cloned().collect()
        };
        let missing: Vec<_> = keys(&english).difference(&keys(&other)).cloned().collect();
        assert!(missing.is_empty(), "{language:?} lacks {missing:?}");
        let more: Vec<_> = keys(&other).difference(&keys(&english)).cloned().collect();
        assert!(more.is_empty(), "only {language:?} has {more:?}");
        for (key, variables) in &english {
            assert_eq!(variables, &other[key], "{language:?}: {key}");
        }
    }
}

#[test]
fn every_message_is_used_with_its_variables() {
    let messages = catalogue(Language::English);
    let sources = sources();
    let mut wrong = Vec::new();
    for one in sources.iter().flat_map(|(name, text)| uses(name, text)) {
        match messages.get(&one.key) {
            None => wrong.push(format!("{}: no message {}", one.at, one.key)),
            Some(_) if FILLED_ELSEWHERE.contains(&&*one.key) => {}
            Some(variables) if *variables != one.given => wrong.push(format!(
                "{}: {} has {variables:?}, and gets {:?}",
                one.at, one.key, one.given
            )),
            Some(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let is_used = |key: &&String| {
        let literal = format!("\"{key}\"");
        sources.iter().any(|(_, text)| text.contains(&literal))
    };
    let unused: Vec<_> = messages.keys().filter(|key| !is_used(key)).collect();
    assert!(unused.is_empty(), "nothing says {unused:?}");
}

/// Replaces what stands between two marks by a blank.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut parts = text.split(open);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| {
        kept + " " + part.split_once(close).map_or("", |(_, rest)| rest)
    })
}

/// Returns the words of a template that stand in no expression.
fn words(template: &str) -> Vec<String> {
    let mut text = template.to_owned();
    for (open, close) in [("{#", "#}"), ("{%", "%}"), ("{{", "}}")] {
        text = without(&text, open, close);
    }
    text = without(&text, "<code>", "</code>");
    let mut read = String::new();
    let mut parts = text.split('<');
    read += parts.next().unwrap_or_default();
    for part in parts {
        let (tag, behind) = part.split_once('>').unwrap_or((part, ""));
        for attribute in READ {
            let begin = format!(" {attribute}=\"");
            let values = tag.split(&begin).skip(1);
            for value in values.filter_map(|rest| rest.split('"').next()) {
                read += &format!(" {value} ");
            }
        }
        read += &format!(" {behind} ");
    }
    let read = without(&read, "&", ";");
    let words = read.split(|c: char| !c.is_alphabetic());
    words
        .filter(|word| !word.is_empty() && !SAME.contains(word))
        .map(str::to_owned)
        .collect()
}

#[test]
fn templates_have_no_words_of_their_own() {
    let mut wrong = Vec::new();
    for (name, text) in files(&folder("templates"), "html") {
        let words = words(&text);
        if name != FIXTURE && !words.is_empty() {
            wrong.push(format!("{name}: {words:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
