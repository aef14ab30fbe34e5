//! The cards of the page Health: one for each cause, with what an admin did about it; and what is checked and is well.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_directory::{Error, Snooze, Tenant};
use rollcall_insight::FindingKind::{self, *};
use rollcall_insight::{Finding, FindingGroup, Health, Insight};

use crate::display;
use crate::messages::{Text, t};

/// Findings of one cause about which the same was done.
pub(super) struct Card {
    pub(super) group: FindingGroup,
    /// How they were acknowledged or put off.
    pub(super) snooze: Option<Snooze>,
    /// Who did so, by name.
    pub(super) by: String,
}

/// Returns the cards of findings. What nobody has acknowledged comes first.
pub(super) async fn cards(
    tenant: &Tenant,
    health: &Health,
    findings: &[&Finding],
) -> Result<Vec<Card>, Error> {
    let mut parts: Vec<(Option<&Snooze>, Vec<Finding>)> = vec![(None, Vec::new())];
    for finding in findings {
        let snooze = health.snooze(finding);
        let same = parts.iter_mut().find(|(other, _)| is_same(*other, snooze));
        match same {
            Some((_, part)) => part.push((*finding).clone()),
            None => parts.push((snooze, vec![(*finding).clone()])),
        }
    }
    let people = parts
        .iter()
        .filter_map(|(snooze, _)| snooze.as_ref()?.by.person_id());
    let people: BTreeSet<String> = people.map(str::to_owned).collect();
    let names = match people.is_empty() {
        true => BTreeMap::new(),
        false => Insight::of(tenant).user_names(&people).await?,
    };
    let who = |snooze: &Snooze| {
        let name = snooze.by.person_id().and_then(|id| names.get(id));
        name.map_or_else(
            || display::actor_kind(snooze.by.kind()),
            |name| display::name(name),
        )
    };
    let cards = parts.into_iter().flat_map(|(snooze, findings)| {
        let by = snooze.map(who).unwrap_or_default();
        FindingGroup::of(findings)
            .into_iter()
            .map(move |group| Card {
                group,
                snooze: snooze.cloned(),
                by: by.clone(),
            })
    });
    Ok(cards.collect())
}

/// Whether the same person put two findings off for the same reason, in the same way.
fn is_same(one: Option<&Snooze>, other: Option<&Snooze>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            let kept = |snooze: &Snooze| snooze.until.map(|until| until.as_second() / 60);
            (&one.reason, &one.by, kept(one)) == (&other.reason, &other.by, kept(other))
        }
        (None, None) => true,
        _ => false,
    }
}

/// What is well if there is no finding of these kinds: the keys of the words.
const CHECKS: [(&[FindingKind], &str); 8] = [
    (
        &[NoToken, TokenExpired, TokenExpiring, WrongToken],
        "health-passing-tokens",
    ),
    (
        &[ConnectionSilent, NeverHeardFrom],
        "health-passing-silence",
    ),
    (
        &[
            FailuresRepeating,
            UnsupportedFilter,
            StaleUser,
            StaleGroup,
            WrongAddress,
            OwnedByAnother,
        ],
        "health-passing-failures",
    ),
    (&[BrakeTripped], "health-passing-brake"),
    (&[SignInRefused, SubjectsChanged], "health-passing-sign-ins"),
    (&[UnmappedGroups], "health-passing-groups"),
    (
        &[PeopleCeiling, GroupsCeiling, TokensCeiling],
        "health-passing-ceilings",
    ),
    (
        &[WebhookPaused, WebhookPausedByHand],
        "health-passing-webhooks",
    ),
];

/// What is checked and is well.
pub(super) fn passing(findings: &[Finding]) -> Vec<Text> {
    let found: BTreeSet<FindingKind> = findings.iter().map(|finding| finding.kind).collect();
    let is_well =
        |(kinds, _): &&(&[FindingKind], _)| kinds.iter().all(|kind| !found.contains(kind));
    CHECKS
        .iter()
        .filter(is_well)
        .map(|(_, key)| t(key))
        .collect()
}
