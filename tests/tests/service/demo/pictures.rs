//! Takes the pictures: of every page in both colour schemes and on both screens with `tests/pictures`, and one of each page
//! in `cargo test`.

use std::path::PathBuf;
use std::time::Duration;

use rollcall_tests::browser::{Browser, DESKTOP, PHONE, Screen, WIDE, in_browser};
use tokio::time::timeout;

use super::gallery::Gallery;
use super::pages::{Ids, PARTS, Page, pages, routes};
use super::{Demo, RUNTIME, TENANTS};

/// The folder for all pictures.
const FOLDER_VARIABLE: &str = "ROLLCALL_PICTURES";
/// The folder for the pictures of `cargo test`, and for the page of all components.
const TARGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target");
/// The time for all pictures.
const PATIENCE: Duration = Duration::from_secs(900);

/// How a picture is taken.
type Taken = (&'static str, Screen, bool);

const ALL: [Taken; 4] = [
    ("1440, light", WIDE, false),
    ("1440, dark", WIDE, true),
    ("390, light", PHONE, false),
    ("390, dark", PHONE, true),
];

/// Where pictures go, and how many of a page are taken.
struct Camera {
    gallery: Gallery,
    is_whole: bool,
    taken: usize,
}

impl Camera {
    fn new() -> Self {
        let folder = std::env::var_os(FOLDER_VARIABLE);
        Self {
            is_whole: folder.is_some(),
            gallery: Gallery::new(folder.map_or_else(own_folder, PathBuf::from)),
            taken: 0,
        }
    }

    /// Takes the pictures of the page that the browser shows.
    async fn take(&mut self, browser: &Browser, named: (&str, &str)) {
        // One of each page: by turns in both schemes and on both screens.
        let next = self.taken % ALL.len();
        self.taken += 1;
        for (at, (taken, screen, is_dark)) in ALL.into_iter().enumerate() {
            if !self.is_whole && at != next {
                continue;
            }
            browser.set_screen(screen, is_dark).await;
            browser.wait_for_requests().await;
            let overflow = browser.overflow().await;
            assert!(overflow.is_empty(), "{}, {taken}: {overflow:#?}", named.0);
            let picture = browser.picture(screen, is_dark).await;
            assert!(picture.len() > 1_000, "{}, {taken}: no picture", named.0);
            self.gallery.add(named, taken, &picture);
        }
    }
}

/// The folder of `cargo test`, emptied: nobody else has named it.
fn own_folder() -> PathBuf {
    let folder = PathBuf::from(TARGET).join("pictures-one-each");
    // What cannot be removed is refused when the gallery begins.
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// The pages of which README has a picture, by the names of their files.
const README: [&str; 2] = ["overview", "group-preview"];

async fn visit(camera: &mut Camera, browser: &Browser, page: &Page) {
    browser.set_screen(WIDE, false).await;
    browser.go(&page.path).await;
    browser.wait_for("h1").await;
    camera.take(browser, (page.name, page.title)).await;
    if README.contains(&page.name) {
        browser.set_screen(DESKTOP, false).await;
        let picture = browser.picture_of_screen().await;
        camera.gallery.put_aside(page.name, &picture);
    }
}

async fn enter(browser: &Browser, demo: &Demo, tenant: &str) {
    browser.go(&demo.link(tenant).await).await;
    browser.click("Open the console").await;
    browser.wait_for_path("/console").await;
}

/// What is only seen after a click.
async fn states(camera: &mut Camera, browser: &Browser, demo: &Demo) {
    browser.set_screen(WIDE, false).await;
    browser.go(&demo.link(TENANTS[2]).await).await;
    browser.wait_for_text("Open the console").await;
    camera.take(browser, ("open", "Behind a portal link")).await;
    browser.set_screen(WIDE, false).await;
    enter(browser, demo, TENANTS[2]).await;
    browser.click("Sign out").await;
    browser
        .wait_for_text("Open the console again from your application")
        .await;
    camera.take(browser, ("signed-out", "Signed out")).await;
    let components = PathBuf::from(TARGET).join("states/index.html");
    if let Ok(components) = components.canonicalize() {
        browser.set_screen(WIDE, false).await;
        browser
            .go(&format!("file://{}", components.display()))
            .await;
        let named = ("components", "All components in every state");
        camera.take(browser, named).await;
    }
}

#[test]
fn every_page_has_a_picture() {
    RUNTIME.block_on(async {
        in_browser(async |browser| {
            let demo = Demo::get().await;
            let mut camera = Camera::new();
            let folder = camera.gallery.folder().to_owned();
            let all = async {
                let pages = pages(&Ids::of(demo).await);
                for tenant in TENANTS {
                    enter(browser, demo, tenant).await;
                    for page in pages.iter().filter(|page| page.tenant == tenant) {
                        visit(&mut camera, browser, page).await;
                    }
                }
                states(&mut camera, browser, demo).await;
                camera.gallery.finish()
            };
            let count = timeout(PATIENCE, all).await.expect("in time");
            eprintln!(
                "{count} pictures in {}",
                folder.join("index.html").display()
            );
        })
        .await;
    });
}

#[test]
fn every_route_of_the_console_is_in_the_pictures() {
    super::run(async |demo| {
        let pages = pages(&Ids::of(demo).await);
        let routes = routes();
        assert!(routes.len() > 30, "{routes:?}");
        let has = |route: &&str| {
            // Behind a link, which works once.
            *route == "/console/open"
                || PARTS.contains(route)
                || pages.iter().any(|page| page.route == *route)
        };
        let missing: Vec<&str> = routes
            .iter()
            .map(String::as_str)
            .filter(|route| !has(route))
            .collect();
        assert!(
            missing.is_empty(),
            "without a picture; add them to `pages.rs`: {missing:?}"
        );
        let gone = PARTS
            .iter()
            .filter(|part| !routes.contains(&(**part).to_owned()));
        assert_eq!(gone.collect::<Vec<_>>(), Vec::<&&str>::new());
    });
}
