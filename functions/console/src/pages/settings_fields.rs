//! The fields of the settings: their labels, what they mean, and how their values read. The page, its errors, and what it
//! says about another admin's changes all come from this table.

use rollcall_directory::{Catalogue, RoleId, Settings};
use rollcall_edge_http::Problem;
use serde_json::Value;

use super::fields::{Typed, difference};
use crate::display;
use crate::messages::{Text, t};

/// Fields that belong together.
pub(crate) struct Group {
    /// The message above them.
    pub(crate) legend: &'static str,
    /// Whether only an owner changes them.
    pub(crate) is_for_owners: bool,
    pub(crate) fields: &'static [Field],
}

/// One setting in the form. Its name is that of the API, except for the parts of the rate limit.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// The message of the label.
    label: &'static str,
    /// The message of the hint; empty for none.
    hint: &'static str,
    pub(crate) kind: Kind,
}

/// What a field takes.
pub(crate) enum Kind {
    /// A role that may be the default role, or none.
    Role,
    /// One of these values, each with its message.
    Choice(&'static [(&'static str, &'static str)]),
    /// Yes or no.
    Tick,
    /// Any number of words, separated by commas or white space.
    Words {
        /// The message that says what an empty field means.
        empty: &'static str,
    },
    /// A whole number in this range.
    Number {
        min: u32,
        max: u32,
        /// The message that says what an empty field means; `None` if it must have a number.
        empty: Option<&'static str>,
        /// The message of the number with its unit.
        unit: Option<&'static str>,
    },
}

pub(crate) const GROUPS: [Group; 7] = [
    Group {
        legend: "settings-roles",
        is_for_owners: false,
        fields: &[
            field(
                "sso_default_role",
                "settings-default-role",
                "settings-default-role-hint",
                Kind::Role,
            ),
            field(
                "route_by",
                "settings-route-by",
                "",
                Kind::Choice(&[
                    (
                        "claim_then_membership",
                        "settings-route-by-claim-then-membership",
                    ),
                    ("claim", "settings-route-by-claim"),
                    ("membership", "settings-route-by-membership"),
                ]),
            ),
            field(
                "claim_match",
                "settings-claim-match",
                "settings-claim-match-hint",
                Kind::Choice(&[
                    ("any", "settings-claim-match-any"),
                    ("external_id", "settings-claim-match-external-id"),
                ]),
            ),
            field(
                "role_sync",
                "settings-role-sync",
                "",
                Kind::Choice(&[
                    ("immediate", "settings-role-sync-immediate"),
                    ("at_login", "settings-role-sync-at-login"),
                ]),
            ),
            field(
                "manual_roles",
                "settings-manual-roles",
                "",
                Kind::Choice(&[
                    ("preserved", "settings-manual-roles-preserved"),
                    ("overwritten_at_login", "settings-manual-roles-overwritten"),
                ]),
            ),
        ],
    },
    Group {
        legend: "settings-who-signs-in",
        is_for_owners: true,
        fields: &[
            field(
                "sign_up",
                "settings-sign-up",
                "",
                Kind::Choice(&[
                    ("allowed", "settings-sign-up-allowed"),
                    ("pushed_only", "settings-sign-up-pushed-only"),
                ]),
            ),
            field(
                "match_email",
                "settings-match-email",
                "settings-match-email-hint",
                Kind::Choice(&[
                    ("no", "settings-match-email-no"),
                    ("yes", "settings-match-email-yes"),
                ]),
            ),
            field(
                "deleted_people",
                "settings-deleted-people",
                "settings-deleted-people-hint",
                Kind::Choice(&[
                    ("new", "settings-deleted-people-new"),
                    ("restore", "settings-deleted-people-restore"),
                ]),
            ),
        ],
    },
    Group {
        legend: "settings-removals",
        is_for_owners: true,
        fields: &[
            field(
                "brake_percent",
                "settings-brake-percent",
                "settings-brake-percent-hint",
                number(0, 100),
            ),
            field(
                "brake_at_least",
                "settings-brake-at-least",
                "",
                number(1, 100_000),
            ),
        ],
    },
    Group {
        legend: "settings-sessions",
        is_for_owners: false,
        fields: &[
            field(
                "session_minutes",
                "settings-session-minutes",
                "settings-session-minutes-hint",
                Kind::Number {
                    min: 5,
                    max: 43_200,
                    empty: Some("settings-session-default"),
                    unit: Some("settings-minutes"),
                },
            ),
            field(
                "session_idle_minutes",
                "settings-idle-minutes",
                "settings-idle-minutes-hint",
                Kind::Number {
                    min: 5,
                    max: 43_200,
                    empty: Some("settings-idle-never"),
                    unit: Some("settings-minutes"),
                },
            ),
        ],
    },
    Group {
        legend: "settings-provisioning",
        is_for_owners: false,
        fields: &[
            field("invitations", "settings-invitations", "", Kind::Tick),
            field(
                "invitation_domains",
                "settings-invitation-domains",
                "settings-invitation-domains-hint",
                Kind::Words {
                    empty: "settings-every-domain",
                },
            ),
            field(
                "allowed_addresses",
                "settings-allowed-addresses",
                "settings-allowed-addresses-hint",
                Kind::Words {
                    empty: "settings-all-addresses",
                },
            ),
            field(
                "unknown_members",
                "settings-unknown-members",
                "",
                Kind::Choice(&[
                    ("skip", "settings-unknown-members-skip"),
                    ("reject", "settings-unknown-members-reject"),
                ]),
            ),
            field("limited", "settings-limited", "", Kind::Tick),
            field(
                "per_minute",
                "settings-per-minute",
                "settings-per-minute-hint",
                number(1, 600_000),
            ),
            field("burst", "settings-burst", "", number(0, 100_000)),
        ],
    },
    Group {
        legend: "settings-notifications",
        is_for_owners: false,
        fields: &[field(
            "contacts",
            "settings-contacts",
            "settings-contacts-hint",
            Kind::Words {
                empty: "settings-no-contacts",
            },
        )],
    },
    Group {
        legend: "settings-logs",
        is_for_owners: false,
        fields: &[
            field("retention_days", "settings-retention", "", number(1, 3_650)),
            field(
                "read_log_sampling",
                "settings-sampling",
                "settings-sampling-hint",
                number(1, 100),
            ),
            field(
                "logged_values",
                "settings-logged-values",
                "settings-logged-values-hint",
                Kind::Choice(&[
                    ("declared", "settings-logged-values-declared"),
                    ("all", "settings-logged-values-all"),
                ]),
            ),
        ],
    },
];

const fn field(name: &'static str, label: &'static str, hint: &'static str, kind: Kind) -> Field {
    Field {
        name,
        label,
        hint,
        kind,
    }
}

const fn number(min: u32, max: u32) -> Kind {
    Kind::Number {
        min,
        max,
        empty: None,
        unit: None,
    }
}

impl Field {
    pub(crate) fn label(&self) -> Text {
        t(self.label)
    }

