//! How a product is called and looks in the console and in mails: of the stack, and of a tenant. Pure.

use serde::{Deserialize, Serialize};

use crate::colour::Colour;
use crate::id::sha256_hex_of;
use crate::mail_address::MAX_MAIL_ADDRESS;
use crate::return_url::is_link;
use crate::tenant_id::TenantId;

/// The longest name of a product, in characters.
pub const MAX_PRODUCT_NAME: usize = 60;
/// The longest link, in bytes.
pub const MAX_LINK: usize = 500;
/// The largest logo, in bytes.
pub const MAX_LOGO_BYTES: usize = 64 * 1024;
/// The width and the height that a logo may have, in pixels.
const LOGO_SIDES: std::ops::RangeInclusive<usize> = 16..=1_024;

/// How a product is called and looks. What is absent is, for a tenant, as the stack has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branding {
    /// The name of the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// Its colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<Colour>,
    /// Its logo, whose content is stored apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<LogoMark>,
    /// The page where people get help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_url: Option<String>,
    /// The address that people write to for help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_email: Option<String>,
    /// Where pages lead back to, unless the portal link that opened them says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
}

/// Which logo it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoMark {
    /// The hash of the content, in hexadecimal digits.
    pub digest: String,
    /// The kind of image.
    pub kind: LogoKind,
}

/// The kinds of images that a logo may be. They run no scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogoKind {
    /// Portable Network Graphics.
    Png,
    /// WebP.
    Webp,
}

impl LogoKind {
    /// Returns the media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// Returns how names of such files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }
}

/// A logo with its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// Which it is.
    pub mark: LogoMark,
    /// The bytes of the image.
    pub content: Vec<u8>,
}

impl Logo {
    /// Reads an image: its kind and its size from its first bytes, not from what it is called.
    ///
    /// # Errors
    /// What is wrong with it, for whoever sent it.
    pub fn parse(content: Vec<u8>) -> Result<Self, String> {
        if content.len() > MAX_LOGO_BYTES {
            return Err(format!(
                "the `logo` has {} bytes; at most {MAX_LOGO_BYTES} are allowed",
                content.len()
            ));
        }
        let kind = match imagesize::image_type(&content) {
            Ok(imagesize::ImageType::Png) => LogoKind::Png,
            Ok(imagesize::ImageType::Webp) => LogoKind::Webp,
            _ => return Err("the `logo` must be an image of type PNG or WebP".to_owned()),
        };
        let size = imagesize::blob_size(&content);
        let size = size.map_err(|_| "the image in `logo` cannot be read".to_owned())?;
        if ![size.width, size.height]
            .iter()
            .all(|side| LOGO_SIDES.contains(side))
        {
            return Err(format!(
                "the `logo` is {} by {} pixels; each side must have {} to {}",
                size.width,
                size.height,
                LOGO_SIDES.start(),
                LOGO_SIDES.end()
            ));
        }
        let digest = sha256_hex_of(&content);
        Ok(Self {
            mark: LogoMark { digest, kind },
            content,
        })
    }
}

impl Branding {
    /// Checks the texts.
    ///
    /// # Errors
    /// What is wrong, for whoever sent it.
    pub fn check(&self) -> Result<(), String> {
        if self
            .product_name
            .as_deref()
            .is_some_and(|name| !is_name(name))
        {
            return Err(format!(
                "`product_name` must have 1 to {MAX_PRODUCT_NAME} characters, no space at its ends and no control characters"
            ));
        }
        for (name, link) in [
            ("support_url", &self.support_url),
            ("return_url", &self.return_url),
        ] {
            if link
                .as_deref()
                .is_some_and(|link| !is_link(link) || link.len() > MAX_LINK)
            {
                return Err(format!(
                    "`{name}` must be an address that begins with `https://`, has its host in lower case and at most \
                     {MAX_LINK} characters"
                ));
            }
        }
        match self.support_email.as_deref().is_none_or(is_address) {
            true => Ok(()),
            false => Err(
                "`support_email` must be an e-mail address such as `help@example.com`".to_owned(),
            ),
        }
    }

    /// Returns whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn is_name(name: &str) -> bool {
    let is_plain = |c: char| !c.is_control() && !is_directional(c);
    let length = name.chars().count();
    (1..=MAX_PRODUCT_NAME).contains(&length) && name.trim() == name && name.chars().all(is_plain)
}

/// Whether a character changes the direction of the text after it, or a line, or cannot be seen.
fn is_directional(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

/// Whether a text is an address that can stand in a link as it is: in parts that need no quotes.
fn is_address(text: &str) -> bool {
    let is_local = |c: char| c.is_ascii_alphanumeric() || ".+-_'".contains(c);
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    let Some((local, host)) = text.split_once('@') else {
        return false;
    };
    let has_dot = host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
    let has_name = !local.is_empty() && local.chars().all(is_local);
    text.len() <= MAX_MAIL_ADDRESS && has_name && has_dot && host.chars().all(is_host)
}

/// How pages and mails of a tenant look: what the tenant has, and otherwise what the stack has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brand {
    /// What holds, each part from the tenant or from the stack.
    pub parts: Branding,
    /// Whose logo it is; `None` for that of the stack.
    pub logo_of: Option<TenantId>,
}

