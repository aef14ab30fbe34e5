//! The figures of a connection that is set up.

use jiff::Timestamp;
use rollcall_directory::Connection;
use rollcall_insight::Milestones;

use crate::display;

/// A number about the connection, and where it leads.
pub(super) struct Figure {
    pub(super) title: &'static str,
    pub(super) number: String,
    pub(super) detail: String,
    /// The path below the console's; empty if it leads nowhere.
    pub(super) path: String,
}

/// The figures of a connection. `directory` is the numbers of people and groups, if the visitor may see them.
pub(super) fn figures(
    connection: &Connection,
    milestones: &Milestones,
    directory: Option<(u64, u64)>,
    is_only: bool,
    sees_logs: bool,
) -> Vec<Figure> {
    let from = match is_only {
        true => "Sent, imported, or signed in",
        false => "Of all connections",
    };
    let of_directory = directory.map(|(people, groups)| {
        [("People", people, "/people"), ("Groups", groups, "/groups")].map(
            |(title, number, path)| Figure {
                title,
                number: display::number(&number),
                detail: from.to_owned(),
                path: path.to_owned(),
            },
        )
    });
    let (all, failed) = milestones.lately(Timestamp::now());
    let requests = format!("/activity?connection={}", connection.id);
    let link = |path: String| match sees_logs {
        true => path,
        false => String::new(),
    };
    let mut figures: Vec<Figure> = of_directory.into_iter().flatten().collect();
    figures.push(Figure {
        title: "Requests, last 7 days",
        number: display::number(&all),
        detail: match failed {
            0 => "None failed".to_owned(),
            _ => format!("{} failed", display::number(&failed)),
        },
        path: link(match failed {
            0 => requests,
            _ => format!("{requests}&failed=yes"),
        }),
    });
    figures
}
