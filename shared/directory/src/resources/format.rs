//! The numbered formats in which resources are stored, and the upgrade of an older format when an item is read.
//!
//! A deployment changes the code, and never the table. An item in an older format is upgraded in memory whenever it is
//! read, and its next change stores it in the current format. So there is no migration to run, to wait for or to roll
//! back.
//!
//! To change the format, add the step from the previous format at the end of [`STEPS`], and add data that the previous
//! code has written to `tests/compatibility`. A step may read all attributes of an item. It must not change those that are
//! updated in place, whatever the item's format: `groups`, `members`, `standing`, `intent`, `revision`, `version` and
//! `modified`.

use rollcall_store::{Error, Item, number};

const ATTRIBUTE: &str = "format";

/// The upgrade from one format to the next.
type Step = fn(&mut Item) -> Result<(), Error>;

/// The steps from format 1 to 2, from 2 to 3, and so on. An item without a number has format 1.
const STEPS: &[Step] = &[];

/// Returns the item in the current format.
///
/// # Errors
/// When the item has a newer format: this code does not know it, and would lose data.
pub(crate) fn lifted(item: Item) -> Result<Item, Error> {
    lifted_by(STEPS, item)
}

/// Returns the item with the number of the current format.
pub(crate) fn marked(item: Item) -> Item {
    marked_by(STEPS, item)
}

fn lifted_by(steps: &[Step], mut item: Item) -> Result<Item, Error> {
    let stored = match item.get(ATTRIBUTE) {
        None => 1,
        Some(value) => value
            .as_n()
            .ok()
            .and_then(|digits| digits.parse::<usize>().ok())
            .filter(|form| *form > 0)
            .ok_or_else(|| Error::corrupt("`format` is not a valid format number"))?,
    };
    let missing = steps.get(stored - 1..).ok_or_else(|| {
        Error::corrupt(format!(
            "format {stored}, but this code supports only formats up to {}",
            steps.len() + 1
        ))
    })?;
    for step in missing {
        step(&mut item)?;
    }
    Ok(item)
}

fn marked_by(steps: &[Step], mut item: Item) -> Item {
    item.insert(ATTRIBUTE.to_owned(), number(steps.len() + 1));
    item
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_store::{string, text};

    /// Format 2 renames `heading` to `title`. Format 3 stores it in capitals.
    const MADE_UP: &[Step] = &[
        |item| {
            let heading = item.remove("heading");
            let heading = heading.ok_or_else(|| Error::corrupt("no heading"))?;
            item.insert("title".to_owned(), heading);
            Ok(())
        },
        |item| {
            let title = text(item, "title")?.to_uppercase();
            item.insert("title".to_owned(), string(&title));
            Ok(())
        },
    ];

    fn item(attribute: &str, form: Option<usize>) -> Item {
        let form = form.map(|form| (ATTRIBUTE.to_owned(), number(form)));
        let content = [(attribute.to_owned(), string("a"))];
        content.into_iter().chain(form).collect()
    }

    #[test]
    fn older_forms_take_the_steps_that_they_miss() {
        for (attribute, form, expected) in [
            ("heading", None, "A"),
            ("heading", Some(1), "A"),
            ("title", Some(2), "A"),
            ("title", Some(3), "a"),
        ] {
            let lifted = lifted_by(MADE_UP, item(attribute, form)).unwrap();
            assert_eq!(text(&lifted, "title").unwrap(), expected, "{form:?}");
        }
    }

    #[test]
    fn what_is_stored_is_of_today_s_form() {
        let stored = marked_by(MADE_UP, lifted_by(MADE_UP, item("heading", None)).unwrap());
        assert_eq!(stored[ATTRIBUTE], number(3));
        assert_eq!(lifted_by(MADE_UP, stored.clone()).unwrap(), stored);
    }

    #[test]
    fn what_newer_code_wrote_is_refused() {
        assert!(lifted_by(MADE_UP, item("title", Some(4))).is_err());
        assert!(lifted_by(&[], item("title", Some(2))).is_err());
        assert!(lifted_by(&[], item("title", Some(0))).is_err());
    }
}
