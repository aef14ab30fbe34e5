//! Reads a finding back from the title that is stored of it, so that it can be told in another language.
//!
//! Titles are stored in English, in findings that have closed and in the journal, and nothing else is known of them but
//! their kind. What was put into a title is found in it: names are isolated, the rest are numbers and a few words. A finding
//! counts as read back only if its own title is the stored one. Pure.

use rollcall_directory::SignInRefusal;
use rollcall_model::{Role, RouteBy, Subject};

use crate::health::finding::{Finding, FindingKind, Severity};

/// What titles said in earlier versions, and what today's say in its place.
const FORMERLY: [(&str, &str); 13] = [
    ("is no longer good", "is no longer valid"),
    (
        "asks at an address that is not offered",
        "uses an address that does not exist here",
    ),
    ("and there is no other", "and no other is valid"),
    (
        "searches in a way that cannot be understood",
        "searches with a filter that is not supported",
    ),
    (
        "adds members whom nobody knows",
        "adds members who are not here",
    ),
    ("has been silent for", "has sent nothing for"),
    ("pushes people,", "sends people,"),
    ("pushes what belongs", "sends what belongs"),
    (
        "took away a lot at once",
        "removed unusually many people at once",
    ),
    ("a passing id as subject", "a temporary ID as the subject"),
    ("somebody has stopped", "someone has stopped"),
    (
        "somebody else has the e-mail",
        "someone else has the e-mail",
    ),
    (
        "nobody has pushed the person, and only people who were pushed may sign in",
        "no identity provider has sent the person, and only people whom one has sent may sign in",
    ),
];

/// The same, of reasons why sign-ins are refused.
const FORMERLY_REFUSED: [(&str, &str); 4] = [
    (
        "could be that of several people",
        "could belong to several people",
    ),
    (
        "another subject than the one that is bound",
        "a subject other than the one that is bound",
    ),
    (
        "another external id than the person has",
        "an external ID other than the person's",
    ),
    ("or external id is new", "or external ID is new"),
];

impl FindingKind {
    /// All kinds.
    pub const ALL: [Self; 36] = [
        Self::WrongToken,
        Self::ForeignAddress,
        Self::WrongAddress,
        Self::NeverHeardFrom,
        Self::TokenExpired,
        Self::NoToken,
        Self::TokenExpiring,
        Self::ConnectionSilent,
        Self::StaleUser,
        Self::StaleGroup,
        Self::UnsupportedFilter,
        Self::SkippedMembers,
        Self::NestedGroups,
        Self::IgnoredPath,
        Self::FailuresRepeating,
        Self::UsersWithoutGroups,
        Self::EmptyGroups,
        Self::UnmappedGroups,
        Self::ClaimMissing,
        Self::DefaultRoleWithoutMapping,
        Self::DefaultRoleWithoutClaim,
        Self::DefaultRoleWithoutMatch,
        Self::NeverSignedIn,
        Self::OwnedByAnother,
        Self::BrakeTripped,
        Self::SubjectsChanged,
        Self::SignInRefused,
        Self::SubjectIsName,
        Self::NeitherSubjectNorConnection,
        Self::PeopleCeiling,
        Self::GroupsCeiling,
        Self::TokensCeiling,
        Self::WebhookPaused,
        Self::WebhookPausedByHand,
        Self::MailBounced,
        Self::MailReportedAsSpam,
    ];

    /// Returns the kind with this code; `None` for one that only another version knows.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl Finding {
    /// Returns a finding of the kind with this code that has this title, in today's words or earlier ones; `None` if no
    /// finding of today's version has. Only what its title says is known of it.
    pub fn retold(code: &str, title: &str) -> Option<Self> {
        let kind = FindingKind::of_code(code)?;
        let title = &today(title);
        let (names, rest) = taken_apart(title);
        let mut names = names
            .into_iter()
            .map(|name| Subject::new("connection", "", name));
        let base = Self {
            subject: names.next(),
            among: names.collect(),
            at_least: rest.contains("At least "),
            route_by: rest
                .contains("the “groups” claim named")
                .then_some(RouteBy::Claim),
            role: Role::ALL
                .into_iter()
                .find(|role| rest.contains(&format!(" only the default role, {}:", role.title()))),
            ..Self::new(kind, Severity::Notice)
        };
        let numbers = numbers(&rest);
        let first = numbers.first().copied().unwrap_or(1);
        let second = numbers.get(1).copied();
        let refusals = SignInRefusal::ALL.into_iter().map(Some);
        let refusals = refusals.chain([None]);
        let candidates = refusals.map(|refusal| Self {
            count: first,
            ceiling: second,
            refusal,
            ..base.clone()
        });
        candidates.into_iter().find(|one| one.title() == *title)
    }
}

/// Returns a title in the words of today. Names, which are isolated, stay as they are.
fn today(title: &str) -> String {
    let mut said = String::new();
    for part in title.split_inclusive('\u{2069}') {
        let (words, name) = part.split_at(part.find('\u{2068}').unwrap_or(part.len()));
        let pairs = FORMERLY.iter().chain(&FORMERLY_REFUSED);
        said += &pairs.fold(words.to_owned(), |words, (from, to)| {
            words.replace(from, to)
        });
        said += name;
    }
    said
}

/// Returns the names in a title, and the rest of it.
fn taken_apart(title: &str) -> (Vec<String>, String) {
    let (mut names, mut rest) = (Vec::new(), String::new());
    let mut parts = title.split('\u{2068}');
    rest.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, behind) = part.split_once('\u{2069}').unwrap_or((part, ""));
        names.push(name.to_owned());
        rest.push_str(behind);
    }
    (names, rest)
}

fn numbers(text: &str) -> Vec<u64> {
    let parts = text.split(|c: char| !c.is_ascii_digit());
    parts.filter_map(|digits| digits.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_earlier_versions_are_read_in_words_of_today() {
        for (code, stored, today) in [
            (
                "wrong_token",
                "“\u{2068}is no longer good\u{2069}” is refused: its token is no longer good",
                "“\u{2068}is no longer good\u{2069}” is refused: its token is no longer valid",
            ),
            (
                "brake_tripped",
                "“\u{2068}Okta\u{2069}” took away a lot at once: 21 changes within an hour, 20 allowed",
                "“\u{2068}Okta\u{2069}” removed unusually many people at once: 21 changes within an hour, 20 allowed",
            ),
            (
                "sign_in_refused",
                "3 people are kept out: the sign-in brings another external id than the person has",
                "3 people are kept out: the sign-in brings an external ID other than the person's",
            ),
        ] {
            let finding = Finding::retold(code, stored);
            assert_eq!(finding.map(|one| one.title()).as_deref(), Some(today));
        }
    }
}
