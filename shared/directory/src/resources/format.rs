//! The form in which resources are stored, by number, and how an older one becomes today's as it is read.
//!
//! A deployment changes the code at once and the table never: a resource is lifted in memory whenever it is read, and
//! stored in today's form by the next change of it. So there is no migration to run, to wait for or to take back.
//!
//! To change the form, put the step from the form before at the end of [`STEPS`], and what the code before has written
//! into `tests/previous`. A step may read all of an item, but must leave alone what is updated in place, in whatever form
//! the item is: `groups`, `members`, `standing`, `intent`, `revision`, `version` and `modified`.

use rollcall_store::{Error, Item, number};

const ATTRIBUTE: &str = "format";

/// From one form to the next.
type Step = fn(&mut Item) -> Result<(), Error>;

/// From form 1 to 2, from 2 to 3, and so on. What has no number is of form 1.
const STEPS: &[Step] = &[];

/// The item in today's form.
///
/// # Errors
/// When newer code wrote it: this code would lose what it does not know of.
pub(crate) fn lifted(item: Item) -> Result<Item, Error> {
    lifted_by(STEPS, item)
}

/// The item, marked as being of today's form.
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
            .ok_or_else(|| Error::corrupt("`format` is no number of a form"))?,
    };
    let missing = steps.get(stored - 1..).ok_or_else(|| {
        Error::corrupt(format!(
            "form {stored}, and this code knows {} at most",
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

    /// Form 2 calls `title` what form 1 called `heading`; form 3 has it in capitals.
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