    pub(crate) fn hint(&self) -> Text {
        t(self.hint)
    }

    pub(crate) fn has_hint(&self) -> bool {
        !self.hint.is_empty()
    }

    /// The values that it can have, each with its text; none unless it is a choice.
    pub(crate) fn options(&self) -> Vec<(&'static str, Text)> {
        let options = match self.kind {
            Kind::Choice(options) => options,
            _ => &[],
        };
        let options = options.iter();
        options.map(|(value, key)| (*value, t(key))).collect()
    }

    /// How a value reads.
    pub(crate) fn text(&self, typed: &Typed, roles: &Catalogue) -> String {
        let value = typed.value(self.name).trim();
        match &self.kind {
            Kind::Role => {
                let role = roles.role(&RoleId::named(value));
                display::role_or_none(&role).to_owned()
            }
            Kind::Choice(options) => {
                let mut options = options.iter().filter(|(id, _)| *id == value);
                let text = options.next().map(|(_, key)| t(key).plain());
                text.unwrap_or_else(|| value.to_owned())
            }
            Kind::Words { empty } if value.is_empty() => t(empty).plain(),
            Kind::Words { .. } => words(value).join(", "),
            Kind::Tick if value.is_empty() => t("settings-no").plain(),
            Kind::Tick => t("settings-yes").plain(),
            Kind::Number { empty, .. } if value.is_empty() => {
                empty.map_or_else(String::new, |key| t(key).plain())
            }
            Kind::Number {
                unit: Some(key), ..
            } => t(key).s("value", value).plain(),
            Kind::Number { unit: None, .. } => value.to_owned(),
        }
    }

