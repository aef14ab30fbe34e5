//! What a connection says about whose its sign-ins and pushes are: the form for owners, and what others see of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rollcall_directory::{BrakeLimit, Connection, ConnectionRules};
use rollcall_edge_api::Gate;
use rollcall_edge_http::Problem;

use super::fields::{Typed, difference};
use crate::messages::{Text, t};
use crate::visitor::Visitor;

/// The rules of a connection, as its page shows them.
pub(crate) struct RulesPanel {
    /// The fields as they are, or as they were typed.
    pub(crate) typed: Typed,
    /// The connections that it can replace, or does: ids and names.
    pub(crate) others: Vec<(String, String)>,
    /// The revision of the rules that the form starts from.
    pub(crate) revision: String,
    /// What another owner has saved in the meantime and differs from what was typed.
    pub(crate) differences: Vec<String>,
    /// Until when its subjects may be bound anew, if that is in the future.
    pub(crate) window_until: Option<Timestamp>,
}

impl RulesPanel {
    /// `names` are those of deleted connections, by id.
    pub(super) fn of(
        connection: &Connection,
        heirs: &[Connection],
        names: &BTreeMap<String, String>,
        typed: Option<Typed>,
    ) -> Self {
        let mut others: Vec<_> = heirs
            .iter()
            .map(|one| (one.id.clone(), one.label.clone()))
            .collect();
        for id in gone(connection, heirs) {
            let name = names.get(id).cloned();
            let name = name.unwrap_or_else(|| t("rules-deleted-connection").plain());
            others.push((id.to_owned(), name));
        }
        let (revision, saved) = (connection.rules_revision(), typed_rules(connection));
        let is_outdated = |typed: &&Typed| typed.value("revision") != revision;
        let outdated = typed.as_ref().filter(is_outdated);
        let differences = outdated.map(|typed| differences(typed, &saved, &others));
        Self {
            differences: differences.unwrap_or_default(),
            typed: typed.unwrap_or(saved),
            others,
            revision,
            window_until: connection
                .rebind_until
                .filter(|until| *until > Timestamp::now()),
        }
    }

    /// The names of the connections that it replaces.
    pub(crate) fn replaced(&self) -> Vec<&str> {
        replaced(&self.typed, &self.others)
    }
}

fn replaced<'a>(typed: &Typed, others: &'a [(String, String)]) -> Vec<&'a str> {
    let replaced = others.iter().filter(|(id, _)| typed.has("replaces", id));
    replaced.map(|(_, name)| name.as_str()).collect()
}

/// Says what is saved and differs from what was typed.
fn differences(typed: &Typed, saved: &Typed, others: &[(String, String)]) -> Vec<String> {
    let (there, here) = (told(saved, others), told(typed, others));
    let differing = there.into_iter().zip(here);
    let differing =
        differing.filter_map(|((label, there), (_, here))| difference(label, &there, &here));
    differing.collect()
}

/// The rules in words, each with its label.
fn told(typed: &Typed, others: &[(String, String)]) -> [(Text, String); 6] {
    let chosen = |is_so: bool, so: &'static str, otherwise: &'static str| {
        t(if is_so { so } else { otherwise }).plain()
    };
    let or = |text: &str, none: &'static str| match text.trim() {
        "" => t(none).plain(),
        text => text.to_owned(),
    };
    let number = |name: &str| or(typed.value(name), "rules-limit-of-settings");
    [
        (t("rules-alias"), or(typed.value("alias"), "rules-no-alias")),
        (
            t("rules-external-ids"),
            chosen(
                typed.has("external_id", "unrelated"),
                "rules-external-ids-unrelated",
                "rules-external-ids-sent",
            ),
        ),
        (
            t("rules-brake"),
            chosen(
                typed.has("brake", "hold"),
                "rules-brake-held",
                "rules-brake-effective",
            ),
        ),
        (t("rules-brake-percent"), number("brake_percent")),
        (t("rules-brake-at-least"), number("brake_at_least")),
        (
            t("rules-replaces"),
            or(&replaced(typed, others).join(", "), "rules-none"),
        ),
    ]
}

