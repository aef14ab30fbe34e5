//! An admin at a real browser: headless Chromium, driven through WebDriver.
//!
//! - `chromium`: finding it, starting it, and its own commands beside WebDriver's;
//! - `inspect`: what every page must be: within its screen, without complaints of the browser, accessible (axe-core),
//!   and photographed under `target/screenshots`.

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

pub use inspect::{DESKTOP, PHONE, Screen};

use crate::service::{Service, Tenant, run};
use chromium::Chromium;

/// How long something may take to show up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked for.
const GLANCE: Duration = Duration::from_millis(40);

/// Runs a test with the shared service and a browser of the test's own; without Chromium on the machine it says so.
pub fn browse(test: impl AsyncFnOnce(&'static Service, &Browser)) {
    run(async |service| {
        let Some(chromium) = Chromium::start(&[]).await else {
            return;
        };
        let browser = Browser { chromium };
        let ended = AssertUnwindSafe(test(service, &browser))
            .catch_unwind()
            .await;
        let at = match ended {
            Ok(()) => String::new(),
            // Whoever reads the failure wants to know what the page showed.
            Err(_) => format!("{}\n{}", browser.url().await, browser.text().await),
        };
        browser.chromium.stop().await;
        if let Err(panic) = ended {
            eprintln!("the page was {at}");
            resume_unwind(panic);
        }
    });
}

/// A browser window.
#[derive(Debug)]
pub struct Browser {
    chromium: Chromium,
}

/// A key that is no character, as WebDriver writes it.
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

    /// Opens the console of a tenant by a link of the application's, in this role.
    pub async fn open_console(&self, service: &Service, tenant: &Tenant, role: &str) {
        let path = format!("/tenants/{}/portal-links", tenant.id());
        let asked = json!({"role_id": role});
        let link = service.application().post(&path, asked).await.expect(201);
        self.go(&link.string("/url")).await;
        self.click("Open the console").await;
        self.wait_for_path("/console").await;
    }

    /// Goes to an address, or to a path of the origin that it is at.
    pub async fn go(&self, to: &str) {
        let to = match to.starts_with('/') {
            true => format!("{}{to}", self.origin().await),
            false => to.to_owned(),
        };
        done("go", self.client().goto(&to).await);
    }

    async fn origin(&self) -> String {
        let url = done("the address", self.client().current_url().await);
        url.origin().ascii_serialization()
    }

    /// Returns the address it is at.
    pub async fn url(&self) -> String {
        match self.client().current_url().await {
            Ok(url) => url.to_string(),
            Err(error) => error.to_string(),
        }
    }

    /// Returns the path it is at.
    pub async fn path(&self) -> String {
        let url = done("the address", self.client().current_url().await);
        url.path().to_owned()
    }

    /// Waits until it is at this path.
    pub async fn wait_for_path(&self, path: &str) {
        self.eventually(&format!("the path {path}"), async || {
            self.client()
                .current_url()
                .await
                .is_ok_and(|url| url.path() == path)
        })
        .await;
    }

    /// Returns what the page says.
    pub async fn text(&self) -> String {
        let text = self.eval(SAID, &[]).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page says this.
    pub async fn wait_for_text(&self, text: &str) {
        self.eventually(&format!("the text {text:?}"), async || {
            // a page that makes way for another says nothing
            let said = self.client().execute(SAID, Vec::new()).await;
            said.is_ok_and(|said| said.as_str().is_some_and(|said| said.contains(text)))
        })
        .await;
    }

    /// Waits until something matches this CSS selector.
    pub async fn wait_for(&self, selector: &str) {
        self.eventually(selector, async || {
            let found = self.client().find_all(Locator::Css(selector)).await;
            found.is_ok_and(|found| !found.is_empty())
        })
        .await;
    }

    /// Waits until so many steps of the checklist are done.
    pub async fn wait_for_ticks(&self, steps: usize) {
        self.eventually(&format!("{steps} steps done"), async || {
            self.count(".checklist [data-done=true]").await == steps
        })
        .await;
    }

    /// Unfolds whatever can be unfolded, and waits for what that brings.
    pub async fn unfold(&self) {
        let script = "document.querySelectorAll('details').forEach((one) => one.open = true)";
        self.eval(script, &[]).await;
        self.settle().await;
    }

    /// Waits until no part of the page is being fetched.
    pub async fn settle(&self) {
        self.eventually("a page at rest", async || {
            self.count(".htmx-request").await == 0
        })
        .await;
    }

    /// Returns how many elements match this CSS selector.
    pub async fn count(&self, selector: &str) -> usize {
        done(
            selector,
            self.client().find_all(Locator::Css(selector)).await,
        )
        .len()
    }

    /// Waits until the page says this, for as long as the progress that it shows meanwhile moves on.
    ///
    /// # Panics
    /// When it stands still.
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

    /// Waits until something holds.
    ///
    /// # Panics
    /// When it does not within good time.
    pub async fn eventually(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds().await {
            assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Runs a script in the page.
    pub async fn eval(&self, script: &str, arguments: &[Value]) -> Value {
        done(
            script,
            self.client().execute(script, arguments.to_vec()).await,
        )
    }

    /// Clicks the visible button, link or summary of this name, and waits for the page that this leads to, if to any.
    pub async fn click(&self, name: &str) {
        let quoted = quoted(name);
        let is_named = format!("normalize-space(.)={quoted} or @aria-label={quoted}");
        let path = format!("//*[self::button or self::a or self::summary][{is_named}]");
        let found = self.wait_for_shown(Locator::XPath(&path), name).await;
        let leaves = self.eval(LEAVES, &[json!("*"), json!(found)]).await == true;
        done(name, found.click().await);
        if leaves {
            self.wait_for_next_page(name).await;
        }
    }

    /// Waits until the page that `LEAVES` marked made way for another.
    ///
    /// What one looks for may be on both pages, and what is done on the old one is lost.
    async fn wait_for_next_page(&self, name: &str) {
        const ARRIVED: &str = "return !document.isLeft && document.readyState === 'complete'";
        self.eventually(&format!("the page behind {name:?}"), async || {
            // between two pages there is nothing to ask
            let arrived = self.client().execute(ARRIVED, Vec::new()).await;
            arrived.is_ok_and(|arrived| arrived == true)
        })
        .await;
    }

    async fn wait_for_shown(&self, locator: Locator<'_>, what: &str) -> Element {
        let deadline = Instant::now() + PATIENCE;
        loop {
            for element in self.client().find_all(locator).await.unwrap_or_default() {
                if element.is_displayed().await.unwrap_or_default() {
                    return element;
                }
            }
            assert!(Instant::now() < deadline, "nothing to be seen: {what}");
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// The form control of this label.
    async fn control(&self, label: &str) -> Element {
        let path = format!(
            "//*[@id=//label[starts-with(normalize-space(.),{})]/@for]",
            quoted(label)
        );
        self.wait_for_shown(Locator::XPath(&path), label).await
    }

    /// Fills the field of this label.
    pub async fn fill(&self, label: &str, text: &str) {
        let field = self.control(label).await;
        done(label, field.clear().await);
        done(label, field.send_keys(text).await);
    }

    /// Chooses the option of this text in the list of this label.
    pub async fn choose(&self, label: &str, option: &str) {
        let list = self.control(label).await;
        done(label, list.select_by_label(option).await);
    }

    /// Returns what is in the control of this id.
    pub async fn value(&self, id: &str) -> String {
        let value = self
            .eval(
                "return document.getElementById(arguments[0]).value",
                &[json!(id)],
            )
            .await;
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Presses and releases a key, and waits for the page that this leads to, if to any.
    pub async fn press(&self, key: Key) {
        let acts_on = match key {
            Key::Enter => "a, button, input",
            Key::Space => "button",
            Key::Tab | Key::Down => ":not(*)",
        };
        let leaves = self.eval(LEAVES, &[json!(acts_on)]).await == true;
        self.type_keys(&key.code().to_string()).await;
        if leaves {
            self.wait_for_next_page(&format!("{key:?}")).await;
        }
    }

    /// Types where the focus is.
    pub async fn type_keys(&self, text: &str) {
        let mut keys = KeyActions::new("keyboard".to_owned());
        for value in text.chars() {
            keys = keys
                .then(KeyAction::Down { value })
                .then(KeyAction::Up { value });
        }
        done("keys", self.client().perform_actions(keys).await);
    }

    /// Moves the focus on by the Tab key until it is on what has this name.
    ///
    /// # Panics
    /// When the focus never gets there, or cannot be seen on the way.
    pub async fn tab_to(&self, name: &str) {
        for _ in 0..120 {
            self.press(Key::Tab).await;
            let focused = self.eval(FOCUSED, &[]).await;
            let on = focused["name"].as_str().unwrap_or_default();
            assert!(
                focused["visible"] == true,
                "the focus cannot be seen on {on:?}"
            );
            if on == name {
                return;
            }
        }
        panic!(
            "the Tab key does not lead to {name:?} on {}",
            self.url().await
        );
    }
}

/// Says what the page says.
const SAID: &str = "return document.body ? document.body.innerText : ''";

/// Says what has the focus, by the name that people know it by, and whether that can be seen.
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

/// Says whether acting on an element, or on what has the focus, leads to another page, where it is acted on elements that
/// match this selector; marks the page if so.
const LEAVES: &str = r#"
    const on = arguments[1] || document.activeElement;
    if (!on.matches(arguments[0])) return false;
    const follows = on.matches("a[href]:not([href^='#'])");
    const sends = on.matches("button:not([type=button]), input") && on.form && on.form.checkValidity();
    document.isLeft = Boolean(follows || sends);
    return document.isLeft;
"#;

/// A text as XPath has it; names in tests hold no quotation marks.
fn quoted(text: &str) -> String {
    assert!(!text.contains('"'), "{text} cannot be searched for");
    format!("\"{text}\"")
}

#[track_caller]
fn done<T, E: std::fmt::Display>(what: &str, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error}"))
}
