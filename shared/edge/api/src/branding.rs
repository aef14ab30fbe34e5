//! The branding of the console and of mails: of the stack, and of a tenant.

use axum::Json;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rollcall_directory as directory;
use rollcall_directory::{Colour, KeptBranding, Logo, MAX_LOGO_BYTES};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::application::{Application, ApplicationAt};
use crate::fields::Fields;
use crate::gate::Tenants;

/// A branding to set. What is absent or null is, for a tenant, as the stack has it, and for the stack neutral.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBranding {
    /// The name of your product, at most 60 characters. Without one, pages have the name of the organization.
    #[schema(example = "Plumbline")]
    product_name: Option<String>,
    /// The colour of buttons and links, as `#` and six hexadecimal digits. Where text in it could not be read, a lighter
    /// or darker one of the same hue takes its place.
    #[schema(example = "#5b21b6", pattern = "^#[0-9A-Fa-f]{6}$")]
    accent: Option<String>,
    /// A PNG or WebP image in Base64: at most 64 KiB, each side 16 to 1,024 pixels. It is shown 32 pixels high and wide.
    #[schema(max_length = 87384)]
    logo: Option<String>,
    /// The page where people get help: an address with `https`.
    #[schema(example = "https://help.plumbline.example/", pattern = "^https://")]
    support_url: Option<String>,
    /// The e-mail address that people write to for help.
    #[schema(example = "help@plumbline.example")]
    support_email: Option<String>,
    /// Where pages lead back to: an address with `https`. A portal link's own `return_url` comes before it.
    #[schema(example = "https://app.plumbline.example/", pattern = "^https://")]
    return_url: Option<String>,
    /// Ignored, so that a branding can be sent as it was read.
    #[serde(rename = "logo_type")]
    _logo_type: Option<String>,
    /// Ignored, so that a branding can be sent as it was read.
    #[serde(rename = "changed_at")]
    _changed_at: Option<Timestamp>,
    /// Ignored, so that a branding can be sent as it was read.
    #[serde(rename = "history")]
    _history: Option<Vec<BrandingChange>>,
}

impl NewBranding {
    /// Returns the branding and its logo.
    fn checked(self) -> Result<(directory::Branding, Option<Logo>), Problem> {
        let accent = self.accent.map(|accent| accent.parse::<Colour>());
        let accent = accent.transpose();
        let accent = accent.map_err(|error| Problem::invalid(format!("`accent`: {error}")))?;
        let logo = self.logo.map(decoded).transpose()?;
        let branding = directory::Branding {
            product_name: self.product_name,
            accent,
            logo: None,
            support_url: self.support_url,
            support_email: self.support_email,
            return_url: self.return_url,
        };
        branding.check().map_err(Problem::invalid)?;
        Ok((branding, logo))
    }
}

fn decoded(text: String) -> Result<Logo, Problem> {
    // Longer than any logo, so not worth decoding.
    if text.len() > MAX_LOGO_BYTES * 2 {
        return Err(Problem::invalid(format!(
            "the `logo` is too long; at most {MAX_LOGO_BYTES} bytes are allowed"
        )));
    }
    let content = STANDARD.decode(text);
    let content =
        content.map_err(|_| Problem::invalid("the `logo` is not in Base64 (RFC 4648 §4)"))?;
    Logo::parse(content).map_err(Problem::invalid)
}

/// A branding. What is null is, for a tenant, as the stack has it, and for the stack neutral.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Branding {
    /// The name of the product.
    #[schema(required)]
    product_name: Option<String>,
    /// The colour of buttons and links.
    #[schema(required)]
    accent: Option<String>,
    /// The image in Base64.
    #[schema(required)]
    logo: Option<String>,
    /// The media type of the logo, by its content.
    #[schema(required)]
    logo_type: Option<String>,
    /// The page where people get help.
    #[schema(required)]
    support_url: Option<String>,
    /// The e-mail address that people write to for help.
    #[schema(required)]
    support_email: Option<String>,
    /// Where pages lead back to.
    #[schema(required)]
    return_url: Option<String>,
    /// When it was last changed; null if it never was.
    #[schema(required)]
    changed_at: Option<Timestamp>,
    /// The latest changes, newest first, at most 100. Only the branding of the stack has them when it is read; those of a tenant
    /// are in its audit log.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<BrandingChange>>,
}

