//! Formats times, names, roles and states for a page.

use std::fmt;

use askama::filters::HtmlSafe;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rollcall_directory::{PersonState, Role, RoleId};

use crate::language;
pub(crate) use crate::markup::{breakable, coded};
#[cfg(test)]
use crate::messages::MAX_NAME_CHARS;
pub(crate) use crate::messages::name;
use crate::messages::{Text, t};

/// Characters of a changed value in a list.
const MAX_VALUE_CHARS: usize = 4_000;

/// The keys of the names of the months.
const MONTHS: [&str; 12] = [
    "month-1", "month-2", "month-3", "month-4", "month-5", "month-6", "month-7", "month-8",
    "month-9", "month-10", "month-11", "month-12",
];

/// Writes a point in time (UTC) by a message that puts the parts in the order of its language.
fn written(text: Text, at: &Timestamp, clock: &str) -> String {
    let month = usize::try_from(at.to_zoned(TimeZone::UTC).month() - 1).unwrap_or_default();
    text.s("day", at.strftime("%-d"))
        .part("month", t(MONTHS[month % 12]))
        .s("year", at.strftime("%Y"))
        .s("clock", at.strftime(clock))
        .plain()
}

/// A point in time, readable by people and machines.
pub(crate) struct Moment(Timestamp);

impl HtmlSafe for Moment {}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = written(t("time-utc"), &self.0, "%H:%M");
        write!(f, "<time datetime=\"{}\">{text}</time>", self.0)
    }
}

pub(crate) fn moment(at: &Timestamp) -> Moment {
    Moment(*at)
}

/// A point in time (UTC) as a text alone.
pub(crate) fn utc(at: &Timestamp) -> String {
    written(t("time-utc"), at, "%H:%M")
}

/// Writes a day that is given as date fields have it. Another text stays as it is.
pub(crate) fn written_day(day: &str) -> String {
    let Ok(date) = day.parse::<Date>() else {
        return day.to_owned();
    };
    let month = usize::try_from(date.month() - 1).unwrap_or_default();
    t("time-day")
        .s("day", date.day())
        .part("month", t(MONTHS[month % 12]))
        .s("year", date.year())
        .plain()
}

/// A point in time to the second, the same for every reader.
pub(crate) struct Exact(Timestamp);

impl HtmlSafe for Exact {}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = written(t("time-exact"), &self.0, "%H:%M:%S");
        write!(f, "<time datetime=\"{}\" data-ago>{text}</time>", self.0)
    }
}

pub(crate) fn exact(at: &Timestamp) -> Exact {
    Exact(*at)
}

/// A point in time, shown relative to now.
pub(crate) struct Ago(Timestamp, Timestamp);

impl HtmlSafe for Ago {}

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = written(t("time-utc"), &self.0, "%H:%M:%S");
        let seconds = self.1.as_second() - self.0.as_second();
        write!(
            f,
            "<time datetime=\"{}\" title=\"{title}\" data-ago>{}</time>",
            self.0,
            relative(seconds)
        )
    }
}

pub(crate) fn ago(at: &Timestamp) -> Ago {
    Ago(*at, Timestamp::now())
}

/// A point in time in a column: the time of day, after the day if that is another one.
pub(crate) struct Clock(Timestamp, Timestamp);

impl HtmlSafe for Clock {}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = written(t("time-utc"), &self.0, "%H:%M:%S");
        let text = match day(&self.0) == day(&self.1) {
            true => self.0.strftime("%H:%M:%S").to_string(),
            false => written(t("time-column"), &self.0, "%H:%M"),
        };
        write!(
            f,
            "<time datetime=\"{}\" title=\"{title}\" data-clock>{text}</time>",
            self.0
        )
    }
}

pub(crate) fn clock(at: &Timestamp) -> Clock {
    Clock(*at, Timestamp::now())
}

/// The letters that stand for a person or a provider: of the first and the last word.
pub(crate) fn initials(text: &str) -> String {
    let local = text.split('@').next().unwrap_or_default();
    let mut firsts = local
        .split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| word.chars().next());
    let first = firsts.next();
    let letters = first.into_iter().chain(firsts.next_back());
    letters.flat_map(char::to_uppercase).take(2).collect()
}

/// A hue from 1 to 6, always the same for the same text.
pub(crate) fn hue(text: &str) -> u32 {
    let sum = text
        .chars()
        .fold(0_u32, |sum, c| sum.wrapping_mul(31).wrapping_add(c.into()));
    sum % 6 + 1
}

/// A number with the separators of the language, from four digits.
pub(crate) fn number(number: &u64) -> String {
    language::spoken().grouped(&number.to_string())
}

/// Formats a number of seconds ago. A negative number lies in the future.
fn relative(seconds: i64) -> String {
    let is_past = seconds >= 0;
    let text = match seconds.abs() {
        0..=59 if is_past => t("time-just-now"),
        0..=59 => t("time-in-a-moment"),
        s @ 60..=3_599 if is_past => t("time-minutes-ago").n("count", s / 60),
        s @ 60..=3_599 => t("time-in-minutes").n("count", s / 60),
        s @ 3_600..=86_399 if is_past => t("time-hours-ago").n("count", s / 3_600),
        s @ 3_600..=86_399 => t("time-in-hours").n("count", s / 3_600),
        s if is_past => t("time-days-ago").n("count", s / 86_400),
        s => t("time-in-days").n("count", s / 86_400),
    };
    text.plain()
}

/// A number of seconds with its decimals.
pub(crate) fn seconds(number: &f64) -> String {
    let separator = language::spoken().decimal_separator();
    format!("{number:.3}").replace('.', separator.encode_utf8(&mut [0; 4]))
}