    /// Checks a number, which a browser without this page's fields may send in any form. Who may not change it does not send
    /// it.
    fn check(&self, typed: &Typed) -> Result<(), Problem> {
        let Kind::Number {
            min, max, empty, ..
        } = self.kind
        else {
            return Ok(());
        };
        let may_lack = self.name.starts_with("brake_") || self.name == "read_log_sampling";
        if may_lack && !typed.contains(self.name) {
            return Ok(());
        }
        let value = typed.value(self.name).trim();
        let is_left_out = empty.is_some() && value.is_empty();
        let is_in = |number: u32| (min..=max).contains(&number);
        match is_left_out || value.parse().is_ok_and(is_in) {
            true => Ok(()),
            false => {
                let blank = if empty.is_some() {
                    "allowed"
                } else {
                    "refused"
                };
                let refusal = t("settings-number")
                    .part("label", self.label())
                    .n("min", min)
                    .n("max", max)
                    .choice("blank", blank);
                Err(Problem::invalid(refusal))
            }
        }
    }
}

/// Checks the numbers of a form.
pub(super) fn check_numbers(typed: &Typed) -> Result<(), Problem> {
    fields().try_for_each(|field| field.check(typed))
}

/// Returns the words of a field, in lower case.
pub(super) fn words(typed: &str) -> Vec<String> {
    let words = typed.split(|c: char| c == ',' || c.is_whitespace());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Says what is saved and differs from what was typed.
pub(super) fn differences(typed: &Typed, saved: &Typed, roles: &Catalogue) -> Vec<String> {
    let differing = fields().filter(|field| typed.contains(field.name) || is_tick(field));
    let told = differing.filter_map(|field| {
        let (here, there) = (field.text(typed, roles), field.text(saved, roles));
        difference(field.label(), &there, &here)
    });
    told.collect()
}

/// Adds what a form did not have, because the visitor may not change it or an earlier version made the form.
pub(super) fn completed(mut typed: Typed, saved: &Typed) -> Typed {
    for field in fields().filter(|field| !is_tick(field)) {
        if !typed.contains(field.name) {
            typed.set(field.name, saved.value(field.name));
        }
    }
    typed
}

/// Browsers do not send a box that is not ticked.
fn is_tick(field: &Field) -> bool {
    matches!(field.kind, Kind::Tick)
}

fn fields() -> impl Iterator<Item = &'static Field> {
    GROUPS.iter().flat_map(|group| group.fields)
}

/// The settings as the form has them.
pub(super) fn typed(settings: &Settings) -> Typed {
    let role = settings.default_role();
    let limit = settings.rate_limit.unwrap_or_default();
    let mut typed = Typed::default();
    if let Ok(Value::Object(values)) = serde_json::to_value(settings) {
        for (name, value) in &values {
            match value {
                Value::String(text) => typed.set(name, text),
                Value::Number(number) => typed.set(name, &number.to_string()),
                Value::Array(words) => {
                    let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                    typed.set(name, &words.join(", "));
                }
                _ => {}
            }
        }
    }
    let tick = |is_set: bool| if is_set { "yes" } else { "" };
    typed.set(
        "sso_default_role",
        role.as_ref().map_or("", |role| role.as_str()),
    );
    typed.set(
        "match_email",
        if settings.match_email { "yes" } else { "no" },
    );
    typed.set("invitations", tick(settings.invitations));
    typed.set("limited", tick(settings.rate_limit.is_some()));
    typed.set("brake_percent", &settings.brake.percent.to_string());
    typed.set("brake_at_least", &settings.brake.at_least.to_string());
    typed.set("per_minute", &limit.per_minute.to_string());
    typed.set("burst", &limit.burst.to_string());
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_reads_as_words() {
        let (settings, roles) = (Settings::default(), Catalogue::default());
        let typed = typed(&settings);
        for field in fields() {
            let text = field.text(&typed, &roles);
            assert!(
                !text.is_empty() && !text.contains('_'),
                "{}: {text}",
                field.name
            );
        }
        assert!(differences(&typed, &typed, &roles).is_empty());
        assert!(check_numbers(&typed).is_ok());
    }

    #[test]
    fn what_another_admin_saved_is_told() {
        let roles = Catalogue::default();
        let saved = typed(&Settings::default());
        let mut here = saved.clone();
        here.set("session_minutes", "60");
        here.set("invitations", "yes");
        here.set("invitation_domains", " Example.com,b.test\nc.test ,");
        assert_eq!(
            differences(&here, &saved, &roles),
            [
                "“Session length in minutes” is “12 hours” there and “60 minutes” here.",
                "“Send an invitation to people who arrive” is “no” there and “yes” here.",
                "“Domains that invitations go to” is “every domain” there and “example.com, b.test, c.test” here.",
            ]
        );
        for (name, value, is_good) in [
            ("burst", "0", true),
            ("burst", "", false),
            ("per_minute", "many", false),
            ("session_minutes", "4", false),
            ("session_idle_minutes", " ", true),
        ] {
            let mut typed = saved.clone();
            typed.set(name, value);
            assert_eq!(check_numbers(&typed).is_ok(), is_good, "{name} {value}");
        }
    }
}
