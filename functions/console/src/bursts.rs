//! Bursts: consecutive entries of one cause, which a log shows as one line. Pure.

use jiff::{SignedDuration, Timestamp};

use crate::messages::{Text, t};

/// The longest time between two entries of a burst.
const WITHIN: SignedDuration = SignedDuration::from_mins(5);
/// The fewest entries that are shown as one line.
const LEAST: usize = 3;

/// Why an entry is there, as far as others can have the same cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    /// Who did it: the id of a connection, or the kind and id of an actor.
    pub(crate) by: String,
    /// The key of the message that says what several such entries are.
    pub(crate) key: &'static str,
    /// The id of the one thing that all of them are about; empty if each is about another one.
    pub(crate) about: String,
    /// The role that all of them have to do with; empty for none.
    pub(crate) role: String,
}

impl Cause {
    /// Says what a number of entries of this cause are. `name` is what `about` is called.
    pub(crate) fn told(&self, count: usize, name: &str) -> Text {
        t(self.key)
            .n("number", count)
            .name("name", name)
            .s("role", &self.role)
    }
}

/// An entry that can be part of a burst.
pub(crate) trait Caused {
    /// The cause that others can share; `None` for an entry that always has a line of its own, such as a failure.
    fn cause(&self) -> Option<&Cause>;

    /// The time of the entry.
    fn at(&self) -> Timestamp;
}

impl<T: Caused> Caused for &T {
    fn cause(&self) -> Option<&Cause> {
        (**self).cause()
    }

    fn at(&self) -> Timestamp {
        (**self).at()
    }
}

/// Returns whether two entries, one next to the other, belong to one burst.
fn belong<T: Caused>(one: &T, next: &T) -> bool {
    let apart = one.at().duration_since(next.at()).abs();
    one.cause().is_some() && one.cause() == next.cause() && apart <= WITHIN
}

/// Groups the entries of a log: each group is one line, a burst if it has several entries. Nothing is left out, and the order
/// stays.
pub(crate) fn bursts<T: Caused>(entries: Vec<T>) -> Vec<Vec<T>> {
    let mut runs: Vec<Vec<T>> = Vec::new();
    for entry in entries {
        let run = runs.last_mut();
        match run.filter(|run| run.last().is_some_and(|last| belong(last, &entry))) {
            Some(run) => run.push(entry),
            None => runs.push(vec![entry]),
        }
    }
    let mut lines = Vec::with_capacity(runs.len());
    for run in runs {
        match run.len() >= LEAST {
            true => lines.push(run),
            false => lines.extend(run.into_iter().map(|one| vec![one])),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Entry(i64, Option<Cause>);

    impl Caused for Entry {
        fn cause(&self) -> Option<&Cause> {
            self.1.as_ref()
        }

        fn at(&self) -> Timestamp {
            Timestamp::from_second(self.0).unwrap()
        }
    }

    /// Builds entries from words: the seconds, and a letter for the cause; `!` has none.
    fn entries(text: &str) -> Vec<Entry> {
        let one = |word: &str| {
            let (seconds, letter) = word.split_at(word.len() - 1);
            let cause = |by: &str| Cause {
                by: by.to_owned(),
                key: "change-many-people-added",
                about: String::new(),
                role: String::new(),
            };
            Entry(
                seconds.parse().unwrap(),
                (letter != "!").then(|| cause(letter)),
            )
        };
        text.split_whitespace().map(one).collect()
    }

    #[test]
    fn consecutive_entries_of_one_cause_are_one_line() {
        for (log, expected) in [
            ("", vec![]),
            ("9a", vec![1]),
            ("9a 8a", vec![1, 1]),
            ("9a 8a 7a", vec![3]),
            ("9a 8a 7b 6a 5a", vec![1, 1, 1, 1, 1]),
            ("9a 8a 7a 6b 5b 4b 3b", vec![3, 4]),
            // A failure is never inside, and parts what is around it.
            ("9a 8a 7! 6a 5a 4a", vec![1, 1, 1, 3]),
            ("9! 8! 7!", vec![1, 1, 1]),
            // Minutes apart they are still one burst, hours apart they are not.
            ("900a 600a 300a", vec![3]),
            ("9000a 8999a 4000a 3999a 3998a", vec![1, 1, 3]),
        ] {
            let lines = bursts(entries(log));
            let sizes: Vec<usize> = lines.iter().map(Vec::len).collect();
            assert_eq!(sizes, expected, "{log}");
        }
    }

    #[test]
    fn nothing_is_left_out_and_the_order_stays() {
        let lines = bursts(entries("9a 8a 7a 6! 5b 4a"));
        let times: Vec<i64> = lines.iter().flatten().map(|entry| entry.0).collect();
        assert_eq!(times, [9, 8, 7, 6, 5, 4]);
    }

    #[test]
    fn a_cause_names_what_all_are_about() {
        let cause = Cause {
            by: "c".to_owned(),
            key: "change-many-memberships",
            about: "g".to_owned(),
            role: String::new(),
        };
        let said = cause.told(1_951, "Finance");
        let html = "Changed the members of <bdi>Finance</bdi> 1,951 times";
        assert_eq!(said.to_string(), html);
    }
}
