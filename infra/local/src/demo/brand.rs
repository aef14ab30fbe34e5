//! How the product of the demo is called and looks.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// A drawing of a plumb line, made for the demo.
const LOGO: &[u8] = include_bytes!("logo.png");

/// Returns the branding of the stack: that of the SaaS team.
pub(super) fn of_stack() -> Value {
    json!({
        "product_name": "Plumbline",
        "accent": "#0f5c5c",
        "logo": BASE64_STANDARD.encode(LOGO),
        "support_url": "https://help.example.com/",
        "support_email": "help@example.com",
        "return_url": "https://app.example.com/",
    })
}

/// Returns the branding of a tenant that resells the product under a name and a colour of its own.
pub(super) fn of_reseller() -> Value {
    json!({"product_name": "Brightwater Rooms", "accent": "#9a3412"})
}
