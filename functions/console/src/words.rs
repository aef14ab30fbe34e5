//! The words of the console: templates and English messages avoid the turns that `GLOSSARY.md` replaces.

use std::fs;
use std::path::Path;

/// Turns that templates avoid, in small letters.
const AVOIDED: [&str; 19] = [
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
];

/// Catalogues that say in English what the API, the findings and the settings say, word for word.
const OF_OTHERS: [&str; 4] = ["api.ftl", "health.ftl", "reasons.ftl", "settings.ftl"];

/// Returns the names and texts of all templates below a folder.
fn templates(folder: &Path) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.append(&mut templates(&path)),
            false => all.push((
                path.display().to_string(),
                fs::read_to_string(&path).unwrap(),
            )),
        }
    }
    all
}

/// Returns the names and texts of the templates and of the English messages.
fn said() -> Vec<(String, String)> {
    let console = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = templates(&console.join("templates"));
    all.append(&mut templates(&console.join("locales/en")));
    all.retain(|(name, _)| !OF_OTHERS.iter().any(|one| name.ends_with(one)));
    all
}

#[test]
fn templates_avoid_old_turns() {
    let all = said();
    assert!(all.len() > 20, "{}", all.len());
    for (name, text) in all {
        let text = text.to_lowercase();
        for avoided in AVOIDED {
            assert!(!text.contains(avoided), "{name} says `{avoided}`");
        }
    }
}

/// The console is of whoever offers it. See `brand`.
#[test]
fn templates_do_not_name_the_maker() {
    for (name, text) in said() {
        assert!(!text.to_lowercase().contains("rollcall"), "{name}");
    }
}
