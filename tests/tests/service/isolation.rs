//! One tenant never sees another, nor changes it: every endpoint is sent every kind of value of another tenant.
//!
//! The endpoints are those of the OpenAPI document, of the SCIM routes in the template, and of the console's sources, so
//! that a new one is covered by itself, or fails because nobody said which values its parameters have. A cell is one
//! request of one tenant in which one value is the other's. It must not change an item of the other tenant, and its answer
//! must not have anything of it. Where the value is in the path, the request is refused.

mod api;
mod console;
mod documented;
mod scim;
mod side;
mod watch;

use std::io::Write as _;

use rollcall_tests::service::{Service, run};

use self::side::Side;
use self::watch::Watch;

/// The fewest cells of each part, with moderate sizes: fewer mean that endpoints are no longer found.
const FEWEST: [(&str, usize); 3] = [("api", 1_000), ("scim", 500), ("console", 500)];

/// Two tenants of one service.
struct Board {
    service: Service,
    /// The tenant whose data must stay with it.
    victim: Side,
    /// The tenant that tries.
    other: Side,
    watch: Watch,
}

impl Board {
    async fn set_up() -> Board {
        let service = Service::start().await;
        let victim = Side::seed(&service, "kept-by-the-victim").await;
        let other = Side::seed(&service, "known-to-the-other").await;
        let watch = Watch::over(&service, &victim).await;
        Board {
            service,
            victim,
            other,
            watch,
        }
    }

    /// Lists what exists in the victim's tenant, each with its kind.
    fn foreign(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let values = self.victim.values.iter();
        values.map(|(kind, value)| (*kind, value.as_str()))
    }
}

fn check(part: &str, cells: usize) {
    // Past the harness, which shows only what failing tests print: the figure is quoted.
    let line = format!("isolation: {cells} cells ({part})\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    let fewest = FEWEST.iter().find(|(name, _)| *name == part);
    assert!(
        fewest.is_some_and(|(_, fewest)| cells >= *fewest),
        "{cells}"
    );
}

#[test]
fn no_operation_of_the_api_reaches_another_tenant() {
    run(async |_| {
        let board = Board::set_up().await;
        check("api", api::cells(&board).await);
    });
}

#[test]
fn no_request_of_scim_reaches_another_tenant() {
    run(async |_| {
        let board = Board::set_up().await;
        check("scim", scim::cells(&board).await);
    });
}

#[test]
fn no_page_of_the_console_reaches_another_tenant() {
    run(async |_| {
        let board = Board::set_up().await;
        check("console", console::cells(&board).await);
    });
}
