//! The console: where a customer's IT admin connects the identity provider and understands what it did.
//!
//! - `pages` has one module for each page: what is asked, which calls of the directory answer it, and the view that its
//!   template in `templates/` shows. No rule of the product is written here.
//! - `visitor` says who is looking (`Visitor`) and lets nobody change anything without the form that
//!   they were shown (`Change`).
//! - `frame` is what surrounds every page; `words` is how times, names, roles and states read; `export` makes files of
//!   lists; `assets` are the style sheet and the scripts. The steps for each identity provider are in
//!   `templates/guides`.
//!
//! Pages work without a script. With one, parts of a page are fetched and put in place (htmx): lists that unfold, a
//! checklist that ticks, a preview, progress.

mod assets;
mod export;
mod frame;
mod happened;
mod pages;
mod visitor;
mod words;

use axum::Router;
use axum::extract::FromRef;
use rollcall_directory::Directory;
use rollcall_edge_http::{HttpFunction, finish_pages};

/// What every page works on.
#[derive(Clone, Debug)]
struct Console {
    directory: Directory,
}

impl FromRef<Console> for Directory {
    fn from_ref(console: &Console) -> Self {
        console.directory.clone()
    }
}

/// The function over one directory.
pub fn router(directory: Directory) -> HttpFunction {
    let pages: Router<Console> = pages::router().merge(assets::router());
    finish_pages(pages.with_state(Console { directory }), frame::refused)
}
