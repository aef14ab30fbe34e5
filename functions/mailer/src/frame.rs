//! The frame of every mail: the name and the colour of the product above, and where to get help below. Performs no I/O.
//!
//! The words of a mail do not know it. Their frame has two places, which are filled when the mail is ready.

use askama::Template;
use rollcall_directory::{Accents, Brand};

use crate::mail::Mail;
use crate::shown_name::shown_name;

/// The place for the name of the product.
const PRODUCT: &str = "<!-- product -->\n";
/// The place for where to get help.
const SUPPORT: &str = "<!-- support -->\n";
/// The ground of buttons in the templates.
const BUTTON: &str = "background:#1c5fd4";

#[derive(Template)]
#[template(path = "frame_product.html")]
struct Product<'a> {
    product: &'a str,
}

#[derive(Template)]
#[template(path = "frame_support.html")]
struct Support<'a> {
    product: &'a str,
    url: &'a str,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "frame_support.txt", escape = "none")]
struct SupportText<'a> {
    product: &'a str,
    url: &'a str,
    email: &'a str,
}

impl Mail {
    /// Returns the mail in the frame of a brand. Without one, it says nothing about whose product it is.
    pub(crate) fn branded(self, brand: &Brand) -> Result<Self, askama::Error> {
        let parts = &brand.parts;
        let product = parts.product_name.as_deref().map(shown_name);
        let product = &product.unwrap_or_default();
        let url = parts.support_url.as_deref().unwrap_or_default();
        let email = parts.support_email.as_deref().unwrap_or_default();
        let has_help = !url.is_empty() || !email.is_empty();
        let (above, below, end) = (
            match product.is_empty() {
                true => String::new(),
                false => Product { product }.render()?,
            },
            match has_help {
                true => Support {
                    product,
                    url,
                    email,
                }
                .render()?,
                false => String::new(),
            },
            match has_help {
                true => SupportText {
                    product,
                    url,
                    email,
                }
                .render()?,
                false => String::new(),
            },
        );
        let html = self.html.replacen(PRODUCT, &above, 1);
        let html = match html.rsplit_once(SUPPORT) {
            Some((words, rest)) => format!("{words}{below}{rest}"),
            None => html,
        };
        let html = match parts.accent {
            Some(accent) => {
                let solid = Accents::of(accent).solid.light;
                html.replace(BUTTON, &format!("background:{solid}"))
            }
            None => html,
        };
        Ok(Self {
            text: format!("{}{end}", self.text),
            html,
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use rollcall_directory::Branding;

    use super::*;

    fn invitation() -> Mail {
        let to = "b@example.test".to_owned();
        crate::invitation::mail(to, "Bob", "Acme", None, "https://app.test/").unwrap()
    }

    #[test]
    fn a_mail_without_a_brand_is_neutral() {
        let plain = invitation();
        let mail = invitation().branded(&Brand::default()).unwrap();
        assert_eq!(mail.text, plain.text);
        assert!(
            !mail.html.contains("<!--") && mail.html.contains(BUTTON),
            "{}",
            mail.html
        );
    }

    #[test]
    fn a_mail_has_the_name_the_colour_and_the_help_of_the_product() {
        let parts = Branding {
            product_name: Some("Plumb & <b>line</b>".to_owned()),
            accent: "#fff200".parse().ok(),
            support_url: Some("https://help.plumbline.example/".to_owned()),
            support_email: Some("help@plumbline.example".to_owned()),
            ..Branding::default()
        };
        let mail = invitation().branded(&Brand::of_stack(parts)).unwrap();
        for body in [&mail.text, &mail.html] {
            for said in ["https://help.plumbline.example/", "help@plumbline.example"] {
                assert!(body.contains(said), "{body}");
            }
            assert!(!body.to_lowercase().contains("rollcall"), "{body}");
        }
        assert!(mail.html.contains("Plumb &#38; "), "{}", mail.html);
        assert!(!mail.html.contains("<b>") && !mail.html.contains("<!--"));
        // White on lemon could not be read.
        assert!(!mail.html.contains(BUTTON) && !mail.html.contains("#fff200"));
    }

    #[test]
    fn templates_do_not_name_the_maker() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
        assert!(files.len() > 8);
        for file in files {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            assert!(!text.to_lowercase().contains("rollcall"), "{text}");
        }
    }
}
