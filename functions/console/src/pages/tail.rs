//! The tail of a live list: what has come since the list was read, a bounded number at a time.

use askama::Template;
use jiff::{SignedDuration, Timestamp};

use super::log::{Row as LogRow, settled};
use crate::layout::Layout;

/// The rows that a live list puts on top.
#[derive(Template)]
#[template(path = "tail.html")]
pub(super) struct Tail {
    pub(super) layout: Layout,
    pub(super) tail: String,
    pub(super) rows: Vec<LogRow>,
    /// Whether more have come than these rows.
    pub(super) has_more: bool,
    /// The address of the list, to load it again.
    pub(super) again: String,
}

/// What is read of a log for its live list: after one time, and up to another one.
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl Window {
    /// Returns what has come since. If that is not known, nothing has.
    pub(super) fn since(since: Option<Timestamp>) -> Self {
        let until = settled(Timestamp::now());
        let since = since.unwrap_or(until).min(until);
        let next = since.checked_add(SignedDuration::from_millis(1));
        Self {
            from: next.unwrap_or(since),
            until,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_follow_each_other_without_a_gap() {
        let at: Timestamp = "2026-11-25T12:30:00.123Z".parse().unwrap();
        let window = Window::since(Some(at));
        assert_eq!(window.from.to_string(), "2026-11-25T12:30:00.124Z");
        assert!(window.until > window.from);
        let unknown = Window::since(None);
        assert!(unknown.from > unknown.until, "nothing is read");
        let future = Window::since(Some(Timestamp::MAX));
        assert!(future.from > future.until, "nothing is read");
    }
}
