//! How pages look: the product's name, logo and colour, where help is, and where pages lead back to.
//!
//! The colour is in the address of a style sheet that follows from nothing else, so it needs no read and browsers keep it.
//! The address of a logo has the hash of its content. It is shown before a visitor is signed in, so it needs no session.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use rollcall_directory::{Brand, Colour, Directory, TenantId};
use rollcall_edge_http::Problem;

use crate::assets;
use crate::brand_sheet;
use crate::messages::t;

/// How the pages of a visit look. Without a branding, they are neutral.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    /// The name of the product.
    pub(crate) product: Option<String>,
    /// The address of the style sheet with its colour.
    pub(crate) sheet: Option<String>,
    pub(crate) logo: Option<LookOfLogo>,
    pub(crate) support_url: Option<String>,
    pub(crate) support_email: Option<String>,
    /// Where the pages lead back to.
    pub(crate) return_url: Option<String>,
}

/// A logo on a page.
#[derive(Clone, Debug)]
pub(crate) struct LookOfLogo {
    pub(crate) address: String,
    pub(crate) media_type: &'static str,
}

impl Look {
    /// Returns how the pages of a console at this path look.
    pub(crate) fn of(console: &str, brand: &Brand) -> Self {
        let parts = &brand.parts;
        let sheet = |accent: Colour| assets::address(console, &brand_sheet::name(accent));
        let logo = parts.logo.as_ref().map(|logo| {
            let of = brand.logo_of.as_ref();
            let of = of.map_or_else(String::new, |tenant| format!("{tenant}/"));
            let file = format!("{}.{}", logo.digest, logo.kind.extension());
            LookOfLogo {
                address: format!("{console}/logo/{of}{file}"),
                media_type: logo.kind.media_type(),
            }
        });
        Self {
            product: parts.product_name.clone(),
            sheet: parts.accent.map(sheet),
            logo,
            support_url: parts.support_url.clone(),
            support_email: parts.support_email.clone(),
            return_url: parts.return_url.clone(),
        }
    }

    /// What the pages are called in the title of a window.
    pub(crate) fn title(&self) -> String {
        let product = self.product.clone();
        product.unwrap_or_else(|| t("brand-neutral").plain())
    }

    /// What stands in the link back.
    pub(crate) fn back(&self) -> String {
        let back = match &self.product {
            Some(product) => t("brand-back-to").s("product", product),
            None => t("brand-back"),
        };
        back.plain()
    }

    /// Whether there is somewhere to get help.
    pub(crate) fn has_help(&self) -> bool {
        self.support_url.is_some() || self.support_email.is_some()
    }
}

pub(crate) fn router() -> Router<Directory> {
    Router::new()
        .route("/console/logo/{file}", get(logo_of_stack))
        .route("/console/logo/{tenant}/{file}", get(logo_of_tenant))
}

async fn logo_of_stack(
    State(directory): State<Directory>,
    Path(file): Path<String>,
) -> Result<Response, Problem> {
    logo(&directory, None, &file).await
}

async fn logo_of_tenant(
    State(directory): State<Directory>,
    Path((tenant, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let tenant: TenantId = tenant.parse().map_err(|_| no_file())?;
    logo(&directory, Some(&tenant), &file).await
}

/// Answers with the logo whose hash and kind the name of the file has.
async fn logo(
    directory: &Directory,
    tenant: Option<&TenantId>,
    file: &str,
) -> Result<Response, Problem> {
    let (digest, extension) = file.split_once('.').ok_or_else(no_file)?;
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_digest {
        return Err(no_file());
    }
    let logo = directory.logo(tenant, digest).await?;
    let logo = logo.filter(|logo| logo.mark.kind.extension() == extension);
    let logo = logo.ok_or_else(no_file)?;
    let headers = [
        (CONTENT_TYPE, logo.mark.kind.media_type()),
        // Another content has another address.
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, logo.content).into_response())
}

fn no_file() -> Problem {
    Problem::not_found("this file")
}