/// A change of the branding of the stack.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct BrandingChange {
    /// When.
    occurred_at: Timestamp,
    /// The branding before.
    before: FormerBranding,
    /// The branding after.
    after: FormerBranding,
    /// The id of the service key that made the change.
    #[schema(required)]
    by_key: Option<String>,
    /// The id of the request.
    #[schema(required)]
    request_id: Option<String>,
    /// The address that the request came from.
    #[schema(required)]
    address: Option<String>,
}

/// A branding as it was at a time. What is null was neutral.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct FormerBranding {
    /// The name of the product.
    #[schema(required)]
    product_name: Option<String>,
    /// The colour of buttons and links.
    #[schema(required)]
    accent: Option<String>,
    /// The SHA-256 hash of the logo.
    #[schema(required)]
    logo_digest: Option<String>,
    /// The page where people get help.
    #[schema(required)]
    support_url: Option<String>,
    /// The e-mail address that people write to for help.
    #[schema(required)]
    support_email: Option<String>,
    /// Where pages lead back to.
    #[schema(required)]
    return_url: Option<String>,
}

impl From<directory::Branding> for FormerBranding {
    fn from(branding: directory::Branding) -> Self {
        Self {
            product_name: branding.product_name,
            accent: branding.accent.map(String::from),
            logo_digest: branding.logo.map(|logo| logo.digest),
            support_url: branding.support_url,
            support_email: branding.support_email,
            return_url: branding.return_url,
        }
    }
}

impl From<directory::BrandingChange> for BrandingChange {
    fn from(change: directory::BrandingChange) -> Self {
        Self {
            occurred_at: change.at,
            before: change.before.into(),
            after: change.after.into(),
            by_key: change.by.by_key,
            request_id: change.by.request_id,
            address: change.by.origin.address,
        }
    }
}

impl From<KeptBranding> for Branding {
    fn from(kept: KeptBranding) -> Self {
        let branding = kept.branding;
        let logo = kept.logo.as_ref();
        Self {
            product_name: branding.product_name,
            accent: branding.accent.map(String::from),
            logo: logo.map(|logo| STANDARD.encode(&logo.content)),
            logo_type: logo.map(|logo| logo.mark.kind.media_type().to_owned()),
            support_url: branding.support_url,
            support_email: branding.support_email,
            return_url: branding.return_url,
            changed_at: kept.changed_at,
            history: None,
        }
    }
}

/// Reads the branding of the stack: how the console and mails of all tenants look, unless a tenant's branding differs; and who
/// has changed it.
#[utoipa::path(get, path = "/api/v1/branding", operation_id = "read_stack_branding", tag = "branding",
    responses((status = 200, body = Branding)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn read_of_stack(
    application: Application<Tenants>,
) -> Result<Json<Branding>, Problem> {
    let stack = application.directory.stack_branding();
    let history = stack.history().await?;
    let history = history.into_iter().map(BrandingChange::from);
    Ok(Json(Branding {
        history: Some(history.collect()),
        ..stack.read().await?.into()
    }))
}

/// Replaces the branding of the stack. Pages and mails show it at once.
#[utoipa::path(put, path = "/api/v1/branding", operation_id = "put_stack_branding", tag = "branding",
    request_body = NewBranding, responses((status = 200, body = Branding)),
    security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn put_of_stack(
    application: Application<Tenants>,
    Fields(new): Fields<NewBranding>,
) -> Result<Json<Branding>, Problem> {
    let (branding, logo) = new.checked()?;
    let stack = application.directory.stack_branding();
    let by = application.changer();
    let kept = stack.put(&branding, logo.as_ref(), &by).await?;
    Ok(Json(kept.into()))
}

/// Reads the tenant's own branding.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/branding", operation_id = "read_branding_of_tenant", tag = "branding",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, body = Branding)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn read(at: ApplicationAt<Tenants>) -> Result<Json<Branding>, Problem> {
    Ok(Json(at.tenant.settings().branding().await?.into()))
}

/// Replaces the tenant's own branding. Pages and mails show it at once.
#[utoipa::path(put, path = "/api/v1/tenants/{tenant}/branding", operation_id = "put_branding_of_tenant", tag = "branding",
    request_body = NewBranding, params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, body = Branding)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn put(
    at: ApplicationAt<Tenants>,
    Fields(new): Fields<NewBranding>,
) -> Result<Json<Branding>, Problem> {
    let (branding, logo) = new.checked()?;
    let settings = at.tenant.settings();
    let kept = settings.put_branding(&branding, logo.as_ref()).await?;
    Ok(Json(kept.into()))
}
