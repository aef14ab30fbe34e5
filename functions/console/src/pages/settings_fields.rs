//! The fields of the settings: their labels, what they mean, and how their values read. The page, its errors, and what it
//! says about another admin's changes all come from this table.

use rollcall_directory::{Catalogue, RoleId, Settings};
use rollcall_edge_http::Problem;
use serde_json::Value;

use super::fields::Typed;
use crate::display;

/// Fields that belong together.
pub(crate) struct Group {
    pub(crate) legend: &'static str,
    /// Whether only an owner changes them.
    pub(crate) is_for_owners: bool,
    pub(crate) fields: &'static [Field],
}

/// One setting in the form. Its name is that of the API, except for the parts of the rate limit.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) kind: Kind,
}

/// What a field takes.
pub(crate) enum Kind {
    /// A role that may be the default role, or none.
    Role,
    /// One of these values, each with its text.
    Choice(&'static [(&'static str, &'static str)]),
    /// Yes or no.
    Tick,
    /// Any number of words, separated by commas or white space.
    Words {
        /// What an empty field means.
        empty: &'static str,
    },
    /// A whole number in this range.
    Number {
        min: u32,
        max: u32,
        /// What an empty field means; `None` if it must have a number.
        empty: Option<&'static str>,
        unit: &'static str,
    },
}

pub(crate) const GROUPS: [Group; 7] = [
    Group {
        legend: "Roles",
        is_for_owners: false,
        fields: &[
            field(
                "sso_default_role",
                "Default role",
                "What people get at their first sign-in when no mapped group decides.",
                Kind::Role,
            ),
            field(
                "route_by",
                "What decides the mapped role at a sign-in",
                "",
                Kind::Choice(&[
                    (
                        "claim_then_membership",
                        "The groups of the sign-in where they name a mapped group, else the pushed memberships",
                    ),
                    ("claim", "The groups of the sign-in alone"),
                    ("membership", "The pushed memberships alone"),
                ]),
            ),
            field(
                "claim_match",
                "What a group of the sign-in is known by",
                "In some identity providers everyone can create a group with any name. The external id cannot be imitated.",
                Kind::Choice(&[
                    ("any", "Its name, its external id or its id"),
                    ("external_id", "Its external id alone"),
                ]),
            ),
            field(
                "role_sync",
                "When a changed group changes roles",
                "",
                Kind::Choice(&[
                    ("immediate", "At once"),
                    ("at_login", "At the person's next sign-in"),
                ]),
            ),
            field(
                "manual_roles",
                "Roles given by hand",
                "",
                Kind::Choice(&[
                    ("preserved", "Stay; the highest of all counts"),
                    (
                        "overwritten_at_login",
                        "Give way to the groups of the next sign-in, owners excepted",
                    ),
                ]),
            ),
        ],
    },
    Group {
        legend: "Who may sign in",
        is_for_owners: true,
        fields: &[
            field(
                "sign_up",
                "People whom no identity provider has sent",
                "",
                Kind::Choice(&[
                    ("allowed", "May sign in and are added"),
                    (
                        "pushed_only",
                        "May not sign in: your identity provider sends them first",
                    ),
                ]),
            ),
            field(
                "match_email",
                "E-mail address of a sign-in",
                "An address finds only people who have never signed in and hold no role of their own.",
                Kind::Choice(&[
                    (
                        "no",
                        "Finds no one; the user name or external id must match",
                    ),
                    ("yes", "Finds the person who was sent with it"),
                ]),
            ),
            field(
                "deleted_people",
                "A deleted person who is sent again",
                "Identity providers give names to new people. A role given by hand comes back only with the sign-in of before.",
                Kind::Choice(&[
                    ("new", "Is a new person"),
                    ("restore", "Comes back with the same id and groups"),
                ]),
            ),
        ],
    },
    Group {
        legend: "Unusually many removals",
        is_for_owners: true,
        fields: &[
            field(
                "brake_percent",
                "Limit in percent of people",
                "Deactivations, deletions and lost groups of a connection within an hour. Beyond it you get a mail; a connection can \
                 also hold such changes.",
                number(0, 100),
            ),
            field(
                "brake_at_least",
                "Changes that are always allowed",
                "",
                number(1, 100_000),
            ),
        ],
    },
    Group {
        legend: "Sessions",
        is_for_owners: false,
        fields: &[
            field(
                "session_minutes",
                "Session length in minutes",
                "Optional, 5 to 43,200. Leave blank for 12 hours. A shorter time counts at once, a longer one from the next sign-in.",
                Kind::Number {
                    min: 5,
                    max: 43_200,
                    empty: Some("12 hours"),
                    unit: "minutes",
                },
            ),
            field(
                "session_idle_minutes",
                "End unused sessions after minutes",
                "Optional, 5 to 43,200. Leave blank to never end a session for lack of use.",
                Kind::Number {
                    min: 5,
                    max: 43_200,
                    empty: Some("never"),
                    unit: "minutes",
                },
            ),
        ],
    },
    Group {
        legend: "Provisioning",
        is_for_owners: false,
        fields: &[
            field(
                "invitations",
                "Send an invitation to people who are pushed",
                "",
                Kind::Tick,
            ),
            field(
                "invitation_domains",
                "Domains that invitations go to",
                "Optional, separated by commas. Leave blank to invite people at every domain.",
                Kind::Words {
                    empty: "every domain",
                },
            ),
            field(
                "allowed_addresses",
                "Addresses that tokens are accepted from",
                "Optional, networks such as 203.0.113.0/24 or 2001:db8::/32, or addresses, separated by commas, at most 50. Leave \
                 blank for all addresses. Whoever signs in here is not bound by it.",
                Kind::Words {
                    empty: "all addresses",
                },
            ),
            field(
                "unknown_members",
                "Unknown people in a pushed group",
                "",
                Kind::Choice(&[
                    ("skip", "Leave them out and say so in Activity"),
                    ("reject", "Refuse the request"),
                ]),
            ),
            field("limited", "Limit how fast a token may call", "", Kind::Tick),
            field("per_minute", "Requests per minute", "", number(1, 600_000)),
            field("burst", "Requests at once on top", "", number(0, 100_000)),
        ],
    },
    Group {
        legend: "Notifications",
        is_for_owners: false,
        fields: &[field(
            "contacts",
            "Addresses that get mail when something is wrong",
            "Optional, at most 10, separated by commas. They get mail when a connection falls silent, a token is about to expire, \
             requests keep failing, or a connection removes unusually many people.",
            Kind::Words { empty: "none" },
        )],
    },
    Group {
        legend: "Logs",
        is_for_owners: false,
        fields: &[
            field(
                "retention_days",
                "Days to keep the audit log and the request log",
                "",
                number(1, 3_650),
            ),
            field(
                "read_log_sampling",
                "Log one of this many successful reads",
                "1 logs every request. Requests that fail or change something are always logged.",
                number(1, 100),
            ),
            field(
                "logged_values",
                "Values in the request log",
                "Secrets are never kept. Of other values, the log keeps the name and the size.",
                Kind::Choice(&[
                    ("declared", "Those of attributes that a schema declares"),
                    ("all", "All"),
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
        unit: "",
    }
}

impl Field {
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
                options.next().map_or(value, |(_, text)| text).to_owned()
            }
            Kind::Words { empty } if value.is_empty() => (*empty).to_owned(),
            Kind::Words { .. } => words(value).join(", "),
            Kind::Tick => if value.is_empty() { "no" } else { "yes" }.to_owned(),
            Kind::Number { empty, .. } if value.is_empty() => empty.unwrap_or_default().to_owned(),
            Kind::Number { unit, .. } => format!("{value} {unit}").trim_end().to_owned(),
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
            false => Err(Problem::invalid(format!(
                "“{}” must be a whole number from {min} to {max}{}",
                self.label,
                if empty.is_some() {
                    ", or left blank"
                } else {
                    ""
                }
            ))),
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
        (here != there).then(|| format!("“{}” is “{there}” there and “{here}” here.", field.label))
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
                "“Send an invitation to people who are pushed” is “no” there and “yes” here.",
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
