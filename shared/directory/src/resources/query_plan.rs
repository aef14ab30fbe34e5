//! The plan of a query: how to find the candidates of a filter. By key if the filter allows it, otherwise by a full
//! scan.
//!
//! The candidates are a superset of the matches. The whole filter is then evaluated on each candidate.

use rollcall_model::{Kind, Lookup, is_id};
use rollcall_scim::{AttrPath, CompareOp, Filter, Literal};

/// Where candidates come from.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryPlan {
    /// The resource with this id.
    Id(String),
    /// The resource whose unique name has this form in its key.
    Name(String),
    /// The resources whose unique name begins with this text, in the form that keys have.
    NamePrefix(String),
    /// The resources with this value of a look-up attribute, by the attribute's code.
    Lookup(&'static str, String),
    /// The users who are members of this group.
    MembersOf(String),
    /// The groups that this user is a member of.
    GroupsOf(String),
    /// The candidates of all these plans.
    Any(Vec<QueryPlan>),
    /// Every resource.
    All,
}

impl QueryPlan {
    /// Returns the plan for the resource with this unique name, in any spelling.
    pub fn named(kind: &Kind, name: &str) -> Self {
        Self::of_name(kind, name, QueryPlan::Name)
    }

    fn of_name(kind: &Kind, name: &str, plan: fn(String) -> Self) -> Self {
        let now = plan(kind.compared(name));
        match kind.compared_before(name) {
            None => now,
            Some(before) => QueryPlan::Any(vec![now, plan(before)]),
        }
    }
}

/// Returns the cheapest plan that finds all resources of the kind that can match.
pub fn plan(kind: &'static Kind, filter: Option<&Filter>) -> QueryPlan {
    filter.map_or(QueryPlan::All, |filter| of_filter(kind, filter))
}

fn of_filter(kind: &'static Kind, filter: &Filter) -> QueryPlan {
    match filter {
        Filter::And(all) => all
            .iter()
            .map(|part| of_filter(kind, part))
            .min_by_key(rank)
            .unwrap_or(QueryPlan::All),
        Filter::Or(any) => {
            let parts: Vec<QueryPlan> = any.iter().map(|part| of_filter(kind, part)).collect();
            if parts.contains(&QueryPlan::All) {
                QueryPlan::All
            } else {
                QueryPlan::Any(parts)
            }
        }
        Filter::Compare {
            path,
            op,
            value: Literal::String(value),
        } => of_comparison(kind, path, *op, value),
        Filter::ValuePath { path, filter } => of_value_path(kind, path, filter),
        Filter::Compare { .. } | Filter::Not(_) | Filter::Present(_) => QueryPlan::All,
    }
}

/// Returns the cost of a plan. Lower is cheaper: a read of one item, a query, a query with a read for each hit, a full
/// scan.
fn rank(plan: &QueryPlan) -> u8 {
    match plan {
        QueryPlan::Id(_) => 0,
        QueryPlan::Name(_) => 1,
        QueryPlan::Lookup(..) => 2,
        QueryPlan::GroupsOf(_) => 3,
        QueryPlan::NamePrefix(_) => 4,
        QueryPlan::Any(_) => 5,
        QueryPlan::MembersOf(_) => 6,
        QueryPlan::All => 7,
    }
}

fn of_comparison(kind: &'static Kind, path: &AttrPath, op: CompareOp, value: &str) -> QueryPlan {
    let core = path
        .schema
        .as_deref()
        .is_none_or(|urn| urn.eq_ignore_ascii_case(kind.resource_type.schema.id));
    let sub = path.sub.as_deref();
    if is_of_none(kind, path, op, value) {
        return QueryPlan::Any(Vec::new());
    }
    let is = |attribute: &str| core && path.attribute.eq_ignore_ascii_case(attribute);
    let is_value = sub.is_none_or(|sub| sub.eq_ignore_ascii_case("value"));
    let is_reference = sub.is_some_and(|sub| sub.eq_ignore_ascii_case("$ref"));
    let referred = || value.rsplit('/').next().unwrap_or_default().to_owned();
    match op {
        CompareOp::Eq
            if is("meta") && sub.is_some_and(|sub| sub.eq_ignore_ascii_case("location")) =>
        {
            QueryPlan::Id(referred())
        }
        CompareOp::Eq if is("members") && is_reference && kind.has_members() => {
            QueryPlan::GroupsOf(referred())
        }
        CompareOp::Eq if is("groups") && is_reference && !kind.has_members() => {
            QueryPlan::MembersOf(referred())
        }
        CompareOp::Eq if is("id") => QueryPlan::Id(value.to_owned()),
        CompareOp::Eq if is(kind.unique) => QueryPlan::named(kind, value),
        CompareOp::Eq if is("members") && is_value && kind.has_members() => {
            QueryPlan::GroupsOf(value.to_owned())
        }
        CompareOp::Eq if is("groups") && is_value && !kind.has_members() => {
            QueryPlan::MembersOf(value.to_owned())
        }
        CompareOp::Eq => lookup(kind, &is, sub).map_or(QueryPlan::All, |lookup| {
            QueryPlan::Lookup(lookup.code, lookup.normalise(value))
        }),
        CompareOp::Sw if is(kind.unique) && !value.is_empty() => {
            QueryPlan::of_name(kind, value, QueryPlan::NamePrefix)
        }
        _ => QueryPlan::All,
    }
}

