//! How far a live list is, and what it reads next.
//!
//! Its address says until when it was read, and which of the latest entries it has shown. An entry can be written a little
//! later than its time says, so each read goes back a little and leaves out what was shown.

use jiff::{SignedDuration, Timestamp};

use super::log_view::View;

/// How far back a read goes, for entries that were written late.
const LATE: SignedDuration = SignedDuration::from_secs(20);
/// For how long a list is live.
const LONGEST: SignedDuration = SignedDuration::from_mins(30);
/// The most entries that an address says were shown. With more of them, a read does not go back.
const MOST_SHOWN: usize = 200;
/// The characters at the end of an id by which an entry is known among those of a few seconds.
const MARK: usize = 8;
/// How old an entry is when the live list shows it. Until then another function may still be writing an earlier one.
const SETTLED: SignedDuration = SignedDuration::from_secs(3);

/// The next read of a live list.
pub(super) struct Next {
    pub(super) address: String,
    /// The seconds until then.
    pub(super) seconds: u32,
}

/// How far a live list is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Followed {
    /// The time up to which it has been read. If that is not known, nothing has come since.
    pub(super) since: Option<Timestamp>,
    /// When it became live. The pages of earlier versions do not say it.
    pub(super) begun: Option<Timestamp>,
    /// How many reads in a row have found nothing.
    pub(super) quiet: u32,
    /// The marks of the latest entries that it has shown.
    pub(super) shown: String,
}

impl Followed {
    /// Returns how far a list is that was just read up to a time, with the marks of its latest entries.
    pub(super) fn begin(until: Timestamp, shown: String) -> Self {
        Self {
            since: Some(until),
            begun: Some(until),
            quiet: 0,
            shown,
        }
    }

    /// Returns how far the list is after a read up to `until`, which has found something or nothing.
    pub(super) fn then(&self, until: Timestamp, has_found: bool, shown: String) -> Self {
        Self {
            since: Some(until),
            begun: self.begun.or(Some(until)),
            quiet: match has_found {
                true => 0,
                false => self.quiet.saturating_add(1),
            },
            shown,
        }
    }

    /// The next read; `None` after the longest time that a list is live.
    pub(super) fn next(&self, view: &View, now: Timestamp) -> Option<Next> {
        let begun = self.begun.unwrap_or(now);
        if now.duration_since(begun) > LONGEST {
            return None;
        }
        let new = View {
            path: format!("{}/new", view.path),
            entry: String::new(),
            burst: String::new(),
            ..view.clone()
        };
        let text = |at: Option<Timestamp>| at.map_or(String::new(), |at| at.to_string());
        let address = new.with(&[
            ("since", &text(self.since)),
            ("begun", &text(Some(begun))),
            ("quiet", &self.quiet.to_string()),
            ("shown", &self.shown),
        ]);
        // A minute, and four more.
        let seconds = match self.quiet {
            ..15 => 4,
            15..39 => 10,
            _ => 30,
        };
        Some(Next { address, seconds })
    }

    /// Whether the list has shown an entry.
    pub(super) fn has_shown(&self, id: &str) -> bool {
        self.shown.split('-').any(|shown| shown == mark(id))
    }

    /// What is read next.
    pub(super) fn window(&self) -> Window {
        let until = settled(Timestamp::now());
        let since = self.since.unwrap_or(until).min(until);
        let next = since.checked_add(SignedDuration::from_millis(1));
        let shown = self.shown.split('-').count();
        let goes_back = self.since.is_some() && self.begun.is_some() && shown < MOST_SHOWN;
        let back = goes_back.then(|| since.checked_sub(LATE).ok()).flatten();
        Window {
            from: back.or(next.ok()).unwrap_or(since),
            until,
        }
    }
}

/// The time up to which a live list shows entries, in whole milliseconds, as entries have them.
pub(super) fn settled(now: Timestamp) -> Timestamp {
    let until = now.checked_sub(SETTLED).unwrap_or(now);
    Timestamp::from_millisecond(until.as_millisecond()).unwrap_or(until)
}

/// What is read of a log for its live list: from one time, and up to another one.
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

