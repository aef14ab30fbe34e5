//! The demo: what `cargo run -- --seed demo` shows, and the pictures of it.
//!
//! `story` checks that it is there and true. `pictures` takes pictures of every page of the console, of which `pages` has
//! the list, and `gallery` writes them with an index. `tests/pictures` takes all of them.

mod gallery;
mod pages;
mod pictures;
mod story;

use std::sync::LazyLock;

use rollcall_local::{Local, Options, SeedWith};
use rollcall_tests::api::Api;
use rollcall_tests::visitor::Visitor;
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

/// The tenant with the history, the one that observes, and the one that has only begun.
const TENANTS: [&str; 3] = ["larkfield", "brightwater", "quillfeather"];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static DEMO: OnceCell<Demo> = OnceCell::const_new();

/// The local run with the demo. All tests share it, and none changes it.
struct Demo {
    local: Local,
}

impl Demo {
    async fn get() -> &'static Demo {
        let start = async || {
            let options = Options {
                seed: Some(SeedWith::Demo),
                ..Options::default()
            };
            Demo {
                local: Local::start(options).await.unwrap(),
            }
        };
        DEMO.get_or_init(start).await
    }

    /// The application's backend.
    fn application(&self) -> Api {
        let key = self.local.service_key().to_owned();
        Api::new(self.local.api_base_url(), Some(key))
    }

    /// Returns the address of a new link that opens the console of a tenant for an owner.
    async fn link(&self, tenant: &str) -> String {
        let path = format!("/tenants/{tenant}/portal-links");
        let asked = json!({"role_id": "owner", "email": "it-operations@example.com"});
        let made = self.application().post(&path, asked).await.expect(201);
        made.string("/url")
    }

    /// Opens the console of a tenant without a browser.
    async fn visitor(&self, tenant: &str) -> Visitor {
        let link = self.link(tenant).await;
        let (_, secret) = link.split_once("link=").unwrap();
        let origin = self.local.console_url();
        Visitor::at(origin.trim_end_matches("/console"))
            .open("link", secret)
            .await
    }
}

/// Runs a test with the demo.
fn run(test: impl AsyncFnOnce(&'static Demo)) {
    RUNTIME.block_on(async { test(Demo::get().await).await });
}
