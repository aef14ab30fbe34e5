//! The tail of a live list: what has come since the list was read, a bounded number at a time.

use askama::Template;
use jiff::Timestamp;

use super::following::{Followed, Next};
use super::log_row::{News, Row as LogRow};
use super::log_view::View;
use crate::layout::Layout;

/// The rows that a live list puts on top.
#[derive(Template)]
#[template(path = "tail.html")]
pub(super) struct Tail {
    layout: Layout,
    /// The next read; `None` where the list pauses.
    next: Option<Next>,
    rows: Vec<LogRow>,
    /// Whether more have come than these rows.
    has_more: bool,
    /// The address of the list, to load it again.
    again: String,
}

impl Tail {
    pub(super) fn of(layout: Layout, view: &View, followed: &Followed, news: News) -> Self {
        let now = Timestamp::now();
        let followed = followed.then(news.until, !news.rows.is_empty(), news.shown);
        Self {
            layout,
            next: followed.next(view, now),
            rows: news.rows,
            has_more: news.has_more,
            again: view.with(&[]),
        }
    }
}
