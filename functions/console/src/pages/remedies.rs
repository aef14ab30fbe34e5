//! Remedies for all people of a connection: another connection takes them over or replaces it, their identifiers are
//! confirmed, or a window lets them bind anew. Each is a page with a preview and one button.
//!
//! A large tenant is looked at in parts. Each part adds to the totals of those before, which the address or the form
//! carries.

use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{Connection, ConnectionRules, Predecessor, Remedied, Remedy};
use rollcall_edge_api::{Configure, Gate, Id, Params, segment};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use super::connection_rules::save;
use super::fields;
use crate::layout::{Layout, Section, is_about_form, redirect, render, render_refused};
use crate::messages::{Text, t};
use crate::visitor::{Change, Visitor};

/// How many days a window may last.
const WINDOW_DAYS: [i64; 4] = [1, 3, 7, 14];

/// A remedy. Its id is the last segment of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RemedyKind {
    TakeOver,
    Replace,
    BindAnew,
    Confirm,
}

impl RemedyKind {
    pub(crate) const ALL: [Self; 4] =
        [Self::TakeOver, Self::Replace, Self::BindAnew, Self::Confirm];

    /// The last segment of its path.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::TakeOver => "take-over",
            Self::Replace => "replace",
            Self::BindAnew => "bind-anew",
            Self::Confirm => "confirm",
        }
    }

    pub(crate) fn title(self) -> Text {
        match self {
            Self::TakeOver => t("remedy-take-over"),
            Self::Replace => t("remedy-replace"),
            Self::BindAnew => t("remedy-bind-anew"),
            Self::Confirm => t("remedy-confirm"),
        }
    }

    /// What it is for.
    pub(crate) fn purpose(self) -> Text {
        match self {
            Self::TakeOver => t("remedy-take-over-purpose"),
            Self::Replace => t("remedy-replace-purpose"),
            Self::BindAnew => t("remedy-bind-anew-purpose"),
            Self::Confirm => t("remedy-confirm-purpose"),
        }
    }

    /// Whether only an owner may do it.
    pub(crate) fn is_for_owners(self) -> bool {
        matches!(self, Self::Replace | Self::BindAnew)
    }

    fn needs_other(self) -> bool {
        matches!(self, Self::TakeOver | Self::Replace)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RemedyKind {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let id = segment(parts, "remedy").await?;
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.id() == id)
            .ok_or_else(|| Problem::not_found("this page"))
    }
}

/// What a remedy needs, and what the parts before have counted.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Progress {
    /// The id of the other connection.
    #[serde(default)]
    from: String,
    after: Option<String>,
    #[serde(default)]
    people: u64,
    #[serde(default)]
    groups: u64,
    #[serde(default)]
    left_out: u64,
    /// How many days a window lasts; 0 closes it.
    #[serde(default)]
    days: Option<i64>,
    /// Whether the remedy has just been applied.
    done: Option<String>,
}

impl Progress {
    /// Adds a part. The totals come from an address and can have any size, so the sums saturate.
    fn with(self, part: Remedied) -> Self {
        Self {
            people: self.people.saturating_add(part.people),
            groups: self.groups.saturating_add(part.groups),
            left_out: self.left_out.saturating_add(part.left_out),
            after: part.next,
            ..self
        }
    }

    fn stored(&self, kind: RemedyKind) -> Remedy {
        let from = self.from.clone();
        match kind {
            RemedyKind::TakeOver | RemedyKind::Replace => Remedy::TakeOver { from },
            RemedyKind::BindAnew => Remedy::BindAnew,
            RemedyKind::Confirm => Remedy::Confirm,
        }
    }

    /// The query of the next part.
    fn address(&self) -> Option<String> {
        let number = |number: u64| number.to_string();
        let after = self.after.as_ref()?;
        Some(fields::query_string(&[
            ("from", &self.from),
            ("after", after),
            ("people", &number(self.people)),
            ("groups", &number(self.groups)),
            ("left_out", &number(self.left_out)),
        ]))
    }
}

#[derive(Template)]
#[template(path = "remedy.html")]
struct Page {
    layout: Layout,
    kind: RemedyKind,
    connection: Connection,
    /// The other connections that the visitor may choose.
    others: Vec<Predecessor>,
    /// The name of the chosen one.
    other: Option<String>,
    /// What was counted so far; `None` if the other connection is still to be chosen.
    counted: Option<Progress>,
    /// The query of the next part, if there is one.
    next: Option<String>,
    window_until: Option<Timestamp>,
    days: [i64; 4],
    is_owner: bool,
}

impl Page {
    /// Where the rest is counted, below the console's path.
    fn rest(&self, next: &str) -> String {
        let (connection, kind) = (&self.connection.id, self.kind.id());
        format!("/connections/{connection}/remedies/{kind}?{next}")
    }
}

pub(crate) async fn show(
    visitor: Visitor<Configure>,
    Id(id): Id,
    kind: RemedyKind,
    Params(progress): Params<Progress>,
) -> Result<Response, Problem> {
    page(&visitor, &id, kind, progress, None).await
}

