//! The console: where a customer's IT admin connects the identity provider and understands what it did.
//!
//! - `pages` has one module for each page. A module reads the request, calls the directory and fills the template in
//!   `templates/`. It contains no business rule.
//! - `visitor` identifies the visitor (`Visitor`), and accepts a change only with a form of the same session
//!   (`Change`).
//! - `session_cookie` reads and writes the session cookie and derives form tokens from it.
//! - `layout` surrounds every page, and renders errors.
//! - `brand` says how pages look: name and logo of the product, and `brand_sheet` has its colour.
//! - `display` formats times, names, roles and states. `change_summary` describes a change in words.
//! - `providers` is the table of identity providers. Their setup guides are in `templates/guides`.
//! - `GLOSSARY.md` has the words of the pages, and `words` refuses others.
//! - `export` writes lists and evidence as files. `assets` serves the style sheet, the scripts, the fonts and
//!   the icons. The sheet's parts are in `assets/style`: tokens first, then one file for each family of components.
//!
//! Pages work without scripts. With scripts, htmx loads parts of a page: lists that unfold, a checklist that updates
//! itself, a preview, progress.
//!
//! ```no_run
//! use rollcall_directory::Directory;
//!
//! # async fn example() -> Result<(), lambda_http::Error> {
//! let function = rollcall_console::router(Directory::from_env().await?);
//! rollcall_edge_http::run(function).await
//! # }
//! ```

mod assets;
mod brand;
mod brand_sheet;
mod change_summary;
mod display;
mod export;
mod layout;
mod pages;
mod providers;
mod session_cookie;
#[cfg(test)]
mod states;
mod visitor;
#[cfg(test)]
mod words;

use rollcall_directory::Directory;
use rollcall_edge_http::{HttpFunction, finish_pages};

/// Builds the console on one directory.
pub fn router(directory: Directory) -> HttpFunction {
    let pages = pages::router()
        .merge(assets::router())
        .merge(brand::router());
    finish_pages(pages.with_state(directory), layout::error_page)
}