/// Whether no resource of the kind can match: the attribute does not exist, or the comparison is with the other kind.
fn is_of_none(kind: &Kind, path: &AttrPath, op: CompareOp, value: &str) -> bool {
    let rt = kind.resource_type;
    let is_type = path.is_core("meta")
        && path
            .sub
            .as_deref()
            .is_some_and(|sub| sub.eq_ignore_ascii_case("resourceType"));
    match op {
        CompareOp::Ne => false,
        CompareOp::Eq if is_type => value != rt.name,
        _ => path.is_unknown_in(rt),
    }
}

fn lookup(
    kind: &'static Kind,
    is: &impl Fn(&str) -> bool,
    sub: Option<&str>,
) -> Option<&'static Lookup> {
    kind.lookups.iter().find(|lookup| {
        let same_sub = match (sub, lookup.sub) {
            (Some(sub), Some(own)) => sub.eq_ignore_ascii_case(own),
            // A bare multi-valued attribute means its `value`.
            (None, _) => true,
            (Some(_), None) => false,
        };
        is(lookup.attribute) && same_sub
    })
}

/// Returns the plan of a value path: `emails[type eq "work" and value eq "x"]` has that of `emails.value eq "x"`.
fn of_value_path(kind: &'static Kind, path: &AttrPath, filter: &Filter) -> QueryPlan {
    match filter {
        Filter::And(all) => all
            .iter()
            .map(|part| of_value_path(kind, path, part))
            .min_by_key(rank)
            .unwrap_or(QueryPlan::All),
        Filter::Compare {
            path: sub,
            op,
            value: Literal::String(value),
        } => {
            let full = AttrPath {
                sub: Some(sub.attribute.clone()),
                ..path.clone()
            };
            of_comparison(kind, &full, *op, value)
        }
        _ => QueryPlan::All,
    }
}

/// Returns the member ids that a filter on groups compares, if its evaluation needs only these memberships. Returns
/// `None` if it needs all members.
pub(super) fn members_asked_about(filter: &Filter) -> Option<Vec<String>> {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => {
            let all: Option<Vec<Vec<String>>> = parts.iter().map(members_asked_about).collect();
            all.map(|lists| lists.concat())
        }
        Filter::Not(inner) => members_asked_about(inner),
        Filter::Present(path) => (!is_members(path)).then(Vec::new),
        Filter::Compare { path, op, value } if is_members(path) => {
            let is_value = path
                .sub
                .as_deref()
                .is_none_or(|sub| sub.eq_ignore_ascii_case("value"));
            asked_id(*op, value).filter(|_| is_value)
        }
        Filter::Compare { .. } => Some(Vec::new()),
        Filter::ValuePath { path, filter } if is_members(path) => match filter.as_ref() {
            Filter::Compare { path, op, value } if path.attribute.eq_ignore_ascii_case("value") => {
                asked_id(*op, value)
            }
            _ => None,
        },
        Filter::ValuePath { .. } => Some(Vec::new()),
    }
}

/// Returns the group whose members a filter on users asks for, if it asks for nothing else.
pub(super) fn group_asked_about<'a>(kind: &Kind, filter: &'a Filter) -> Option<&'a str> {
    let is_value = |sub: &str| sub.eq_ignore_ascii_case("value");
    let (path, op, value) = match filter {
        Filter::Compare { path, op, value } if path.sub.as_deref().is_none_or(is_value) => {
            (path, op, value)
        }
        Filter::ValuePath { path, filter } => match filter.as_ref() {
            Filter::Compare {
                path: sub,
                op,
                value,
            } if is_value(&sub.attribute) => (path, op, value),
            _ => return None,
        },
        _ => return None,
    };
    let is_asked = !kind.has_members() && path.is_core("groups") && *op == CompareOp::Eq;
    match value {
        // DynamoDB allows no empty key.
        Literal::String(id) if is_asked && is_id(id) => Some(id),
        _ => None,
    }
}

fn is_members(path: &AttrPath) -> bool {
    path.attribute.eq_ignore_ascii_case("members")
}