/// Counts the next part and renders the page, with why the remedy was refused.
async fn page<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    kind: RemedyKind,
    mut progress: Progress,
    mut refused: Option<Problem>,
) -> Result<Response, Problem> {
    let credentials = visitor.tenant().credentials();
    let connection = credentials.connection(id).await?;
    let others = match kind.needs_other() {
        true => others(visitor, id).await?,
        false => Vec::new(),
    };
    if let ([only], true) = (others.as_slice(), progress.from.is_empty()) {
        progress.from.clone_from(&only.id);
    }
    let is_chosen = !kind.needs_other() || !progress.from.is_empty();
    let layout = visitor.layout(Section::Connect);
    let layout = layout.with_notice(progress.done.as_deref());
    let other = others.iter().find(|one| one.id == progress.from);
    let other = other.map(|one| one.label.clone());
    let mut counted = None;
    if is_chosen && refused.is_none() {
        match count(visitor, id, kind, progress).await {
            Ok(progress) => counted = Some(progress),
            Err(problem) if is_about_form(&problem) => refused = Some(problem),
            Err(problem) => return Err(problem),
        }
    }
    let page = Page {
        layout: layout.with_refusal(refused.as_ref()),
        kind,
        window_until: connection
            .rebind_until
            .filter(|until| *until > Timestamp::now()),
        connection,
        others,
        other,
        next: counted.as_ref().and_then(Progress::address),
        counted,
        days: WINDOW_DAYS,
        is_owner: visitor.role().is_owner(),
    };
    match refused {
        Some(problem) => render_refused(&page, &problem),
        None => render(&page),
    }
}

/// The connections that the visitor may take over from: only an owner takes over from one that is still there.
async fn others<G: Gate>(visitor: &Visitor<G>, id: &str) -> Result<Vec<Predecessor>, Problem> {
    let credentials = visitor.tenant().credentials();
    let mut others = credentials.predecessors(id).await?;
    others.retain(|one| one.is_gone || visitor.role().is_owner());
    Ok(others)
}

async fn count<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    kind: RemedyKind,
    progress: Progress,
) -> Result<Progress, Problem> {
    step(visitor, id, kind, progress, true).await
}

async fn step<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    kind: RemedyKind,
    progress: Progress,
    is_preview: bool,
) -> Result<Progress, Problem> {
    let (remedy, after) = (progress.stored(kind), progress.after.clone());
    let sign_in = visitor.tenant().sign_in();
    let rank = visitor.role();
    let part = sign_in.remedy(id, &remedy, after.as_deref(), rank, is_preview);
    let part = part.await?;
    Ok(progress.with(part))
}

/// A remedy that is being applied, part by part.
#[derive(Template)]
#[template(path = "remedy_progress.html")]
struct ProgressPage {
    layout: Layout,
    kind: RemedyKind,
    connection: String,
    so_far: Progress,
    after: String,
}

pub(crate) async fn apply(
    Id(id): Id,
    kind: RemedyKind,
    change: Change<Configure, Progress>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let asked = Progress {
        from: form.from.clone(),
        ..Progress::default()
    };
    let applied = match kind {
        RemedyKind::TakeOver | RemedyKind::Confirm => apply_part(&visitor, &id, kind, form).await,
        RemedyKind::Replace => replace(&visitor, &id, &form.from).await,
        RemedyKind::BindAnew => set_window(&visitor, &id, form.days).await,
    };
    match applied {
        Err(problem) if is_about_form(&problem) => {
            page(&visitor, &id, kind, asked, Some(problem)).await
        }
        applied => applied,
    }
}

/// Applies a remedy to a part of the people. After the last part, the page counts again, and shows who is left out.
async fn apply_part(
    visitor: &Visitor<Configure>,
    id: &str,
    kind: RemedyKind,
    progress: Progress,
) -> Result<Response, Problem> {
    let so_far = step(visitor, id, kind, progress, false).await?;
    if let Some(after) = so_far.after.clone() {
        return render(&ProgressPage {
            layout: visitor.layout(Section::Connect),
            kind,
            connection: id.to_owned(),
            so_far,
            after,
        });
    }
    let query = fields::query_string(&[("from", &so_far.from), ("done", "remedy-applied")]);
    let (console, remedy) = (visitor.console(), kind.id());
    Ok(redirect(&format!(
        "{console}/connections/{id}/remedies/{remedy}?{query}"
    )))
}

async fn replace(visitor: &Visitor<Configure>, id: &str, from: &str) -> Result<Response, Problem> {
    let credentials = visitor.tenant().credentials();
    let mut replaces = credentials.connection(id).await?.replaces;
    replaces.insert(from.to_owned());
    let rules = ConnectionRules {
        replaces: Some(replaces),
        ..ConnectionRules::default()
    };
    save(visitor, id, &rules).await?;
    Ok(back(visitor, id, "replaces"))
}

async fn set_window(
    visitor: &Visitor<Configure>,
    id: &str,
    days: Option<i64>,
) -> Result<Response, Problem> {
    let days = days.filter(|days| *days == 0 || WINDOW_DAYS.contains(days));
    let days = days.ok_or_else(|| Problem::invalid(t("remedy-days-wrong")))?;
    let until = Timestamp::now() + SignedDuration::from_hours(24 * days);
    let rules = ConnectionRules {
        rebind_until: Some((days > 0).then_some(until)),
        ..ConnectionRules::default()
    };
    save(visitor, id, &rules).await?;
    let done = if days > 0 {
        "window-opened"
    } else {
        "window-closed"
    };
    Ok(back(visitor, id, done))
}

fn back<G: Gate>(visitor: &Visitor<G>, id: &str, done: &str) -> Response {
    redirect(&format!(
        "{}/connections/{id}?done={done}",
        visitor.console()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up() {
        let part = |people, next: Option<&str>| Remedied {
            people,
            groups: 1,
            left_out: 2,
            next: next.map(str::to_owned),
        };
        let made_up = Progress {
            left_out: u64::MAX,
            from: "c".to_owned(),
            ..Progress::default()
        };
        let counted = made_up.with(part(3, Some("u-1")));
        let address = counted.address();
        let expected = format!("from=c&after=u-1&people=3&groups=1&left_out={}", u64::MAX);
        assert_eq!(address, Some(expected));
        let counted = counted.with(part(4, None));
        assert_eq!((counted.people, counted.groups), (7, 2));
        assert_eq!(counted.address(), None);
    }
}
