//! Mappings: what the form with the roles of many groups asks for: a preview, names, or saving.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Permission, WantedMappings};
use rollcall_edge_api::{Configure, Gate, Params};
use rollcall_edge_http::Problem;

use super::fields::{self, Typed};
use super::groups::{self, Search};
use super::staged::{Choice, Staged};
use super::totals::Totals;
use super::{names, preview};
use crate::layout::{is_about_form, redirect, render, said};
use crate::messages::t;
use crate::visitor::{Change, IsPart, Visitor};

/// Groups of which one form may change the roles.
const MAX_CHANGES: usize = 200;

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
        _ => Err(Problem::invalid(
            t("error-most-groups").n("most", MAX_CHANGES).plain(),
        )),
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
        return Err(Problem::conflict(t("error-roles-changed").plain()));
    }
    for (saved, (group, wanted_roles)) in wanted.iter().enumerate() {
        let was = staged.of_group(group).map_or("none", |choice| &choice.was);
        let was = fields::role_ids_of_option(was);
        let written = roles.map_group_from(group, &was, wanted_roles, visitor.role());
        let problem = match written.await {
            Ok(true) => continue,
            Ok(false) => Problem::conflict(t("error-roles-changed").plain()),
            Err(error) => Problem::from(error),
        };
        return Err(match saved {
            0 => problem,
            _ if !is_about_form(&problem) => problem,
            _ => {
                let detail = t("error-some-groups-saved")
                    .n("saved", saved)
                    .n("all", wanted.len())
                    .s("why", said(&problem));
                Problem::new(problem.reason(), detail.plain())
            }
        });
    }
    Ok(())
}
