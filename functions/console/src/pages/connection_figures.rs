//! The figures of a connection that is set up.

use jiff::Timestamp;
use rollcall_directory::Connection;
use rollcall_insight::Milestones;

use crate::display;
use crate::messages::{Text, t};

/// A number about the connection, and where it leads.
pub(super) struct Figure {
    pub(super) title: Text,
    pub(super) number: String,
    pub(super) detail: Text,
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
    let from = || match is_only {
        true => t("connection-of-one"),
        false => t("connection-of-all"),
    };
    let of_directory = directory.map(|(people, groups)| {
        [
            (t("connection-people"), people, "/people"),
            (t("connection-groups"), groups, "/groups"),
        ]
        .map(|(title, number, path)| Figure {
            title,
            number: display::number(&number),
            detail: from(),
            path: path.to_owned(),
        })
    });
    let (all, failed) = milestones.lately(Timestamp::now());
    let requests = format!("/activity?connection={}", connection.id);
    let link = |path: String| match sees_logs {
        true => path,
        false => String::new(),
    };
    let mut figures: Vec<Figure> = of_directory.into_iter().flatten().collect();
    figures.push(Figure {
        title: t("connection-requests"),
        number: display::number(&all),
        detail: match failed {
            0 => t("connection-none-failed"),
            _ => t("connection-some-failed").n("count", failed),
        },
        path: link(match failed {
            0 => requests,
            _ => format!("{requests}&failed=yes"),
        }),
    });
    figures
}
