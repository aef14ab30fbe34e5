//! Roles: which roles there are, how each is given, and what it allows. The application defines them.

use askama::Template;
use axum::response::Response;
use rollcall_directory::RoleDefinition;
use rollcall_edge_api::Configure;
use rollcall_edge_http::Problem;

use crate::layout::{self, Layout, Section, render};
use crate::messages::t;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "roles.html")]
struct Page {
    layout: Layout,
    /// The roles, highest first.
    roles: Vec<RoleDefinition>,
    /// Whether they are those of all tenants without roles of their own.
    inherited: bool,
}

pub(crate) async fn show(visitor: Visitor<Configure>) -> Result<Response, Problem> {
    let (roles, inherited) = visitor.tenant().settings().roles().await?;
    let roles = roles.definitions().into_iter().rev().collect();
    render(&Page {
        layout: visitor.layout(Section::Groups),
        roles,
        inherited,
    })
}

/// Says how a role is given.
pub(super) fn ways(role: &RoleDefinition) -> String {
    if role.retired {
        return t("roles-way-retired").plain();
    }
    let ways = [
        (role.by_mapping, t("roles-way-groups")),
        (role.by_hand, t("roles-way-hand")),
        (role.by_default, t("roles-way-default")),
    ];
    let ways = ways.into_iter().filter(|(is, _)| *is);
    let ways: Vec<String> = ways.map(|(_, way)| way.plain()).collect();
    match ways.is_empty() {
        true => t("roles-no-way").plain(),
        // Each is a part of a list, and the list begins as a sentence does.
        false => layout::capitalised(&ways.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use rollcall_directory::Role;

    use super::*;

    #[test]
    fn how_a_role_is_given() {
        let with = |by_mapping, by_hand, by_default, retired| RoleDefinition {
            by_mapping,
            by_hand,
            by_default,
            retired,
            ..Role::Member.into()
        };
        for (role, text) in [
            (
                with(true, true, true, false),
                "By groups, by hand, as the default",
            ),
            (with(false, true, false, false), "By hand"),
            (with(false, false, false, false), "Not given"),
            (
                with(false, false, false, true),
                "No longer given to anyone. People who have it keep it.",
            ),
        ] {
            assert_eq!(ways(&role), text);
        }
    }
}
