//! The style sheet, the scripts, the fonts and the icons. They are part of the binary, and browsers cache them until
//! they change.
//!
//! `htmx.min.js` is version 2.0.11 from its npm package `htmx.org` (0BSD), unchanged. The fonts are Inter (OFL 1.1,
//! `LICENSE-inter.txt`) from version 5.3.0 of the npm package `@fontsource-variable/inter`, unchanged; a browser loads
//! only those whose letters a page has. `icons.svg` has the icons in use of version 1.62.0 of `lucide-static` (ISC,
//! `LICENSE-lucide.txt`).

use std::fmt;
use std::sync::LazyLock;

use askama::filters::HtmlSafe;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use rollcall_directory::Directory;
use rollcall_edge_http::Problem;
use sha2::{Digest, Sha256};

use crate::brand_sheet;

/// One file.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    content: &'static [u8],
}

/// One sheet of the parts in `assets/style`, in the order in which they build on each other.
const STYLE: &str = concat!(
    include_str!("../assets/style/tokens.css"),
    include_str!("../assets/style/base.css"),
    include_str!("../assets/style/controls.css"),
    include_str!("../assets/style/cards.css"),
    include_str!("../assets/style/lists.css"),
    include_str!("../assets/style/logs.css"),
    include_str!("../assets/style/states.css"),
    include_str!("../assets/style/flows.css"),
    include_str!("../assets/style/frame.css"),
    include_str!("../assets/style/evidence.css"),
);

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const FONT: &str = "font/woff2";

/// Names a file of the folder `assets`.
macro_rules! asset {
    ($name:literal, $media_type:expr) => {
        Asset {
            name: $name,
            media_type: $media_type,
            content: include_bytes!(concat!("../assets/", $name)),
        }
    };
}

static ALL: [Asset; 9] = [
    Asset {
        name: "style.css",
        media_type: CSS,
        content: STYLE.as_bytes(),
    },
    asset!("htmx.min.js", SCRIPT),
    asset!("console.js", SCRIPT),
    asset!("icon.svg", SVG),
    asset!("icons.svg", SVG),
    asset!("select.svg", SVG),
    asset!("inter-latin.woff2", FONT),
    asset!("inter-latin-ext.woff2", FONT),
    asset!("inter-vietnamese.woff2", FONT),
];

/// Changes with any of the files, so that their addresses change too and no browser uses an old copy.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut all = Sha256::new();
    for asset in &ALL {
        all.update(asset.content);
    }
    let digest = all.finalize();
    digest[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
});

/// Builds the address of a file below the console's own address.
pub(crate) fn address(console: &str, name: &str) -> String {
    format!("{console}/assets/{}/{name}", *VERSION)
}

/// An icon of `icons.svg`. Screen readers skip it: a word stands beside it.
#[derive(Clone, Debug)]
pub(crate) struct Icon {
    sprite: String,
    name: &'static str,
}

impl HtmlSafe for Icon {}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sprite, name } = self;
        write!(
            f,
            "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{sprite}#{name}\"></use></svg>"
        )
    }
}

/// Builds the icon with this name, for a page of the console at this address.
pub(crate) fn icon(console: &str, name: &'static str) -> Icon {
    Icon {
        sprite: address(console, "icons.svg"),
        name,
    }
}

pub(crate) fn router() -> Router<Directory> {
    Router::new().route("/console/assets/{version}/{name}", get(serve))
}

async fn serve(Path((version, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let kept = match version == *VERSION {
        true => "public, max-age=31536000, immutable",
        // An address of another version must not be cached with this version's file.
        false => "no-store",
    };
    let headers = |media_type| [(CONTENT_TYPE, media_type), (CACHE_CONTROL, kept)];
    // A colour is in the name of its sheet. How the sheet is made changes with the tokens.
    if let Some(sheet) = brand_sheet::named(&name) {
        return Ok((headers(CSS), sheet).into_response());
    }
    let mut all = ALL.iter();
    let asset = all.find(|asset| asset.name == name);
    let asset = asset.ok_or_else(|| Problem::not_found("this file"))?;
    Ok((headers(asset.media_type), asset.content).into_response())
}

/// Writes all files to a folder, for a page that is opened from there.
#[cfg(test)]
pub(crate) fn write_to(folder: &std::path::Path) {
    for asset in &ALL {
        std::fs::write(folder.join(asset.name), asset.content).unwrap();
    }
}
