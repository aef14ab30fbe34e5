//! Preview: what mapping groups to roles would change, and for whom, before it is saved.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::response::Response;
use rollcall_directory::{Catalogue, Permission, Role, WantedMappings};
use rollcall_edge_api::{Configure, Gate, Id, Params};
use rollcall_edge_http::Problem;
use rollcall_insight::{GroupSummary, Insight};
use serde::Deserialize;

use super::fields::{self, Also};
use super::totals::{Ask, Counted, Named, Totals, known};
use crate::display;
use crate::layout::render;
use crate::messages::{Text, t};
use crate::visitor::Visitor;

/// People whom one step looks at.
const PEOPLE_AT_ONCE: usize = 1_000;

/// The query of a preview. It is made in steps, and each step adds to the totals of the steps before.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PreviewParams {
    role: String,
    #[serde(flatten)]
    also: Also,
    behind: Option<String>,
    /// The totals of the steps before, as JSON.
    #[serde(default)]
    sum: String,
}

/// The preview of mappings, within the page or alone.
#[derive(Template)]
#[template(path = "preview.html")]
pub(super) struct PreviewPart {
    console: String,
    form_token: String,
    /// The group, if the preview is of one group's page.
    single: Option<Single>,
    /// How many groups would change.
    groups: usize,
    /// The changes on saving: at once, or at the next sign-in if roles change only then. Losses come first.
    impacts: Vec<Impact>,
    /// The further changes at the next sign-in.
    later: Vec<String>,
    /// The changes at the next sign-in that happen even without this mapping.
    anyway: Vec<String>,
    at_next_sign_in: bool,
    claims_decide: bool,
    looked_at: u64,
    of: u64,
    /// How many people get other roles.
    changed: u64,
    /// The next step; none after the last.
    next: Option<Next>,
}

/// The one group that a preview is about.
pub(super) struct Single {
    group_id: String,
    group_name: String,
    before: Vec<Role>,
    roles: Vec<Role>,
    /// The options for both in the form.
    from: String,
    option: String,
}

/// Where the next step of a preview starts.
struct Next {
    behind: String,
    sum: String,
    /// Both, and the role, as a query.
    query: String,
}

/// One kind of change, and whom it is about.
struct Impact {
    title: String,
    is_loss: bool,
    from: Vec<Role>,
    to: Vec<Role>,
    /// The permissions that are lost.
    lost: Vec<String>,
    named: Vec<Named>,
    /// How many people are not named.
    more: u64,
    people: u64,
    /// Asks for the names of the others.
    ask: String,
}

pub(crate) async fn show(
    visitor: Visitor<Configure>,
    Id(id): Id,
    Params(params): Params<PreviewParams>,
) -> Result<Response, Problem> {
    let (behind, totals) = (params.behind.as_deref(), Totals::of(&params.sum));
    let group = Insight::of(visitor.tenant()).group(&id).await?;
    let option = params.also.option(&params.role);
    let part = preview_part(&visitor, &group, &option, behind, totals).await?;
    render(&part)
}

/// Looks at the next people of one group and adds them to the totals.
pub(super) async fn preview_part<G: Gate>(
    visitor: &Visitor<G>,
    group: &GroupSummary,
    option: &str,
    behind: Option<&str>,
    totals: Totals,
) -> Result<PreviewPart, Problem> {
    let catalogue = visitor.catalogue();
    let roles = fields::parse_roles_option(option, catalogue)?;
    let single = Single {
        group_id: group.id.clone(),
        group_name: group.display_name.clone(),
        before: known(&group.roles, catalogue),
        roles: roles.iter().rev().copied().collect(),
        from: fields::roles_option(&group.roles),
        option: option.to_owned(),
    };
    let wanted = [(group.id.clone(), roles)].into();
    part(visitor, &wanted, Some(single), behind, totals).await
}

/// Looks at the next people whom mappings would change and adds them to the totals.
pub(super) async fn part<G: Gate>(
    visitor: &Visitor<G>,
    wanted: &WantedMappings,
    single: Option<Single>,
    behind: Option<&str>,
    mut totals: Totals,
) -> Result<PreviewPart, Problem> {
    let (tenant, catalogue) = (visitor.tenant(), visitor.catalogue());
    let step = tenant
        .roles()
        .preview_mappings(wanted, behind, PEOPLE_AT_ONCE)
        .await?;
    totals.add(&step);
    let (changes, later) = match step.at_next_sign_in {
        true => (&totals.at_sign_in, &totals.changes),
        false => (&totals.changes, &totals.at_sign_in),
    };
    let sentences = |changes: &[Counted]| -> Vec<String> {
        let sentences = changes.iter();
        sentences.map(|one| sentence(one, catalogue)).collect()
    };
    // Who may not see people sees how many there are.
    let shows_names = visitor.may(Permission::DirectoryRead);
    let named = changes.iter().flat_map(|change| &change.first);
    let groups: BTreeSet<String> = named.map(|one| one.group.clone()).collect();
    let groups = match single.is_none() && shows_names {
        true => Insight::of(tenant).group_names(&groups).await?,
        false => BTreeMap::new(),
    };
    let mut impacts: Vec<Impact> = changes
        .iter()
        .map(|one| Impact::of(one, catalogue, &groups, shows_names))
        .collect();
    impacts.sort_by_key(|impact| {
        (
            !impact.is_loss,
            std::cmp::Reverse(impact.from.first().copied()),
        )
    });
    let (changed, later) = (
        changes
            .iter()
            .fold(0_u64, |sum, one| sum.saturating_add(one.people)),
        sentences(later),
    );
    let anyway = sentences(&totals.anyway);
    let looked_at = totals.looked_at;
    let next = step.next.map(|behind| {
        let query = single.as_ref().map(|single| {
            let sum = totals.for_address();
            fields::query_string(&[("role", &single.option), ("behind", &behind), ("sum", &sum)])
        });
        Next {
            query: query.unwrap_or_default(),
            sum: serde_json::to_string(&totals).unwrap_or_default(),
            behind,
        }
    });
    Ok(PreviewPart {
        console: visitor.console(),
        form_token: visitor.form_token(),
        single,
        groups: wanted.len(),
        impacts,
        later,
        anyway,
        at_next_sign_in: step.at_next_sign_in,
        claims_decide: step.claims_decide,
        looked_at,
        of: step.of.max(looked_at),
        changed,
        next,
    })
}

