//! Checks that apply to every page.

use std::path::PathBuf;
use std::{env, fs};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::chromium::axe;
use super::{Browser, expect_ok};
use crate::size::full_size;

/// A screen: name, width and height in CSS pixels.
pub type Screen = (&'static str, u32, u32);

/// A laptop screen.
pub const DESKTOP: Screen = ("desktop", 1280, 900);
/// A large screen.
pub const WIDE: Screen = ("wide", 1440, 900);
/// A phone screen.
pub const PHONE: Screen = ("phone", 390, 844);

/// Both colour schemes on both screens: each screen, and whether the scheme is dark.
const LOOKS: [(Screen, bool); 4] = [
    (DESKTOP, true),
    (PHONE, false),
    (DESKTOP, false),
    (PHONE, true),
];

/// Returns the looks in which pages are checked. With moderate sizes, they have each screen and each scheme once.
fn looks() -> &'static [(Screen, bool)] {
    match full_size() {
        true => &LOOKS,
        false => &LOOKS[2..],
    }
}

/// The environment variable with which tests save screenshots. They prove nothing, and take a third of each check.
const SCREENSHOTS: &str = "ROLLCALL_SCREENSHOTS";

/// Returns the elements that extend beyond the screen, except those in a scrollable box.
const OVERFLOW: &str = r#"
    const page = document.documentElement;
    if (page.scrollWidth <= page.clientWidth) return [];
    const scrolls = (node) => node && node !== page
        && (getComputedStyle(node).overflowX !== "visible" || scrolls(node.parentElement));
    return [...document.querySelectorAll("body *")]
        .filter((node) => node.getBoundingClientRect().right > page.clientWidth + 1 && !scrolls(node.parentElement))
        .map((node) => node.outerHTML.slice(0, 120)).concat([page.scrollWidth + " > " + page.clientWidth]);
"#;

/// Runs the accessibility audit; axe-core must be loaded in the page.
const AUDIT: &str = r#"
    const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ["violations"] }).then(
        (results) => done(results.violations
            .filter((rule) => ["serious", "critical"].includes(rule.impact))
            .map((rule) => rule.id + ": " + rule.help + "\n" + rule.nodes.slice(0, 5)
                .map((node) => "  " + node.html.slice(0, 200) + "\n  " + node.failureSummary).join("\n"))),
        (error) => done([String(error)]));
"#;

impl Browser {
    /// Asserts on a laptop and on a phone, light and dark, that the current page fits the screen, that the browser logged
    /// no warnings, and that the accessibility audit has no serious findings. Saves a screenshot of each.
    ///
    /// # Panics
    /// Panics when one of these checks fails.
    pub async fn check_page(&self, page: &str) {
        for &(screen, is_dark) in looks() {
            self.set_screen(screen, is_dark).await;
            self.assert_renders_cleanly().await;
            self.assert_accessible().await;
            self.save_screenshot(page, screen, is_dark).await;
        }
    }

    /// Emulates a screen of this size, with the light or dark colour scheme.
    pub async fn set_screen(&self, (_, width, height): Screen, is_dark: bool) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.chromium
            .devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        let scheme = if is_dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.chromium
            .devtools("Emulation.setEmulatedMedia", media)
            .await;
    }

    /// Disables scripts, starting with the next page.
    pub async fn disable_scripts(&self) {
        let forbidden = json!({"value": true});
        self.chromium
            .devtools("Emulation.setScriptExecutionDisabled", forbidden)
            .await;
    }

    /// Disconnects the browser from the network, or reconnects it.
    pub async fn set_offline(&self, is_cut: bool) {
        self.chromium.devtools("Network.enable", json!({})).await;
        let conditions = json!({"offline": is_cut, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.chromium
            .devtools("Network.emulateNetworkConditions", conditions)
            .await;
    }

    /// Asserts that the page fits the screen and that the browser logged no warnings or errors.
    ///
    /// # Panics
    /// Panics when one of these checks fails.
    pub async fn assert_renders_cleanly(&self) {
        let url = self.url().await;
        let overflow = self.overflow().await;
        assert!(
            overflow.is_empty(),
            "{url} extends beyond the screen: {overflow:#?}"
        );
        let browser_warnings = self.browser_warnings().await;
        assert!(browser_warnings.is_empty(), "{url}: {browser_warnings:#?}");
    }

    /// Asserts that the accessibility audit has no serious findings.
    ///
    /// # Panics
    /// Panics when the audit has serious findings.
    pub async fn assert_accessible(&self) {
        let found = self.accessibility_findings().await;
        assert!(
            found.is_empty(),
            "{}\n{}",
            self.url().await,
            found.join("\n")
        );
    }

    /// Returns the elements that extend beyond the screen.
    pub async fn overflow(&self) -> Vec<String> {
        texts(&self.eval(OVERFLOW, &[]).await)
    }

    /// Takes the warnings and errors that the browser logged since the last call.
    pub async fn browser_warnings(&self) -> Vec<String> {
        self.chromium.browser_warnings().await
    }

    /// Returns the serious findings of the accessibility audit.
    pub async fn accessibility_findings(&self) -> Vec<String> {
        // It is half a megabyte, so each document gets it once.
        if self.eval("return !window.axe", &[]).await == true {
            self.eval(axe(), &[]).await;
        }
        texts(&expect_ok(
            "axe",
            self.client().execute_async(AUDIT, Vec::new()).await,
        ))
    }

    /// Takes a picture of the whole page, as WebP.
    pub async fn picture(&self, screen: Screen, is_dark: bool) -> Vec<u8> {
        self.set_whole_page(screen, is_dark).await;
        let picture = self.picture_of_screen().await;
        self.set_screen(screen, is_dark).await;
        picture
    }

    /// Takes a picture of what is on the screen, as WebP.
    pub async fn picture_of_screen(&self) -> Vec<u8> {
        // Lossless pictures of this many pages would be ten times as large.
        let format = json!({"format": "webp", "quality": 80});
        let taken = self.chromium.devtools("Page.captureScreenshot", format);
        let taken = taken.await;
        let data = taken["data"].as_str().unwrap_or_default();
        expect_ok("a picture", STANDARD.decode(data))
    }

    /// Emulates a screen that is as high as the page.
    async fn set_whole_page(&self, (name, width, at_least): Screen, is_dark: bool) {
        let height = self
            .eval("return document.documentElement.scrollHeight", &[])
            .await;
        let height = u32::try_from(height.as_u64().unwrap_or_default()).unwrap_or(at_least);
        self.set_screen((name, width, height.clamp(at_least, 4_000)), is_dark)
            .await;
    }

    /// Saves a screenshot of the whole page in `target/screenshots` if the environment asks for it.
    pub async fn save_screenshot(&self, page: &str, screen: Screen, is_dark: bool) {
        if env::var_os(SCREENSHOTS).is_none() {
            return;
        }
        self.set_whole_page(screen, is_dark).await;
        let picture = expect_ok("a picture", self.client().screenshot().await);
        self.set_screen(screen, is_dark).await;
        let name = screen.0;
        let scheme = if is_dark { "dark" } else { "light" };
        let folder = PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../target/screenshots"
        ));
        expect_ok("the folder", fs::create_dir_all(&folder));
        let file = folder.join(format!("{page}-{scheme}-{name}.png"));
        expect_ok("the file", fs::write(file, picture));
    }
}

fn texts(found: &Value) -> Vec<String> {
    let texts = found.as_array().into_iter().flatten();
    texts.filter_map(Value::as_str).map(str::to_owned).collect()
}
