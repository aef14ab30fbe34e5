//! Mappings: the roles that are chosen for many groups in one form, what saving them would change, and the saving.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Permission, Progress, RoleSync, WantedMappings};
use rollcall_edge_api::{Configure, Gate, Params};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use super::fields::{self, Typed};
use super::groups::{self, Search};
use super::totals::Totals;
use super::{names, preview};
use crate::layout::{is_about_form, redirect, render, render_part};
use crate::visitor::{Change, IsPart, Visitor};

/// Groups of which one form may change the roles.
const MAX_CHANGES: usize = 200;

/// The roles that one row of the form has for its group, as options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// Those that the group had when the form was made.
    pub(super) was: String,
    /// Those that are chosen.
    pub(super) role: String,
}

impl Choice {
    pub(super) fn is_changed(&self) -> bool {
        self.was != self.role
    }
}

/// The form with a role for each group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Staged {
    by_group: BTreeMap<String, Choice>,
    /// The ids of the groups that are picked, to give all of them a role.
    pub(super) picked: BTreeSet<String>,
}

impl Staged {
    /// Reads the form: `role.<group>` and `was.<group>` for each row, `pick` for each picked one, and `bulk` for those if
    /// `then` is `apply`.
    pub(super) fn of(form: &Typed) -> Self {
        let mut staged = Self {
            picked: form.values("pick").map(str::to_owned).collect(),
            ..Self::default()
        };
        for (name, value) in form.fields() {
            if let Some(group) = name.strip_prefix("role.") {
                let was = form.value(&format!("was.{group}"));
                let choice = Choice {
                    was: was.to_owned(),
                    role: value.to_owned(),
                };
                staged.by_group.insert(group.to_owned(), choice);
            }
        }
        let bulk = form.value("bulk");
        if form.value("then") == "apply" && !bulk.is_empty() {
            for group in std::mem::take(&mut staged.picked) {
                if let Some(choice) = staged.by_group.get_mut(&group) {
                    bulk.clone_into(&mut choice.role);
                }
            }
        }
        staged
    }

    pub(super) fn of_group(&self, group: &str) -> Option<&Choice> {
        self.by_group.get(group)
    }

    fn changes(&self) -> impl Iterator<Item = (&String, &Choice)> {
        let all = self.by_group.iter();
        all.filter(|(_, choice)| choice.is_changed())
    }

    /// The ids of the changed groups for which this holds.
    pub(super) fn changes_of(&self, holds: impl Fn(&String) -> bool) -> BTreeSet<String> {
        let ids = self.changes().map(|(group, _)| group);
        ids.filter(|group| holds(group)).cloned().collect()
    }
}

/// What a form wants of the groups that it changes.
fn wanted<G>(visitor: &Visitor<G>, staged: &Staged) -> Result<WantedMappings, Problem>
where
    G: Gate,
{
    let mut wanted = WantedMappings::new();
    for (group, choice) in staged.changes() {
        let roles = fields::parse_roles_option(&choice.role, visitor.catalogue())?;
        wanted.insert(group.clone(), roles);
    }
    match wanted.len() {
        0..=MAX_CHANGES => Ok(wanted),
        _ => Err(Problem::invalid(format!(
            "one form changes the roles of at most {MAX_CHANGES} groups"
        ))),
    }
}

/// Previews the chosen roles, names the people whom a change is about, or saves.
pub(crate) async fn send(
    Params(search): Params<Search>,
    is_part: IsPart,
    change: Change<Configure, Typed>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    visitor.require(Permission::DirectoryRead)?;
    let staged = Staged::of(&form);
    let wanted = wanted(&visitor, &staged)?;
    if form.contains("names") {
        return names::show(&visitor, &wanted, &form, is_part).await;
    }
    if form.value("then") == "save" {
        return save(&visitor, &search, &staged, wanted).await;
    }
    let totals = Totals::of_changes(form.value("sum"), &wanted);
    // What was looked at for other choices does not count.
    let behind = Some(form.value("behind")).filter(|_| totals.is_begun());
    let behind = behind.filter(|behind| !behind.is_empty());
    let part = preview::part(&visitor, &wanted, None, behind, totals).await?;
    match is_part.0 {
        true => render(&part),
        false => groups::staged(&visitor, &search, &staged, Some(part), None).await,
    }
}

async fn save<G: Gate>(
    visitor: &Visitor<G>,
    search: &Search,
    staged: &Staged,
    wanted: WantedMappings,
) -> Result<Response, Problem> {
    let here = format!("{}{}", visitor.console(), search.here());
    if wanted.is_empty() {
        return Ok(redirect(&here));
    }
    let since = Timestamp::now();
    if let Err(problem) = write(visitor, staged, &wanted).await {
        return match is_about_form(&problem) {
            true => groups::staged(visitor, search, staged, None, Some(&problem)).await,
            false => Err(problem),
        };
    }
    let ids: Vec<&str> = wanted.keys().map(String::as_str).collect();
    let told = fields::query_string(&[
        ("done", "roles-saved"),
        ("since", &since.to_string()),
        ("saved", &ids.join(",")),
    ]);
    let mark = if here.contains('?') { '&' } else { '?' };
    Ok(redirect(&format!("{here}{mark}{told}")))
}

