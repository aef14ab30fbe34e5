//! How pages look: the product's name, logo and colour, where help is, and where pages lead back to.
//!
//! The colour is in the address of a style sheet that follows from nothing else, so it needs no read and browsers keep it.
//! The address of a logo has the hash of its content. It is shown before a visitor is signed in, so it needs no session.

use std::fmt::Write;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use rollcall_directory::{Accents, Brand, Colour, Directory, InSchemes, TenantId};
use rollcall_edge_http::Problem;

use crate::assets;

/// What pages are called that have no product's name.
const NEUTRAL: &str = "User provisioning";
/// How the names of style sheets with a colour begin.
const SHEET: &str = "brand-";

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
        let sheet = |accent: Colour| {
            let name = format!("{SHEET}{}.css", accent.digits());
            assets::address(console, &name)
        };
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
    pub(crate) fn title(&self) -> &str {
        self.product.as_deref().unwrap_or(NEUTRAL)
    }

    /// What stands in the link back.
    pub(crate) fn back(&self) -> String {
        let name = self.product.as_deref().unwrap_or("the application");
        format!("Back to {name}")
    }

    /// Whether there is somewhere to get help.
    pub(crate) fn has_help(&self) -> bool {
        self.support_url.is_some() || self.support_email.is_some()
    }
}

/// Returns the style sheet with a colour, if that is the name of one.
pub(crate) fn sheet(name: &str) -> Option<String> {
    let digits = name.strip_prefix(SHEET)?.strip_suffix(".css")?;
    let brand: Colour = format!("#{digits}").parse().ok()?;
    let accents = Accents::of(brand);
    let mut sheet = format!(":root {{\n  --brand: {brand};\n");
    for (name, InSchemes { light, dark }) in tokens(&accents) {
        let _ = writeln!(sheet, "  --accent-{name}: light-dark({light}, {dark});");
    }
    sheet.push_str("}\n");
    Some(sheet)
}

/// The tokens that follow from the colour, by the end of their names.
fn tokens(accents: &Accents) -> [(&'static str, InSchemes); 6] {
    [
        ("solid", accents.solid),
        ("solid-hover", accents.solid_hover),
        ("text", accents.text),
        ("line", accents.line),
        ("tint", accents.tint),
        ("tint-line", accents.tint_line),
    ]
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

#[cfg(test)]
mod tests {
    use super::*;

    const TOKENS: &str = include_str!("../assets/style/tokens.css");
    const WHITE: Colour = Colour::new(255, 255, 255);

    /// The colours of the style sheet that text can stand on, in a scheme.
    fn grounds(is_dark: bool) -> Vec<(&'static str, Colour)> {
        let named = TOKENS.split("\n  --").skip(1).filter_map(|line| {
            let (name, rest) = line.split_once(": light-dark(")?;
            let (light, rest) = rest.split_once(", ")?;
            let (dark, _) = rest.split_once(')')?;
            let colour = if is_dark { dark } else { light };
            Some((name, colour.parse().ok()?))
        });
        let is_ground = |name: &str| {
            let plain = ["canvas", "surface", "raised", "sunken", "hover", "track"];
            plain.contains(&name) || (name.ends_with("-tint") && name != "accent-tint")
        };
        named.filter(|(name, _)| is_ground(name)).collect()
    }

    fn in_scheme(colours: InSchemes, is_dark: bool) -> Colour {
        if is_dark { colours.dark } else { colours.light }
    }

    /// The 216 colours that screens once had in common: every sixth step of red, green and blue.
    fn web_colours() -> impl Iterator<Item = Colour> {
        let steps = || (0..=5_u8).map(|step| step * 51);
        steps().flat_map(move |r| {
            steps().flat_map(move |g| steps().map(move |b| Colour::new(r, g, b)))
        })
    }

    #[test]
    fn whatever_the_colour_is_text_can_be_read() {
        let mut checked = 0;
        for brand in web_colours() {
            let accents = Accents::of(brand);
            for is_dark in [false, true] {
                let of = |colours| in_scheme(colours, is_dark);
                for solid in [of(accents.solid), of(accents.solid_hover)] {
                    let contrast = solid.contrast(WHITE);
                    assert!(contrast >= 4.5, "{brand}: white on {solid}: {contrast}");
                }
                let grounds = grounds(is_dark);
                assert_eq!(grounds.len(), 10, "{grounds:?}");
                for (name, ground) in grounds.into_iter().chain([("own", of(accents.tint))]) {
                    let text = of(accents.text).contrast(ground);
                    assert!(text >= 4.5, "{brand}: a link on {name}: {text}");
                    let ring = of(accents.line).contrast(ground);
                    assert!(ring >= 3.0, "{brand}: the ring on {name}: {ring}");
                }
                checked += 1;
            }
        }
        assert_eq!(checked, 432);
    }

    #[test]
    fn a_sheet_sets_the_tokens_that_follow_from_the_brand() {
        let sheet = sheet("brand-2b59c3.css").unwrap();
        let derived = TOKENS.split("@supports").nth(1).unwrap();
        let derived = derived.split("@media").next().unwrap();
        let names = derived.split("\n    --").skip(1);
        let names: Vec<&str> = names.filter_map(|line| line.split(':').next()).collect();
        assert_eq!(names.len(), 6);
        for name in names {
            assert!(
                sheet.contains(&format!("  --{name}: light-dark(#")),
                "{sheet}"
            );
        }
        for name in [
            "brand-.css",
            "brand-2b59c.css",
            "brand-red.css",
            "2b59c3.css",
            "brand-2b59c3",
        ] {
            assert_eq!(super::sheet(name), None, "{name}");
        }
    }
}
