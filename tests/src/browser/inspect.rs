//! What every page must be, whatever it shows.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::chromium::axe;
use super::{Browser, done};

/// A screen: its name, width and height in CSS pixels.
pub type Screen = (&'static str, u32, u32);

/// A laptop's.
pub const DESKTOP: Screen = ("desktop", 1280, 900);
/// A phone's.
pub const PHONE: Screen = ("phone", 390, 844);

/// Says what reaches beyond the screen, leaving out what scrolls within a box of its own.
const OVERFLOW: &str = r#"
    const page = document.documentElement;
    if (page.scrollWidth <= page.clientWidth) return [];
    const scrolls = (node) => node && node !== page && (getComputedStyle(node).overflowX !== "visible" || scrolls(node.parentElement));
    return [...document.querySelectorAll("body *")]
        .filter((node) => node.getBoundingClientRect().right > page.clientWidth + 1 && !scrolls(node.parentElement))
        .map((node) => node.outerHTML.slice(0, 120)).concat([page.scrollWidth + " > " + page.clientWidth]);
"#;

/// Runs the audit; needs axe-core in the page.
const AUDIT: &str = r#"
    const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ["violations"] }).then(
        (results) => done(results.violations
            .filter((rule) => ["serious", "critical"].includes(rule.impact))
            .map((rule) => rule.id + ": " + rule.help + "\n" + rule.nodes.slice(0, 5).map((node) => "  " + node.html.slice(0, 200) + "\n  " + node.failureSummary).join("\n"))),
        (error) => done([String(error)]));
"#;

impl Browser {
    /// Becomes a screen of this size, in light or dark colours.
    pub async fn become_screen(&self, (_, width, height): Screen, is_dark: bool) {
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

    /// Lets no script of a page run from the next page on.
    pub async fn forbid_scripts(&self) {
        let forbidden = json!({"value": true});
        self.chromium
            .devtools("Emulation.setScriptExecutionDisabled", forbidden)
            .await;
    }

    /// Cuts the browser off from the network, or lets it back.
    pub async fn cut_off(&self, is_cut: bool) {
        self.chromium.devtools("Network.enable", json!({})).await;
        let conditions = json!({"offline": is_cut, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.chromium
            .devtools("Network.emulateNetworkConditions", conditions)
            .await;
    }

    /// Asserts that the page is within the screen and that the browser has nothing to complain of.
    ///
    /// # Panics
    /// When something is wrong.
    pub async fn assert_sound(&self) {
        let url = self.url().await;
        let overflow = self.overflow().await;
        assert!(
            overflow.is_empty(),
            "{url} reaches beyond the screen: {overflow:#?}"
        );
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "{url}: {complaints:#?}");
    }

    /// Asserts that the accessibility audit finds nothing serious.
    ///
    /// # Panics
    /// When it does.
    pub async fn assert_accessible(&self) {
        let found = self.barriers().await;
        assert!(
            found.is_empty(),
            "{}\n{}",
            self.url().await,
            found.join("\n")
        );
    }

    /// Returns what reaches beyond the screen.
    pub async fn overflow(&self) -> Vec<String> {
        texts(&self.eval(OVERFLOW, &[]).await)
    }

    /// Takes what the browser complained of since it was last asked.
    pub async fn complaints(&self) -> Vec<String> {
        self.chromium.complaints().await
    }

    /// Returns what the accessibility audit finds serious.
    pub async fn barriers(&self) -> Vec<String> {
        self.eval(axe(), &[]).await;
        texts(&done(
            "axe",
            self.client().execute_async(AUDIT, Vec::new()).await,
        ))
    }

    /// Photographs the page, all of it, into `target/screenshots`.
    pub async fn photograph(&self, page: &str, screen: Screen, is_dark: bool) {
        let height = self
            .eval("return document.documentElement.scrollHeight", &[])
            .await;
        let (name, width, at_least) = screen;
        let height = u32::try_from(height.as_u64().unwrap_or_default()).unwrap_or(at_least);
        self.become_screen((name, width, height.clamp(at_least, 4_000)), is_dark)
            .await;
        let picture = done("a picture", self.client().screenshot().await);
        self.become_screen(screen, is_dark).await;
        let scheme = if is_dark { "dark" } else { "light" };
        let folder = PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../target/screenshots"
        ));
        done("the folder", fs::create_dir_all(&folder));
        let file = folder.join(format!("{page}-{scheme}-{name}.png"));
        done("the file", fs::write(file, picture));
    }
}

fn texts(found: &Value) -> Vec<String> {
    let texts = found.as_array().into_iter().flatten();
    texts.filter_map(Value::as_str).map(str::to_owned).collect()
}