/// The connections that it replaces and that are not there any more.
pub(super) fn gone<'a>(connection: &'a Connection, heirs: &[Connection]) -> BTreeSet<&'a str> {
    let is_there = |id: &str| heirs.iter().any(|one| one.id == id);
    let replaced = connection.replaces.iter().map(String::as_str);
    replaced.filter(|id| !is_there(id)).collect()
}

fn typed_rules(connection: &Connection) -> Typed {
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let external_id = match connection.external_ids_unrelated {
        true => "unrelated",
        false => "auto",
    };
    let mut fields = vec![
        field("alias", connection.alias.as_deref().unwrap_or_default()),
        field("external_id", external_id),
    ];
    fields.push(field(
        "brake",
        if connection.brake_holds {
            "hold"
        } else {
            "notify"
        },
    ));
    if let Some(limit) = connection.brake {
        fields.push(field("brake_percent", &limit.percent.to_string()));
        fields.push(field("brake_at_least", &limit.at_least.to_string()));
    }
    let replaced = connection.replaces.iter();
    fields.extend(replaced.map(|id| field("replaces", id)));
    Typed::of(fields)
}

/// Reads the form. The window is opened by a remedy, with a preview. A form of an earlier version has no brake, so that it
/// stays as it is.
///
/// # Errors
/// 400 for a limit that is not one.
fn read(form: &Typed) -> Result<ConnectionRules, Problem> {
    let alias = form.value("alias").trim();
    let has_brake = form.contains("brake");
    Ok(ConnectionRules {
        replaces: Some(form.values("replaces").map(str::to_owned).collect()),
        external_ids_unrelated: Some(form.has("external_id", "unrelated")),
        rebind_until: None,
        alias: Some(Some(alias.to_owned()).filter(|alias| !alias.is_empty())),
        brake: match has_brake {
            true => Some(limit(form)?),
            false => None,
        },
        brake_holds: has_brake.then(|| form.has("brake", "hold")),
        // The page of what would change has a form of its own.
        observing: None,
    })
}

/// Reads the limit of the brake; `None` if both fields are blank.
fn limit(form: &Typed) -> Result<Option<BrakeLimit>, Problem> {
    let (percent, at_least) = (form.value("brake_percent"), form.value("brake_at_least"));
    if percent.trim().is_empty() && at_least.trim().is_empty() {
        return Ok(None);
    }
    let wrong = || Problem::invalid(t("rules-limit-wrong"));
    let number = |typed: &str| typed.trim().parse::<u32>().map_err(|_| wrong());
    let limit = BrakeLimit {
        percent: number(percent)?,
        at_least: number(at_least)?,
    };
    match limit.is_valid() {
        true => Ok(Some(limit)),
        false => Err(wrong()),
    }
}

/// Saves the form, unless another owner has changed a rule since it was made.
pub(super) async fn save_form<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    form: &Typed,
) -> Result<(), Problem> {
    check_owner(visitor)?;
    let rules = read(form)?;
    let credentials = visitor.tenant().credentials();
    let revision = form.value("revision");
    match credentials.change_rules_at(id, revision, &rules).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(Problem::conflict(t("rules-changed-elsewhere"))),
        Err(error) => Err(worded(error.into())),
    }
}

fn check_owner<G: Gate>(visitor: &Visitor<G>) -> Result<(), Problem> {
    match visitor.role().is_owner() {
        true => Ok(()),
        false => Err(Problem::forbidden(t("rules-owners-matching"))),
    }
}

/// Changes the rules of a connection, which only owners may do.
pub(super) async fn save<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    rules: &ConnectionRules,
) -> Result<(), Problem> {
    check_owner(visitor)?;
    let credentials = visitor.tenant().credentials();
    match credentials.change_rules(id, rules).await {
        Ok(_) => Ok(()),
        Err(error) => Err(worded(error.into())),
    }
}

/// Says it in the words of the form.
fn worded(problem: Problem) -> Problem {
    match problem.status() {
        409 if problem.detail().contains("`alias`") => {
            Problem::new(problem.reason(), t("rules-alias-taken"))
        }
        _ => problem,
    }
}