fn asked_id(op: CompareOp, value: &Literal) -> Option<Vec<String>> {
    match (op, value) {
        (CompareOp::Eq, Literal::String(id)) => Some(vec![id.clone()]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rollcall_model::{GROUPS, USERS};

    use super::*;

    fn planned(kind: &'static Kind, filter: &str) -> QueryPlan {
        plan(
            kind,
            Some(&Filter::parse(kind.resource_type, filter).unwrap()),
        )
    }

    #[test]
    fn what_identity_providers_ask_is_a_key_read() {
        let lookup = |code, value: &str| QueryPlan::Lookup(code, value.to_owned());
        let users = |filter: &str, expected: QueryPlan| {
            assert_eq!(planned(&USERS, filter), expected, "{filter}")
        };
        users(r#"userName eq "Bob@X""#, QueryPlan::Name("bob@x".into()));
        users(r#"USERNAME EQ "bob""#, QueryPlan::Name("bob".into()));
        users(
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "b""#,
            QueryPlan::Name("b".into()),
        );
        users(r#"externalId eq "Ab""#, lookup("X", "Ab"));
        users(r#"emails.value eq "A@b""#, lookup("E", "a@b"));
        users(r#"emails eq "A@b""#, lookup("E", "a@b"));
        users(
            r#"emails[type eq "work"].value eq "a@b""#,
            lookup("E", "a@b"),
        );
        users(
            r#"emails[type eq "work" and value eq "a@b"]"#,
            lookup("E", "a@b"),
        );
        users(r#"displayName eq "X""#, lookup("L", "x"));
        users(r#"id eq "1" and manager eq "2""#, QueryPlan::Id("1".into()));
        users(r#"manager eq "2" and id eq "1""#, QueryPlan::Id("1".into()));
        users(r#"userName sw "Bo""#, QueryPlan::NamePrefix("bo".into()));
        users(r#"groups.value eq "g""#, QueryPlan::MembersOf("g".into()));
        users(
            r#"userName eq "a" or externalId eq "b""#,
            QueryPlan::Any(vec![QueryPlan::Name("a".into()), lookup("X", "b")]),
        );
        users(
            r#"meta.location eq "https://x.test/scim/v2/Users/1""#,
            QueryPlan::Id("1".into()),
        );
        users(
            r#"groups[$ref eq "https://x.test/scim/v2/Groups/g"]"#,
            QueryPlan::MembersOf("g".into()),
        );
        for nobody in [r#"meta.resourceType eq "Group""#, r#"members eq "u""#] {
            users(nobody, QueryPlan::Any(vec![]));
        }
        let groups = |filter: &str, expected: QueryPlan| {
            assert_eq!(planned(&GROUPS, filter), expected, "{filter}")
        };
        groups(r#"displayName eq "Eng""#, QueryPlan::Name("eng".into()));
        groups(r#"members eq "u""#, QueryPlan::GroupsOf("u".into()));
        groups(r#"members[value eq "u"]"#, QueryPlan::GroupsOf("u".into()));
        groups(
            r#"id eq "g" and members.value eq "u""#,
            QueryPlan::Id("g".into()),
        );
    }

    #[test]
    fn the_rest_is_read_through() {
        for filter in [
            r#"userName ne "a""#,
            r#"not (userName eq "a")"#,
            "userName pr",
            r#"title eq "x""#,
            r#"userName eq "a" or title eq "x""#,
            r#"emails[type eq "work"]"#,
            "active eq true",
        ] {
            assert_eq!(planned(&USERS, filter), QueryPlan::All, "{filter}");
        }
    }

    #[test]
    fn only_the_memberships_asked_about_are_needed() {
        let asked = |filter: &str| {
            members_asked_about(&Filter::parse(GROUPS.resource_type, filter).unwrap())
        };
        assert_eq!(
            asked(r#"id eq "g" and members eq "u""#),
            Some(vec!["u".to_owned()])
        );
        assert_eq!(
            asked(r#"members[value eq "u"] or members.value eq "v""#),
            Some(vec!["u".into(), "v".into()])
        );
        assert_eq!(asked(r#"displayName co "x""#), Some(vec![]));
        assert_eq!(asked("members pr"), None);
        assert_eq!(asked(r#"members.display eq "x""#), None);
        assert_eq!(asked(r#"not (members[display eq "x"])"#), None);
    }

    #[test]
    fn a_filter_for_a_whole_group_needs_no_evaluation() {
        const GROUP: &str = "0197a3e0-0000-7000-8000-000000000001";
        let asked = |kind: &Kind, filter: &str| {
            let filter = filter.replace("G", GROUP);
            let filter = Filter::parse(kind.resource_type, &filter).unwrap();
            group_asked_about(kind, &filter).map(str::to_owned)
        };
        for (filter, is_whole) in [
            (r#"groups eq "G""#, true),
            (r#"groups.value eq "G""#, true),
            (r#"groups[value eq "G"]"#, true),
            (r#"groups.value eq "g""#, false),
            (r#"groups.value ne "G""#, false),
            (r#"groups.display eq "G""#, false),
            (r#"groups.$ref eq "https://x.test/v2/G""#, false),
            (r#"groups[value eq "G" and type eq "direct"]"#, false),
            (r#"groups.value eq "G" and active eq true"#, false),
            (r#"not (groups.value eq "G")"#, false),
            (r#"externalId eq "G""#, false),
        ] {
            let expected = is_whole.then(|| GROUP.to_owned());
            assert_eq!(asked(&USERS, filter), expected, "{filter}");
        }
        assert_eq!(asked(&GROUPS, r#"members.value eq "G""#), None);
    }
}
