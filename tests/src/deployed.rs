//! A service that was started elsewhere, deployed for instance, for tests that share one.
//!
//! `ROLLCALL_TEST_URL` is its SCIM base URL and `ROLLCALL_TEST_TABLE` its table, in which the tests make their tenants;
//! `ROLLCALL_TEST_SERVICE_KEY` opens `/api/v1` for those that ask it. The SDK finds its own variables (`AWS_REGION`, credentials, `AWS_ENDPOINT_URL_DYNAMODB`).

use std::env;

use aws_sdk_dynamodb::Client;

/// The environment variable that says where it is.
const URL_VARIABLE: &str = "ROLLCALL_TEST_URL";
/// The environment variable that names its table.
const TABLE_VARIABLE: &str = "ROLLCALL_TEST_TABLE";

/// The environment variable that holds a key of it for the application's backend.
const KEY_VARIABLE: &str = "ROLLCALL_TEST_SERVICE_KEY";

/// How to reach it.
#[derive(Debug)]
pub(crate) struct Deployed {
    /// Its SCIM base URL.
    pub(crate) scim_base_url: String,
    /// A client of its table.
    pub(crate) client: Client,
    /// The table's name.
    pub(crate) table: String,
}

impl Deployed {
    /// Returns what the environment names, if it does.
    ///
    /// # Panics
    /// When it names a URL and no table.
    pub(crate) async fn from_env() -> Option<Deployed> {
        let scim_base_url = env::var(URL_VARIABLE).ok()?;
        let Ok(table) = env::var(TABLE_VARIABLE) else {
            panic!("{URL_VARIABLE} is set, {TABLE_VARIABLE} is not");
        };
        let client = Client::new(&rollcall_directory::sdk_config().await);
        Some(Deployed {
            scim_base_url,
            client,
            table,
        })
    }

    /// Where the application's backend and admins call.
    pub(crate) fn api_base_url(&self) -> String {
        self.scim_base_url.replace("/scim/v2", "/api/v1")
    }

    /// A key for the application's backend.
    ///
    /// # Panics
    /// When the environment has none.
    pub(crate) fn service_key(&self) -> String {
        env::var(KEY_VARIABLE).unwrap_or_else(|_| panic!("{KEY_VARIABLE} is not set"))
    }
}
