//! The style sheet, the scripts and the icon. They are part of the binary, and browsers cache them until they change.
//!
//! `htmx.min.js` is version 2.0.11 from its npm package `htmx.org` (0BSD), unchanged.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use rollcall_directory::Directory;
use rollcall_edge_http::Problem;
use sha2::{Digest, Sha256};

/// One file.
pub(crate) struct Asset {
    name: &'static str,
    media_type: &'static str,
    text: &'static str,
}

const STYLE: Asset = Asset {
    name: "style.css",
    media_type: "text/css; charset=utf-8",
    text: include_str!("../assets/style.css"),
};
const HTMX: Asset = Asset {
    name: "htmx.min.js",
    media_type: "text/javascript; charset=utf-8",
    text: include_str!("../assets/htmx.min.js"),
};
const SCRIPT: Asset = Asset {
    name: "console.js",
    media_type: "text/javascript; charset=utf-8",
    text: include_str!("../assets/console.js"),
};

const ICON: Asset = Asset {
    name: "icon.svg",
    media_type: "image/svg+xml",
    text: include_str!("../assets/icon.svg"),
};
const ALL: [Asset; 4] = [STYLE, HTMX, SCRIPT, ICON];

/// Changes with any of the files, so that their addresses change too and no browser uses an old copy.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut all = Sha256::new();
    for asset in ALL {
        all.update(asset.text);
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

pub(crate) fn router() -> Router<Directory> {
    Router::new().route("/console/assets/{version}/{name}", get(serve))
}

async fn serve(Path((version, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let asset = ALL
        .into_iter()
        .find(|asset| asset.name == name)
        .ok_or_else(|| Problem::not_found("this file"))?;
    let kept = match version == *VERSION {
        true => "public, max-age=31536000, immutable",
        // An address of another version must not be cached with this version's file.
        false => "no-store",
    };
    let headers = [(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, kept)];
    Ok((headers, asset.text).into_response())
}
