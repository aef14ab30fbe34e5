//! An admin with a real browser: headless Chromium, driven through WebDriver.
//!
//! - `chromium` finds and starts the browser, and sends commands that are not part of WebDriver.
//! - `inspect` contains the checks for every page: it fits the screen, the browser logs no warnings, the accessibility
//!   audit (axe-core) has no serious findings. It saves screenshots in `target/screenshots` if
//!   `ROLLCALL_SCREENSHOTS` is set.

mod chromium;
mod inspect;

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::{Client, Locator};
use futures::FutureExt;
use serde_json::{Value, json};
use tokio::time::Instant;

pub use inspect::{DESKTOP, PHONE, Screen, WIDE};

use crate::service::{Service, Tenant, run};
use chromium::Chromium;

/// How long a test waits for a condition.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The time between two checks of a condition, each of which takes the browser some milliseconds.
const POLL_INTERVAL: Duration = Duration::from_millis(80);

/// Runs a test with the shared service and its own browser; skips the test when Chromium is not installed.
pub fn browse(test: impl AsyncFnOnce(&'static Service, &Browser)) {
    run(async |service| {
        in_browser(async |browser| test(service, browser).await).await;
    });
}

/// Runs a test with its own browser, without the shared service; skips the test when Chromium is not installed.
pub async fn in_browser(test: impl AsyncFnOnce(&Browser)) {
    let Some(chromium) = Chromium::start(&[]).await else {
        return;
    };
    let browser = Browser { chromium };
    let ended = AssertUnwindSafe(test(&browser)).catch_unwind().await;
    let at = match ended {
        Ok(()) => String::new(),
        // Show the page content in the failure message.
        Err(_) => format!("{}\n{}", browser.url().await, browser.text().await),
    };
    browser.chromium.stop().await;
    if let Err(panic) = ended {
        eprintln!("the page was {at}");
        resume_unwind(panic);
    }
}

/// A browser window.
#[derive(Debug)]
pub struct Browser {
    chromium: Chromium,
}

/// A key on the keyboard.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names are the keys'")]
pub enum Key {
    Tab,
    Enter,
    Space,
    Down,
}

impl Key {
    fn code(self) -> char {
        match self {
            Self::Tab => '\u{e004}',
            Self::Enter => '\u{e007}',
            Self::Space => ' ',
            Self::Down => '\u{e015}',
        }
    }
}

impl Browser {
    fn client(&self) -> &Client {
        &self.chromium.client
    }

    /// Opens a tenant's console with a portal link for this role.
    pub async fn open_console(&self, service: &Service, tenant: &Tenant, role: &str) {
        let path = format!("/tenants/{}/portal-links", tenant.id());
        let asked = json!({"role_id": role, "first_owner": role == "owner"});
        let link = service.application().post(&path, asked).await.expect(201);
        self.go(&link.string("/url")).await;
        self.click("Open the console").await;
        self.wait_for_path("/console").await;
    }

    /// Navigates to a URL, or to a path of the current origin.
    pub async fn go(&self, to: &str) {
        let to = match to.starts_with('/') {
            true => format!("{}{to}", self.origin().await),
            false => to.to_owned(),
        };
        expect_ok("go", self.client().goto(&to).await);
    }

    /// Navigates to the previous page in the history, as the Back button does.
    ///
    /// A script's `history.back()` is not always obeyed.
    pub async fn go_back(&self) {
        expect_ok("back", self.client().back().await);
    }

    async fn origin(&self) -> String {
        let url = expect_ok("the address", self.client().current_url().await);
        url.origin().ascii_serialization()
    }

    /// Returns the current URL.
    pub async fn url(&self) -> String {
        match self.client().current_url().await {
            Ok(url) => url.to_string(),
            Err(error) => error.to_string(),
        }
    }

    /// Returns the current path.
    pub async fn path(&self) -> String {
        let url = expect_ok("the address", self.client().current_url().await);
        url.path().to_owned()
    }

    /// Waits until the browser is at this path.
    pub async fn wait_for_path(&self, path: &str) {
        self.eventually(&format!("the path {path}"), async || {
            self.client()
                .current_url()
                .await
                .is_ok_and(|url| url.path() == path)
        })
        .await;
    }

    /// Returns the visible text of the page.
    pub async fn text(&self) -> String {
        let text = self.eval(PAGE_TEXT, &[]).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page contains this text.
    pub async fn wait_for_text(&self, text: &str) {
        self.eventually(&format!("the text {text:?}"), async || {
            // While the browser changes pages, the script fails.
            let said = self.client().execute(PAGE_TEXT, Vec::new()).await;
            said.is_ok_and(|said| said.as_str().is_some_and(|said| said.contains(text)))
        })
        .await;
    }

    /// Waits until an element matches this CSS selector.
    pub async fn wait_for(&self, selector: &str) {
        self.eventually(selector, async || {
            let found = self.client().find_all(Locator::Css(selector)).await;
            found.is_ok_and(|found| !found.is_empty())
        })
        .await;
    }

    /// Waits until this number of checklist steps is complete.
    pub async fn wait_for_completed_steps(&self, steps: usize) {
        self.eventually(&format!("{steps} steps done"), async || {
            self.count(".checklist [data-done=true]").await == steps
        })
        .await;
    }

    /// Expands all collapsed details of the page, but not the menu over it, and waits until their content is loaded.
    pub async fn expand_details(&self) {
        let script = "document.querySelectorAll('main details').forEach((one) => one.open = true)";
        self.eval(script, &[]).await;
        self.wait_for_requests().await;
    }

    /// Waits until the page has no pending htmx requests.
    pub async fn wait_for_requests(&self) {
        self.eventually("no pending requests", async || {
            self.count(".htmx-request, .htmx-swapping, .htmx-settling")
                .await
                == 0
        })
        .await;
    }

    /// Returns the number of elements that match this CSS selector.
    pub async fn count(&self, selector: &str) -> usize {
        expect_ok(
            selector,
            self.client().find_all(Locator::Css(selector)).await,
        )
        .len()
    }

    /// Waits until the page contains this text, as long as its progress bars advance.
    ///
    /// # Panics
    /// Panics when the progress stops.
    pub async fn wait_through_progress(&self, text: &str) {
        const SHOWN: &str =
            "return [...document.querySelectorAll('progress')].map((bar) => bar.value).join()";
        let mut before = Value::Null;
        while !self.text().await.contains(text) {
            self.eventually(&format!("{text:?}, or more than {before}"), async || {
                self.eval(SHOWN, &[]).await != before || self.text().await.contains(text)
            })
            .await;
            before = self.eval(SHOWN, &[]).await;
        }
    }

    /// Waits until a condition holds.
    ///
    /// # Panics
    /// Panics when the timeout expires.
    pub async fn eventually(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let deadline = Instant::now() + TIMEOUT;
        while !holds().await {
            assert!(
                Instant::now() < deadline,
                "timed out after {TIMEOUT:?}: {what}"
            );
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Runs a script in the page.
    pub async fn eval(&self, script: &str, arguments: &[Value]) -> Value {
        expect_ok(
            script,
            self.client().execute(script, arguments.to_vec()).await,
        )
    }

    /// Clicks the visible button, link or summary with this name, and waits for the next page if there is one.
    pub async fn click(&self, name: &str) {
        let quoted = quoted(name);
        let is_named = format!("normalize-space(.)={quoted} or @aria-label={quoted}");
        let path = format!("//*[self::button or self::a or self::summary][{is_named}]");
        let found = self.wait_for_visible(Locator::XPath(&path), name).await;
        let leaves = self.eval(NAVIGATES, &[json!("*"), json!(found)]).await == true;
        expect_ok(name, found.click().await);
        if leaves {
            self.wait_for_next_page(name).await;
        }
    }

    /// Waits until another page has replaced the page that `NAVIGATES` marked.
    ///
    /// Both pages may contain the same elements, and actions on the old page would be lost.
    async fn wait_for_next_page(&self, name: &str) {
        const ARRIVED: &str = "return !document.isLeft && document.readyState === 'complete'";
        self.eventually(&format!("the next page after {name:?}"), async || {
            // While the browser changes pages, the script fails.
            let arrived = self.client().execute(ARRIVED, Vec::new()).await;
            arrived.is_ok_and(|arrived| arrived == true)
        })
        .await;
    }

    async fn wait_for_visible(&self, locator: Locator<'_>, what: &str) -> Element {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            for element in self.client().find_all(locator).await.unwrap_or_default() {
                if element.is_displayed().await.unwrap_or_default() {
                    return element;
                }
            }
            assert!(Instant::now() < deadline, "no visible element: {what}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Finds the form control with this label.
    async fn control(&self, label: &str) -> Element {
        let path = format!(
            "//*[@id=//label[starts-with(normalize-space(.),{})]/@for]",
            quoted(label)
        );
        self.wait_for_visible(Locator::XPath(&path), label).await
    }

    /// Fills the field with this label.
    pub async fn fill(&self, label: &str, text: &str) {
        let field = self.control(label).await;
        expect_ok(label, field.clear().await);
        expect_ok(label, field.send_keys(text).await);
    }

    /// Chooses the option with this text in the list with this label.
    pub async fn choose(&self, label: &str, option: &str) {
        let list = self.control(label).await;
        expect_ok(label, list.select_by_label(option).await);
    }

    /// Checks the check box with this name.
    pub async fn check(&self, name: &str) {
        let path = format!("//input[@type='checkbox' and @aria-label={}]", quoted(name));
        let found = self.wait_for_visible(Locator::XPath(&path), name).await;
        expect_ok(name, found.click().await);
    }

    /// Returns the value of the control with this id.
    pub async fn value(&self, id: &str) -> String {
        let value = self
            .eval(
                "return document.getElementById(arguments[0]).value",
                &[json!(id)],
            )
            .await;
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Presses and releases a key, and waits for the next page if the key leads to one.
    pub async fn press(&self, key: Key) {
        let acts_on = match key {
            Key::Enter => Some("a, button, input"),
            Key::Space => Some("button"),
            Key::Tab | Key::Down => None,
        };
        let leaves = match acts_on {
            Some(selector) => self.eval(NAVIGATES, &[json!(selector)]).await == true,
            None => false,
        };
        self.type_keys(&key.code().to_string()).await;
        if leaves {
            self.wait_for_next_page(&format!("{key:?}")).await;
        }
    }

    /// Types a text into the focused element.
    pub async fn type_keys(&self, text: &str) {
        let mut keys = KeyActions::new("keyboard".to_owned());
        for value in text.chars() {
            keys = keys
                .then(KeyAction::Down { value })
                .then(KeyAction::Up { value });
        }
        expect_ok("keys", self.client().perform_actions(keys).await);
    }

    /// Presses the Tab key until the element with this name has the focus.
    ///
    /// # Panics
    /// Panics when the element never gets the focus, or when the focus is invisible on the way.
    pub async fn tab_to(&self, name: &str) {
        for _ in 0..120 {
            self.press(Key::Tab).await;
            let focused = self.eval(FOCUSED, &[]).await;
            let on = focused["name"].as_str().unwrap_or_default();
            assert!(
                focused["visible"] == true,
                "the focus is not visible on {on:?}"
            );
            if on == name {
                return;
            }
        }
        panic!(
            "the Tab key does not reach {name:?} on {}",
            self.url().await
        );
    }
}

/// Returns the visible text of the page.
const PAGE_TEXT: &str = "return document.body ? document.body.innerText : ''";

/// Returns the accessible name of the focused element, and whether the focus is visible.
const FOCUSED: &str = r#"
    const on = document.activeElement;
    const text = (node) => (node.getAttribute("aria-label") || node.innerText || "").trim().replace(/\s+/g, " ");
    const label = on.labels && on.labels[0];
    const style = getComputedStyle(on);
    return {
        name: label ? label.textContent.trim().replace(/\s+/g, " ") : text(on),
        visible: on === document.body || on.id === "main" || on.getClientRects().length === 0
            || style.outlineStyle !== "none" || style.boxShadow !== "none",
    };
"#;

/// Returns whether an action leads to another page, and marks the current page if it does.
///
/// The action applies to the given element, or else to the focused one, if that matches the selector.
const NAVIGATES: &str = r#"
    const on = arguments[1] || document.activeElement;
    if (!on.matches(arguments[0])) return false;
    // A script fetches what a boosted link leads to, and the page stays.
    const isBoosted = window.htmx && on.closest("[hx-boost]")?.getAttribute("hx-boost") === "true";
    const follows = on.matches("a[href]:not([href^='#'])") && !isBoosted;
    const sends = on.matches("button:not([type=button]), input") && on.form && on.form.checkValidity();
    const swaps = window.htmx && on.hasAttribute("hx-post");
    document.isLeft = Boolean(follows || sends && !swaps);
    return document.isLeft;
"#;

/// Quotes a text for XPath; names in tests contain no quotation marks.
fn quoted(text: &str) -> String {
    assert!(!text.contains('"'), "{text} contains a quotation mark");
    format!("\"{text}\"")
}

#[track_caller]
fn expect_ok<T, E: std::fmt::Display>(what: &str, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error}"))
}
