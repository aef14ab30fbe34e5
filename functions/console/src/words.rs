//! The words of the console: templates and English messages avoid the turns that `GLOSSARY.md` replaces.

use std::fs;
use std::path::Path;

/// Turns that templates and messages avoid, in small letters.
const AVOIDED: [&str; 20] = [
    "whoever",
    "somebody",
    "please",
    "successfully",
    "simply",
    "pending login",
    "look further",
    "nobody was found",
    "nobody was pushed",
    "was pushed yet",
    "there is no ",
    "nothing needs you.",
    "known since",
    // As the name of a state.
    ">not signed in.",
    "= not signed in.",
    "unless given",
    "those without",
    "the mapping was saved",
    "tokens that are refused",
    "is refused from now on",
];

/// Turns that messages avoid. Templates have some of them as names in their code.
const AVOIDED_IN_MESSAGES: [&str; 18] = [
    "pushed",
    "provisioned",
    "invalid",
    "banned",
    "everybody",
    "your idp",
    "idp id",
    "api call",
    "permission level",
    "auto-refresh",
    "dismiss",
    "mute ",
    // American spelling.
    "organis",
    "catalogue",
    "colour",
    "behaviour",
    "recognis",
    "synchronis",
];

/// Returns the names and texts of all files below a folder.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.append(&mut files(&path)),
            false => all.push((
                path.display().to_string(),
                fs::read_to_string(&path).unwrap(),
            )),
        }
    }
    all
}

fn below(folder: &str) -> Vec<(String, String)> {
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
}

/// Returns the texts of a catalogue, without the keys of its messages and without its comments.
fn texts(catalogue: &str) -> String {
    let lines = catalogue.lines().filter(|line| !line.starts_with('#'));
    let texts = lines.map(|line| match line.starts_with(' ') {
        true => line,
        false => line.find(" =").map_or("", |key| &line[key..]),
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn avoid(name: &str, text: &str, turns: &[&str]) {
    let text = text.to_lowercase();
    for turn in turns {
        assert!(!text.contains(turn), "{name} says `{turn}`");
    }
}

#[test]
fn templates_avoid_old_turns() {
    let all = below("templates");
    assert!(all.len() > 20, "{}", all.len());
    for (name, text) in all {
        avoid(&name, &text, &AVOIDED);
    }
}

#[test]
fn messages_avoid_old_turns() {
    let all = below("locales/en");
    assert!(all.len() > 20, "{}", all.len());
    for (name, catalogue) in all {
        let text = texts(&catalogue);
        assert!(text.lines().any(|line| !line.is_empty()), "{name}");
        avoid(&name, &text, &AVOIDED);
        avoid(&name, &text, &AVOIDED_IN_MESSAGES);
    }
}

/// The console is of the company that offers it. See `brand`.
#[test]
fn templates_do_not_name_the_maker() {
    for (name, text) in below("templates").into_iter().chain(below("locales/en")) {
        assert!(!text.to_lowercase().contains("rollcall"), "{name}");
    }
}