/// Permissions that are named at most.
const MAX_LOST: usize = 6;

impl Impact {
    /// What access ends, in words.
    fn lost_words(&self) -> Text {
        let named: Vec<&str> = self
            .lost
            .iter()
            .take(MAX_LOST)
            .map(String::as_str)
            .collect();
        match self.lost.len().saturating_sub(MAX_LOST) {
            0 => t("preview-lost").codes("permissions", &named),
            more => t("preview-lost-more")
                .codes("permissions", &named)
                .n("count", more),
        }
    }

    fn of(
        change: &Counted,
        catalogue: &Catalogue,
        groups: &BTreeMap<String, String>,
        shows_names: bool,
    ) -> Self {
        let (from, to) = (known(&change.from, catalogue), known(&change.to, catalogue));
        let is_loss = match to.first().cmp(&from.first()) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => to.len() < from.len(),
            std::cmp::Ordering::Greater => false,
        };
        let kept: BTreeSet<String> = catalogue.permissions_of(&to).into_iter().collect();
        let had = catalogue.permissions_of(&from).into_iter();
        let lost = had.filter(|permission| !kept.contains(permission));
        let mut named = change.first.clone();
        named.retain(|_| shows_names);
        let ask = Ask {
            from: change.from.clone(),
            to: change.to.clone(),
            after: None,
            skip: named.len(),
        };
        for one in &mut named {
            one.group = groups.get(&one.group).cloned().unwrap_or_default();
        }
        Self {
            title: sentence(change, catalogue),
            is_loss,
            lost: lost.collect(),
            from,
            to,
            more: match shows_names {
                true => change.people.saturating_sub(named.len() as u64),
                false => 0,
            },
            people: change.people,
            named,
            ask: serde_json::to_string(&ask).unwrap_or_default(),
        }
    }
}

/// Describes one kind of change: of the highest role, and of those below it that are gained or, if the highest stays, lost.
fn sentence(change: &Counted, roles: &Catalogue) -> String {
    let (had, get) = (known(&change.from, roles), known(&change.to, roles));
    let (from, to) = (had.first().copied(), get.first().copied());
    let only_in = |these: &[Role], others: &[Role]| {
        let only: Vec<Role> = these
            .iter()
            .filter(|role| !others.contains(role))
            .copied()
            .collect();
        display::role_names(&only)
    };
    let gained = || only_in(&get, &had);
    let lost = || only_in(&had, &get);
    let text = match (from, to) {
        (None, Some(_)) => t("preview-gain")
            .s("gained", gained())
            .n("count", change.people),
        (Some(_), None) => t("preview-lose-all")
            .s("lost", lost())
            .n("count", change.people),
        (Some(from), Some(to)) if to > from => t("preview-gain-instead")
            .s("gained", gained())
            .s("former", display::role(&from))
            .n("count", change.people),
        (Some(from), Some(to)) if to < from => t("preview-lose-become")
            .s("lost", lost())
            .s("next", display::role(&to))
            .n("count", change.people),
        (Some(_), Some(_)) if get.len() > had.len() => t("preview-gain")
            .s("gained", gained())
            .n("count", change.people),
        (Some(_), Some(_)) if had != get => t("preview-lose")
            .s("lost", lost())
            .n("count", change.people),
        _ => t("preview-stay").n("count", change.people),
    };
    text.plain()
}

#[cfg(test)]
mod tests {
    use rollcall_directory::RoleChange;

    use super::*;

    #[test]
    fn changes_are_described() {
        let (admin, member) = (Role::Admin, Role::Member);
        for (from, to, people, text) in [
            (&[][..], &[admin][..], 3, "3 people gain Admin"),
            (&[admin], &[], 1, "1 person loses Admin and has no role"),
            (
                &[member],
                &[admin],
                1,
                "1 person gains Admin instead of Member",
            ),
            (
                &[admin],
                &[member],
                2,
                "2 people lose Admin and become Member",
            ),
            (&[admin], &[admin, member], 2, "2 people gain Member"),
            (&[admin, member], &[admin], 1, "1 person loses Member"),
            (&[], &[admin, member], 1, "1 person gains Admin, Member"),
        ] {
            let (from, to) = (from.to_vec(), to.to_vec());
            let change = Counted::from(&RoleChange { from, to, people });
            assert_eq!(sentence(&change, &Catalogue::default()), text);
        }
    }
}