/// Writes the mappings, unless another admin has changed one of them since the form was made.
async fn write<G: Gate>(
    visitor: &Visitor<G>,
    staged: &Staged,
    wanted: &WantedMappings,
) -> Result<(), Problem> {
    let roles = visitor.tenant().roles();
    let groups: BTreeSet<String> = wanted.keys().cloned().collect();
    let mut present: BTreeMap<String, String> = BTreeMap::new();
    for mapping in roles.mappings_of(&groups).await? {
        let option = fields::roles_option(&mapping.roles());
        present.insert(mapping.group, option);
    }
    let is_stale = |(group, choice): (&String, &Choice)| {
        present.get(group).map_or("none", String::as_str) != choice.was
    };
    if staged.changes().any(is_stale) {
        return Err(Problem::conflict(CHANGED_ELSEWHERE));
    }
    for (saved, (group, wanted_roles)) in wanted.iter().enumerate() {
        let was = staged.of_group(group).map_or("none", |choice| &choice.was);
        let was = fields::role_ids_of_option(was);
        let written = roles.map_group_from(group, &was, wanted_roles, visitor.role());
        let problem = match written.await {
            Ok(true) => continue,
            Ok(false) => Problem::conflict(CHANGED_ELSEWHERE),
            Err(error) => Problem::from(error),
        };
        return Err(match saved {
            0 => problem,
            _ if !is_about_form(&problem) => problem,
            _ => {
                let detail = format!(
                    "{saved} of {} groups are saved; {}",
                    wanted.len(),
                    problem.detail()
                );
                Problem::new(problem.reason(), detail)
            }
        });
    }
    Ok(())
}

const CHANGED_ELSEWHERE: &str = "roles changed in another tab since you opened this page, and nothing more was saved; \
                                 the marked groups show both values, so choose again and save";

/// The progress of saved mappings, within the page or alone.
#[derive(Template)]
#[template(path = "saved.html")]
pub(super) struct SavedPart {
    /// The query of the progress.
    pub(super) query: String,
    /// Whether roles change at sign-in only.
    at_next_sign_in: bool,
    looked_at: u64,
    people: u64,
    pub(super) is_finished: bool,
}

/// The query of the progress.
#[derive(Debug, Deserialize)]
pub(crate) struct SavedParams {
    since: Timestamp,
    #[serde(default)]
    saved: String,
}

pub(super) async fn saved_part<G: Gate>(
    visitor: &Visitor<G>,
    saved: &str,
    since: Timestamp,
) -> Result<SavedPart, Problem> {
    let tenant = visitor.tenant();
    let ids: BTreeSet<&str> = saved.split(',').filter(|id| !id.is_empty()).collect();
    let settings = tenant.settings().read().await?;
    let mut part = SavedPart {
        query: fields::query_string(&[("since", &since.to_string()), ("saved", saved)]),
        at_next_sign_in: settings.role_sync == RoleSync::AtLogin,
        looked_at: 0,
        people: 0,
        is_finished: true,
    };
    for id in ids.into_iter().take(MAX_CHANGES) {
        let progress = tenant.roles().reconciliation(id).await?;
        // Work that began before belongs to an earlier mapping.
        let of_this = progress.filter(|progress: &Progress| progress.started_at >= since);
        part.is_finished &= of_this
            .as_ref()
            .is_some_and(|progress| progress.finished_at.is_some());
        part.looked_at += of_this.as_ref().map_or(0, |progress| progress.looked_at);
        part.people += of_this.map_or(0, |progress| progress.people);
    }
    Ok(part)
}

pub(crate) async fn progress(
    visitor: Visitor<Configure>,
    Params(params): Params<SavedParams>,
) -> Result<Response, Problem> {
    let part = saved_part(&visitor, &params.saved, params.since).await?;
    render_part(&part, part.is_finished)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Typed {
        let fields = fields.iter();
        Typed::of(
            fields
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn a_form_stages_what_differs() {
        let rows = [
            ("role.a", "admin"),
            ("was.a", "none"),
            ("role.b", "viewer"),
            ("was.b", "viewer"),
            ("pick", "b"),
            ("bulk", "member"),
        ];
        let staged = Staged::of(&form(&rows));
        let all = |_: &String| true;
        assert_eq!(staged.changes_of(all), ["a".to_owned()].into());
        assert_eq!(staged.picked, ["b".to_owned()].into());
        let applied = Staged::of(&form(&[&rows[..], &[("then", "apply")]].concat()));
        assert_eq!(
            applied.changes_of(all),
            ["a".to_owned(), "b".to_owned()].into()
        );
        assert_eq!(
            applied.of_group("b").map(|one| one.role.as_str()),
            Some("member")
        );
        assert!(applied.picked.is_empty());
    }
}