/// The marks of those entries that the next read after `until` can find again: ids and times, newest first.
pub(super) fn marks<'a>(
    entries: impl Iterator<Item = (&'a str, Timestamp)>,
    until: Timestamp,
) -> String {
    let late = until.checked_sub(LATE).unwrap_or(until);
    let recent = entries.filter(|(_, at)| *at >= late);
    let marks: Vec<&str> = recent.take(MOST_SHOWN).map(|(id, _)| mark(id)).collect();
    marks.join("-")
}

fn mark(id: &str) -> &str {
    id.get(id.len().saturating_sub(MARK)..).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_list_ends_a_moment_ago_at_a_whole_millisecond() {
        let now: Timestamp = "2026-11-25T12:30:03.123456Z".parse().unwrap();
        assert_eq!(settled(now).to_string(), "2026-11-25T12:30:00.123Z");
    }

    #[test]
    fn windows_overlap_by_what_can_be_late() {
        let at: Timestamp = "2026-11-25T12:30:20.123Z".parse().unwrap();
        let followed = Followed::begin(at, String::new());
        let window = followed.window();
        assert_eq!(window.from.to_string(), "2026-11-25T12:30:00.123Z");
        assert!(window.until > window.from);
        let full = vec!["12345678"; MOST_SHOWN].join("-");
        for other in [
            Followed::begin(at, full),
            Followed {
                since: Some(at),
                ..Followed::default()
            },
        ] {
            let from = other.window().from.to_string();
            assert_eq!(from, "2026-11-25T12:30:20.124Z");
        }
        let unknown = Followed::default().window();
        assert!(unknown.from > unknown.until, "nothing is read");
        let future = Followed {
            since: Some(Timestamp::MAX),
            ..Followed::default()
        };
        let future = future.window();
        assert!(future.from > future.until, "nothing is read");
    }

    #[test]
    fn what_was_shown_lately_is_known_again() {
        let until: Timestamp = "2026-11-25T12:30:20Z".parse().unwrap();
        let ids = [
            "01890a5d-ac96-774b-bcce-b302099a8057",
            "01890a5d-ac96-774b-bcce-b302099a8058",
            "short",
        ];
        let ago = |seconds| until - SignedDuration::from_secs(seconds);
        let entries = [(ids[0], ago(1)), (ids[1], ago(21)), (ids[2], ago(20))];
        let shown = marks(entries.into_iter(), until);
        let followed = Followed::begin(until, shown);
        assert!(followed.has_shown(ids[0]) && followed.has_shown(ids[2]));
        assert!(!followed.has_shown(ids[1]));
        assert!(!Followed::default().has_shown(ids[0]));
        let many = (0..1_000).map(|_| (ids[0], until));
        assert!(marks(many, until).len() < 2_000);
    }

    #[test]
    fn a_quiet_list_is_read_less_and_pauses() {
        let until: Timestamp = "2026-11-25T12:30:20Z".parse().unwrap();
        let view = View {
            path: "/console/activity".to_owned(),
            live: true,
            ..View::default()
        };
        let mut followed = Followed::begin(until, "a".to_owned());
        for (quiet, seconds) in [(0, 4), (14, 4), (15, 10), (38, 10), (39, 30), (9_999, 30)] {
            followed.quiet = quiet;
            let next = followed.next(&view, until).unwrap();
            assert_eq!(next.seconds, seconds, "{quiet}");
        }
        followed.quiet = 0;
        let next = followed.next(&view, until + LONGEST).unwrap();
        assert_eq!(
            next.address,
            "/console/activity/new?live=yes&since=2026-11-25T12%3A30%3A20Z&begun=2026-11-25T12%3A30%3A20Z&quiet=0&shown=a"
        );
        let later = until + LONGEST + SignedDuration::from_secs(1);
        assert!(followed.next(&view, later).is_none());
        let then = followed.then(later, false, "b".to_owned());
        assert_eq!((then.quiet, then.begun), (1, Some(until)));
        assert_eq!((then.since, &*then.shown), (Some(later), "b"));
    }
}