/// The day of a point in time, as date fields need it.
pub(crate) fn day(at: &Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).date().to_string()
}

/// Names the visitor. A visitor who opened a portal link has no user name.
pub(crate) fn visitor_name(user_name: &Option<String>) -> String {
    user_name
        .as_deref()
        .map_or_else(|| t("actor-setup-link-visitor").plain(), name)
}

/// Shortens a long text. An export contains all of it.
pub(crate) fn truncated(text: &str) -> String {
    let mut chars = text.chars();
    let shown: String = chars.by_ref().take(MAX_VALUE_CHARS).collect();
    match chars.next() {
        Some(_) => t("value-cut").s("value", shown).plain(),
        None => shown,
    }
}

pub(crate) fn role(role: &Role) -> &str {
    role.title()
}

pub(crate) fn role_or_none(held: &Option<Role>) -> String {
    held.as_ref()
        .map_or_else(|| t("no-role").plain(), |held| role(held).to_owned())
}

/// Names roles, highest first.
pub(crate) fn role_names(held: &[Role]) -> String {
    let names: Vec<&str> = held.iter().map(role).collect();
    match names.is_empty() {
        true => t("no-role").plain(),
        false => names.join(", "),
    }
}

/// Names the roles of a group. One that is not among `roles` is named by its id.
pub(crate) fn mapped_roles(mapped: &[RoleId], roles: &[Role]) -> String {
    if mapped.is_empty() {
        return t("no-role").plain();
    }
    let name = |id: &RoleId| {
        let known = roles.iter().find(|role| id == *role);
        known.map_or(id.as_str(), role).to_owned()
    };
    mapped.iter().map(name).collect::<Vec<_>>().join(", ")
}

pub(crate) fn state(state: &PersonState) -> Text {
    match state {
        PersonState::Active => t("state-active"),
        PersonState::Invited => t("state-invited"),
        PersonState::Inactive => t("state-inactive"),
    }
}

/// The id of a state in addresses and the style sheet.
pub(crate) fn state_id(state: &PersonState) -> &'static str {
    match state {
        PersonState::Active => "active",
        PersonState::Invited => "invited",
        PersonState::Inactive => "inactive",
    }
}

/// Names a kind of actor, for an actor without a known name.
pub(crate) fn actor_kind(kind: &str) -> String {
    let name = match kind {
        "token" => t("actor-token"),
        "person" => t("actor-person"),
        "portal_link" => t("actor-portal-link"),
        "application" => t("actor-application"),
        "system" => t("actor-system"),
        _ => t("actor-someone"),
    };
    name.plain()
}

/// The class of a response status in the style sheet.
pub(crate) fn outcome(status: &u16) -> &'static str {
    match status {
        ..=399 => "active",
        429 => "invited",
        _ => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn times_are_relative() {
        for (seconds, text) in [
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7_300, "2 hours ago"),
            (200_000, "2 days ago"),
            (-5, "in a moment"),
            (-90_000, "in 1 day"),
        ] {
            assert_eq!(relative(seconds), text);
        }
    }

    #[test]
    fn a_clock_has_the_day_if_it_is_another_one() {
        let at: Timestamp = "2026-11-28T17:46:58.204Z".parse().unwrap();
        let shown = |now: &str| Clock(at, now.parse().unwrap()).to_string();
        assert!(shown("2026-11-28T23:00:00Z").contains(">17:46:58<"));
        assert!(shown("2026-11-29T00:00:00Z").contains(">28 Nov 17:46<"));
    }

    #[test]
    fn numbers_have_separators() {
        for (one, text) in [
            (0, "0"),
            (999, "999"),
            (2_016, "2,016"),
            (1_000_000, "1,000,000"),
        ] {
            assert_eq!(number(&one), text);
        }
    }

    #[test]
    fn times_and_numbers_follow_the_language() {
        let at: Timestamp = "2026-03-08T17:46:58.204Z".parse().unwrap();
        assert!(moment(&at).to_string().contains(">8 Mar 2026, 17:46 UTC<"));
        assert!(exact(&at).to_string().contains(">8 Mar 2026, 17:46:58<"));
        assert_eq!(seconds(&1.5), "1.500");
        assert_eq!(utc(&at), "8 Mar 2026, 17:46 UTC");
        assert_eq!(written_day("2026-03-08"), "8 Mar 2026");
        assert_eq!(written_day("any day"), "any day");
        language::with(Language::German, || {
            assert!(
                moment(&at)
                    .to_string()
                    .contains(">8. März 2026, 17:46 UTC<")
            );
            assert_eq!(relative(7_300), "vor 2 Stunden");
            assert_eq!(utc(&at), "8. März 2026, 17:46 UTC");
            assert_eq!(written_day("2026-03-08"), "8. März 2026");
            assert_eq!(relative(-90_000), "in 1 Tag");
            assert_eq!(number(&1_000_000), "1.000.000");
            assert_eq!(seconds(&1.5), "1,500");
        });
    }

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        for (text, letters) in [
            ("Ada King Lovelace", "AL"),
            ("ada@example.test", "A"),
            ("grace.hopper@example.test", "GH"),
            ("\"><img src=x", "IX"),
            ("  ", ""),
        ] {
            assert_eq!(initials(text), letters);
        }
    }

    #[test]
    fn names_are_cut_and_never_empty() {
        assert_eq!(name("ada"), "ada");
        assert_eq!(name("  "), "(no name)");
        assert_eq!(
            name(&"ü".repeat(10_000)).chars().count(),
            MAX_NAME_CHARS + 1
        );
    }
}
