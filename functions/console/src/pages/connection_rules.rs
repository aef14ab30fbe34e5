//! What a connection says about whose its sign-ins and pushes are: the form for owners, and what others see of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rollcall_directory::{Connection, ConnectionRules};
use rollcall_edge_api::Gate;
use rollcall_edge_http::Problem;

use super::fields::Typed;
use crate::visitor::Visitor;

/// The rules of a connection, as its page shows them.
pub(crate) struct RulesPanel {
    /// The fields as they are, or as they were typed.
    pub(crate) typed: Typed,
    /// The connections that it can replace, or does: ids and names.
    pub(crate) others: Vec<(String, String)>,
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
            let name = names.get(id).map_or("A deleted connection", String::as_str);
            others.push((id.to_owned(), name.to_owned()));
        }
        Self {
            typed: typed.unwrap_or_else(|| typed_rules(connection)),
            others,
            window_until: connection
                .rebind_until
                .filter(|until| *until > Timestamp::now()),
        }
    }

    /// The names of the connections that it replaces.
    pub(crate) fn replaced(&self) -> Vec<&str> {
        let replaced = self.others.iter();
        let replaced = replaced.filter(|(id, _)| self.typed.has("replaces", id));
        replaced.map(|(_, name)| name.as_str()).collect()
    }
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
    let replaced = connection.replaces.iter();
    fields.extend(replaced.map(|id| field("replaces", id)));
    Typed::of(fields)
}

/// Reads the form. The window is opened by a remedy, with a preview.
pub(super) fn read(form: &Typed) -> ConnectionRules {
    let alias = form.value("alias").trim();
    ConnectionRules {
        replaces: Some(form.values("replaces").map(str::to_owned).collect()),
        external_ids_unrelated: Some(form.has("external_id", "unrelated")),
        rebind_until: None,
        alias: Some(Some(alias.to_owned()).filter(|alias| !alias.is_empty())),
        brake: None,
        brake_holds: None,
    }
}

/// Changes the rules of a connection, which only owners may do.
pub(super) async fn save<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    rules: &ConnectionRules,
) -> Result<(), Problem> {
    if !visitor.role().is_owner() {
        return Err(Problem::forbidden(
            "only an owner changes how sign-ins and pushes are matched; ask an owner",
        ));
    }
    let credentials = visitor.tenant().credentials();
    match credentials.change_rules(id, rules).await {
        Ok(_) => Ok(()),
        Err(error) => Err(worded(error.into())),
    }
}

/// Says it in the words of the form.
fn worded(problem: Problem) -> Problem {
    match problem.status() {
        409 if problem.detail().contains("`alias`") => Problem::new(
            problem.reason(),
            "another connection has this alias; choose another one, or take it away there first",
        ),
        _ => problem,
    }
}
