//! Keeps `name.formatted` true when only parts of a name change.

use serde_json::{Map, Value};

/// The parts of a name, in the order in which a name is written out.
const PARTS: [&str; 5] = [
    "honorificPrefix",
    "givenName",
    "middleName",
    "familyName",
    "honorificSuffix",
];

/// Writes `name.formatted` out again if a change of the name's parts left it as it was.
///
/// Clients change `familyName` alone, or send the old `formatted` back. Where the old parts stand in the old text, the
/// new ones take their place, so that its order stays. Otherwise the parts are joined.
pub(crate) fn refresh(before: &Map<String, Value>, after: &mut Map<String, Value>) {
    let Some(old) = before.get("name").and_then(Value::as_object) else {
        return;
    };
    let Some(new) = after.get_mut("name").and_then(Value::as_object_mut) else {
        return;
    };
    let changed = || {
        PARTS
            .iter()
            .filter(|part| old.get(**part) != new.get(**part))
    };
    let Some(text) = text(old, "formatted").filter(|_| changed().next().is_some()) else {
        return;
    };
    if new.get("formatted") != old.get("formatted") {
        return;
    }
    let exchanged = changed().try_fold(text.to_owned(), |text, part| {
        exchange(&text, self::text(old, part)?, self::text(new, part)?)
    });
    let joined = || {
        let parts = PARTS.iter().filter_map(|part| self::text(new, part));
        parts.collect::<Vec<_>>().join(" ")
    };
    let formatted = exchanged.unwrap_or_else(joined);
    if formatted.is_empty() {
        new.shift_remove("formatted");
    } else {
        new.insert("formatted".to_owned(), formatted.into());
    }
}

/// Replaces a part that occurs exactly once.
fn exchange(text: &str, old: &str, new: &str) -> Option<String> {
    let mut places = text.match_indices(old);
    let (at, _) = places.next()?;
    places
        .next()
        .is_none()
        .then(|| format!("{}{new}{}", &text[..at], &text[at + old.len()..]))
}

fn text<'a>(name: &'a Map<String, Value>, part: &str) -> Option<&'a str> {
    name.get(part)?
        .as_str()
        .filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(before: Value, after: Value, formatted: Option<&str>) {
        let named = |name: Value| Map::from_iter([("name".to_owned(), name)]);
        let mut changed = named(after.clone());
        refresh(&named(before.clone()), &mut changed);
        let result = changed["name"].get("formatted").and_then(Value::as_str);
        assert_eq!(result, formatted, "{before} {after}");
    }

    #[test]
    fn follows_the_parts() {
        let ada = json!({"formatted": "Dr. Ada Byron", "givenName": "Ada", "familyName": "Byron"});
        let with = |family: &str, formatted: &str| json!({"formatted": formatted, "givenName": "Ada", "familyName": family});
        check(ada.clone(), ada.clone(), Some("Dr. Ada Byron"));
        check(
            ada.clone(),
            with("King", "Dr. Ada Byron"),
            Some("Dr. Ada King"),
        );
        check(ada.clone(), with("King", "Countess"), Some("Countess"));
        check(
            ada.clone(),
            json!({"givenName": "Ada", "familyName": "King"}),
            None,
        );
        check(
            ada.clone(),
            json!({"formatted": "Dr. Ada Byron", "givenName": "Ada"}),
            Some("Ada"),
        );
        check(ada, json!({"formatted": "Dr. Ada Byron"}), None);
        let twice = json!({"formatted": "Ada Ada", "givenName": "Ada", "familyName": "Ada"});
        check(twice, with("King", "Ada Ada"), Some("Ada King"));
        let elsewhere = json!({"formatted": "The Countess", "familyName": "Byron"});
        check(
            elsewhere,
            json!({"formatted": "The Countess", "familyName": "King", "givenName": "A"}),
            Some("A King"),
        );
    }
}