impl Brand {
    /// Returns the brand of the stack.
    pub fn of_stack(stack: Branding) -> Self {
        Self {
            parts: stack,
            logo_of: None,
        }
    }

    /// Returns the brand of a tenant.
    pub fn of_tenant(tenant: &TenantId, own: Branding, stack: Branding) -> Self {
        Self {
            logo_of: own.logo.is_some().then(|| tenant.clone()),
            parts: Branding {
                product_name: own.product_name.or(stack.product_name),
                accent: own.accent.or(stack.accent),
                logo: own.logo.or(stack.logo),
                support_url: own.support_url.or(stack.support_url),
                support_email: own.support_email.or(stack.support_email),
                return_url: own.return_url.or(stack.return_url),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PNG of this size, as far as its size can be read.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut image = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR".to_vec();
        image.extend(width.to_be_bytes());
        image.extend(height.to_be_bytes());
        image.extend([8, 6, 0, 0, 0, 0, 0, 0, 0]);
        image
    }

    #[test]
    fn a_logo_is_what_its_bytes_say() {
        let logo = Logo::parse(png(64, 32)).unwrap();
        assert_eq!(logo.mark.kind, LogoKind::Png);
        assert_eq!(logo.mark.digest.len(), 64);
        let large = [png(64, 64), vec![0; MAX_LOGO_BYTES]].concat();
        for (content, said) in [
            (png(8, 64), "8 by 64 pixels"),
            (png(64, 4_000), "64 by 4000 pixels"),
            (large, "bytes; at most 65536"),
            (
                b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
                "PNG or WebP",
            ),
            (b"GIF89a\x40\x00\x40\x00".to_vec(), "PNG or WebP"),
            (b"\xff\xd8\xff\xe0".to_vec(), "PNG or WebP"),
            (b"<html><script>".to_vec(), "PNG or WebP"),
            (
                b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR".to_vec(),
                "cannot be read",
            ),
            (b"\x89PNG\r\n".to_vec(), "PNG or WebP"),
            (Vec::new(), "PNG or WebP"),
        ] {
            let refused = Logo::parse(content).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
    }

    #[test]
    fn texts_are_checked() {
        let named = |name: &str| Branding {
            product_name: Some(name.to_owned()),
            ..Branding::default()
        };
        let linked = |link: &str| Branding {
            support_url: Some(link.to_owned()),
            ..Branding::default()
        };
        let reached = |address: &str| Branding {
            support_email: Some(address.to_owned()),
            ..Branding::default()
        };
        let long = format!("https://x.example/{}", "x".repeat(MAX_LINK));
        for (branding, is_good) in [
            (Branding::default(), true),
            (named("Plumbline"), true),
            (named("نور & Söhne"), true),
            (named(""), false),
            (named(" x"), false),
            (named("a\nb"), false),
            (named("a\u{202e}b"), false),
            (named("a\u{61c}b"), false),
            (named("\u{200b}"), false),
            (named("a\u{2060}"), false),
            (named("\u{feff}a"), false),
            (named(&"ü".repeat(60)), true),
            (named(&"ü".repeat(61)), false),
            (linked("https://help.example.com/a?b#c"), true),
            (linked("https://help.example.com"), true),
            (linked("http://help.example.com/"), false),
            (linked("javascript:alert(1)"), false),
            (linked("https://user@help.example.com/"), false),
            (linked("https://help.example.com/ x"), false),
            (linked(&long), false),
            (reached("help+1@plumbline.example"), true),
            (reached("help@localhost"), false),
            (reached("help@plumbline.example?cc=x@y.example"), false),
            (reached("\"a b\"@plumbline.example"), false),
            (reached("@plumbline.example"), false),
            (reached("help"), false),
        ] {
            assert_eq!(branding.check().is_ok(), is_good, "{branding:?}");
        }
    }

    #[test]
    fn a_tenant_has_what_the_stack_has_unless_it_has_its_own() {
        let mark = |digest: &str| LogoMark {
            digest: digest.to_owned(),
            kind: LogoKind::Png,
        };
        let stack = Branding {
            product_name: Some("Plumbline".to_owned()),
            support_email: Some("help@plumbline.example".to_owned()),
            logo: Some(mark("a")),
            ..Branding::default()
        };
        let own = Branding {
            product_name: Some("Northwind Hub".to_owned()),
            ..Branding::default()
        };
        let tenant: TenantId = "acme".parse().unwrap();
        let brand = Brand::of_tenant(&tenant, own.clone(), stack.clone());
        assert_eq!(brand.parts.product_name.as_deref(), Some("Northwind Hub"));
        assert_eq!(brand.parts.support_email, stack.support_email);
        assert_eq!((brand.parts.logo, brand.logo_of), (Some(mark("a")), None));
        let own = Branding {
            logo: Some(mark("b")),
            ..own
        };
        let brand = Brand::of_tenant(&tenant, own, stack);
        assert_eq!(brand.logo_of, Some(tenant));
    }
}
