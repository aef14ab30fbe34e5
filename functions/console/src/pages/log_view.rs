//! How a list of requests or changes is looked at: its filters and what is open on it, all of which its address has. Pure.

use jiff::Timestamp;

use super::fields::query_string;
use crate::messages::t;

/// How a page is looked at: its path, its filters, and what is open on it.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// The path below the console, such as `/activity`.
    pub(super) path: String,
    /// The filters that are set.
    pub(super) filters: Vec<(&'static str, String)>,
    pub(super) after: String,
    /// The id of the entry whose record is open.
    pub(super) entry: String,
    /// The id of an entry of the burst that is unfolded.
    pub(super) burst: String,
    /// Whether each entry has a line of its own.
    pub(super) each: bool,
    pub(super) live: bool,
}

impl View {
    /// The address of the page as it is looked at, with some parts of it replaced. An empty value leaves a part out.
    pub(super) fn with(&self, replaced: &[(&str, &str)]) -> String {
        let yes = |is_set: bool| if is_set { "yes" } else { "" };
        let filters = self.filters.iter().map(|(name, value)| (*name, &**value));
        let own = [
            ("after", &*self.after),
            ("entry", &*self.entry),
            ("burst", &*self.burst),
            ("each", yes(self.each)),
            ("live", yes(self.live)),
        ];
        let kept = filters
            .chain(own)
            .filter(|(name, _)| !replaced.iter().any(|(other, _)| other == name));
        let pairs: Vec<(&str, &str)> = kept.chain(replaced.iter().copied()).collect();
        match query_string(&pairs) {
            query if query.is_empty() => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// The address of the list from its beginning, with another value of one filter.
    fn filtered(&self, name: &str, value: &str) -> String {
        self.with(&[("after", ""), ("entry", ""), ("burst", ""), (name, value)])
    }

    /// The chips: first those that are offered at any time, then the filters that are set.
    ///
    /// `offered` are filters with their values and the keys of their words. `say` puts another filter into words.
    pub(super) fn chips(
        &self,
        offered: &[(&'static str, &'static str, &'static str)],
        say: impl Fn(&str, &str) -> String,
    ) -> Vec<Chip> {
        let has = |name: &str, value: &str| {
            let mut set = self.filters.iter();
            set.any(|(known, set)| *known == name && set == value)
        };
        let offers = offered.iter().map(|&(name, value, text)| {
            let is_set = has(name, value);
            Chip {
                text: t(text).plain(),
                address: self.filtered(name, if is_set { "" } else { value }),
                is_set,
            }
        });
        let others = self.filters.iter().filter(|(name, value)| {
            let mut known = offered.iter();
            !value.is_empty() && !known.any(|(other, set, _)| other == name && set == value)
        });
        let others = others.map(|(name, value)| Chip {
            text: say(name, value),
            address: self.filtered(name, ""),
            is_set: true,
        });
        offers.chain(others).collect()
    }

    pub(super) fn is_filtered(&self) -> bool {
        self.filters.iter().any(|(_, value)| !value.is_empty())
    }
}

/// A filter: a link that sets it, or that removes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chip {
    pub(super) text: String,
    pub(super) address: String,
    pub(super) is_set: bool,
}

/// The time of a place in a log: ids begin with it.
pub(super) fn time_of(place: &str) -> Option<Timestamp> {
    let id = place.strip_prefix('p').unwrap_or(place);
    let digits: String = id.chars().filter(|c| *c != '-').take(12).collect();
    let millis = i64::from_str_radix(&digits, 16).ok()?;
    Timestamp::from_millisecond(millis)
        .ok()
        .filter(|_| digits.len() == 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(filters: &[(&'static str, &str)]) -> View {
        View {
            path: "/console/activity".to_owned(),
            filters: filters
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
            ..View::default()
        }
    }

    #[test]
    fn filters_are_chips_that_can_be_removed() {
        let mut view = view(&[("failed", "yes"), ("connection", "c"), ("text", "")]);
        view.after = "x".to_owned();
        let chips = view.chips(
            &[("failed", "yes", "activity-failures-only")],
            |name, value| format!("{name} is {value}"),
        );
        let seen: Vec<_> = chips
            .iter()
            .map(|chip| (&*chip.text, &*chip.address, chip.is_set))
            .collect();
        assert_eq!(
            seen,
            [
                ("Failures only", "/console/activity?connection=c", true),
                ("connection is c", "/console/activity?failed=yes", true),
            ]
        );
        let offered = self::view(&[])
            .chips(&[("failed", "yes", "activity-failures-only")], |_, _| {
                String::new()
            });
        assert_eq!(offered[0].address, "/console/activity?failed=yes");
        assert!(!offered[0].is_set);
    }

    #[test]
    fn an_address_keeps_what_is_looked_at() {
        let mut view = view(&[("failed", "yes")]);
        assert_eq!(view.with(&[("failed", "")]), "/console/activity");
        view.after = "a".to_owned();
        view.live = true;
        assert_eq!(
            view.with(&[("entry", "e")]),
            "/console/activity?failed=yes&after=a&live=yes&entry=e"
        );
    }

    #[test]
    fn a_place_has_a_time() {
        let at: Timestamp = "2026-11-25T12:30:00.123Z".parse().unwrap();
        let id = format!("{:012x}", at.as_millisecond());
        let id = format!("{}-{}-7000-8000-000000000000", &id[..8], &id[8..]);
        assert_eq!(time_of(&id), Some(at));
        assert_eq!(time_of(&format!("p{id}")), Some(at));
        for wrong in ["", "p", "0190", "no place at all"] {
            assert_eq!(time_of(wrong), None, "{wrong}");
        }
    }
}
