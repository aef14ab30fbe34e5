//! The console: where a customer's IT admin connects the identity provider and understands what it did.
//!
//! - `pages` has one module for each page. A module reads the request, calls the directory and fills the template in
//!   `templates/`. It contains no business rule.
//! - `visitor` identifies the visitor (`Visitor`), and accepts a change only with a form of the same session
//!   (`Change`).
//! - `session_cookie` reads and writes the session cookie and derives form tokens from it.
//! - `layout` surrounds every page, and renders errors.
//! - `brand` says how pages look: name and logo of the product, and `brand_sheet` has its colour.
//! - `messages` has what pages say, in each language: `t("key")`. `language` is which one a visit has. The texts are in
//!   `locales`; `catalogues` checks them.
//! - `api_errors` says in that language what the API says in English.
//! - `display` formats times, names, roles and states. `markup` says where addresses break and what is code in a text.
//!   `change_summary` describes a change in words.
//! - `change_sentence` and `request_sentence` say what a line of a log is, with the names in `known_names`; `asked` reads
//!   what a request asked for, and `bursts` puts entries of one cause together. `request_refusal` says why a request failed,
//!   and `finding_words` what a finding is.
//! - `providers` is the table of identity providers. Their setup guides are in `templates/guides`.
//! - `GLOSSARY.md` has the words of the pages, and `words` refuses others.
//! - `export` writes lists and evidence as files. `assets` serves the style sheet, the scripts, the fonts and
//!   the icons. The sheet's parts are in `assets/style`: tokens first, then one file for each family of components.
//!
//! Pages work without scripts. With scripts, htmx loads parts of a page: lists that unfold, a checklist that updates
//! itself, a preview, progress.

mod api_errors;
mod asked;
mod assets;
mod brand;
mod brand_sheet;
mod bursts;
#[cfg(test)]
mod catalogues;
mod change_sentence;
mod change_summary;
mod display;
mod export;
mod finding_words;
mod known_names;
mod language;
mod layout;
mod markup;
mod messages;
mod pages;
mod providers;
mod request_refusal;
mod request_sentence;
mod session_cookie;
#[cfg(test)]
mod states;
mod visitor;
#[cfg(test)]
mod words;

use axum::middleware;
use rollcall_directory::Directory;
use rollcall_edge_http::{HttpFunction, finish_pages};

pub(crate) use messages::t;

/// Builds the console on one directory.
pub fn router(directory: Directory) -> HttpFunction {
    let pages = pages::router()
        .layer(middleware::from_fn(language::speak))
        .merge(assets::router())
        .merge(brand::router());
    finish_pages(pages.with_state(directory), layout::error_page)
}
