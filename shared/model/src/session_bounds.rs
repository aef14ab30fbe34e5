//! How long a session lasts: what the tenant wants, within the bounds of the operator.

use std::ops::RangeInclusive;

use crate::settings::Settings;

/// How long sessions last unless somebody says otherwise, in minutes.
const USUAL_MINUTES: u32 = 12 * 60;
/// The shortest time that a tenant can set, and the longest that an operator can allow, in minutes.
pub const SETTABLE: RangeInclusive<u32> = 5..=43_200;

/// The operator's bounds of sessions, in all tenants. Only those of people end if nobody uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionBounds {
    minutes: u32,
    idle_minutes: Option<u32>,
}

/// How long a session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// From its beginning, in minutes.
    pub minutes: u32,
    /// Without a check, in minutes; `None` for no limit.
    pub idle_minutes: Option<u32>,
}

impl Default for SessionBounds {
    /// Returns thirty days, used or not.
    fn default() -> Self {
        Self {
            minutes: *SETTABLE.end(),
            idle_minutes: None,
        }
    }
}

impl SessionBounds {
    /// Returns these bounds, in minutes. What is not a number from 5 to 43,200 is no bound of its own.
    pub fn of(minutes: &str, idle_minutes: &str) -> Self {
        let bound = |text: &str| text.parse().ok().filter(|bound| SETTABLE.contains(bound));
        Self {
            minutes: bound(minutes).unwrap_or(*SETTABLE.end()),
            idle_minutes: bound(idle_minutes),
        }
    }

    /// Returns how long any session lasts at most, in minutes.
    pub fn minutes(self) -> u32 {
        self.minutes
    }

    /// Returns the limits of the sessions of people in a tenant with these settings.
    pub fn limits(self, settings: &Settings) -> SessionLimits {
        let minutes = settings.session_minutes.unwrap_or(USUAL_MINUTES);
        let idle_minutes = settings.session_idle_minutes;
        SessionLimits {
            minutes: minutes.min(self.minutes),
            idle_minutes: idle_minutes.into_iter().chain(self.idle_minutes).min(),
        }
    }

    /// Returns why a tenant cannot have these settings, if it cannot.
    pub fn fault(self, settings: &Settings) -> Option<String> {
        let most = *SETTABLE.end();
        let checked = [
            ("session_minutes", settings.session_minutes, self.minutes),
            (
                "session_idle_minutes",
                settings.session_idle_minutes,
                self.idle_minutes.unwrap_or(most),
            ),
        ];
        let least = *SETTABLE.start();
        let fault = |(name, minutes, most): (&str, Option<u32>, u32)| {
            let is_outside = !(least..=most).contains(&minutes?);
            is_outside.then(|| format!("`{name}` must be {least} to {most}"))
        };
        checked.into_iter().find_map(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(minutes: Option<u32>, idle_minutes: Option<u32>) -> Settings {
        Settings {
            session_minutes: minutes,
            session_idle_minutes: idle_minutes,
            ..Settings::default()
        }
    }

    #[test]
    fn the_shorter_time_counts() {
        for (bounds, set, expected) in [
            (("", ""), (None, None), (720, None)),
            (("43200", "0"), (Some(1_440), Some(30)), (1_440, Some(30))),
            (("480", "60"), (None, None), (480, Some(60))),
            (("480", "60"), (Some(60), Some(30)), (60, Some(30))),
            (("480", "60"), (Some(1_440), Some(120)), (480, Some(60))),
            (("four", "999999"), (None, None), (720, None)),
        ] {
            let limits = SessionBounds::of(bounds.0, bounds.1).limits(&settings(set.0, set.1));
            assert_eq!(
                (limits.minutes, limits.idle_minutes),
                expected,
                "{bounds:?} {set:?}"
            );
        }
    }

    #[test]
    fn a_tenant_sets_no_more_than_the_operator_allows() {
        let bounds = SessionBounds::of("480", "60");
        for (minutes, idle_minutes, expected) in [
            (None, None, None),
            (Some(480), Some(60), None),
            (Some(4), None, Some("`session_minutes` must be 5 to 480")),
            (Some(481), None, Some("`session_minutes` must be 5 to 480")),
            (
                None,
                Some(61),
                Some("`session_idle_minutes` must be 5 to 60"),
            ),
        ] {
            let fault = bounds.fault(&settings(minutes, idle_minutes));
            assert_eq!(fault.as_deref(), expected);
        }
        let unbounded = SessionBounds::default().fault(&settings(Some(43_201), None));
        assert!(unbounded.is_some());
    }
}
