//! A service that already runs somewhere else, for example in a deployed stack, for tests that share one.
//!
//! `ROLLCALL_TEST_URL` is its SCIM base URL. `ROLLCALL_TEST_TABLE` is its table, in which the tests create tenants.
//! `ROLLCALL_TEST_SERVICE_KEY` is a service key for tests that call `/api/v1`. The SDK reads its own variables
//! (`AWS_REGION`, credentials, `AWS_ENDPOINT_URL_DYNAMODB`).

use std::env;

use aws_sdk_dynamodb::Client;

/// The environment variable with the SCIM base URL.
const URL_VARIABLE: &str = "ROLLCALL_TEST_URL";
/// The environment variable with the name of the table.
const TABLE_VARIABLE: &str = "ROLLCALL_TEST_TABLE";
/// The environment variable with a service key for the application's backend.
const KEY_VARIABLE: &str = "ROLLCALL_TEST_SERVICE_KEY";

/// The addresses and the table of a deployed service.
#[derive(Debug)]
pub(crate) struct Deployed {
    /// The SCIM base URL.
    pub(crate) scim_base_url: String,
    /// A DynamoDB client.
    pub(crate) client: Client,
    /// The name of the table.
    pub(crate) table: String,
}

impl Deployed {
    /// Returns the service that the environment names, if any.
    ///
    /// # Panics
    /// Panics when the environment names a URL but no table.
    pub(crate) async fn from_env() -> Option<Deployed> {
        let scim_base_url = env::var(URL_VARIABLE).ok()?;
        let Ok(table) = env::var(TABLE_VARIABLE) else {
            panic!("{URL_VARIABLE} is set, but {TABLE_VARIABLE} is not");
        };
        let client = Client::new(&rollcall_directory::sdk_config().await);
        Some(Deployed {
            scim_base_url,
            client,
            table,
        })
    }

    /// Returns the base URL that the application's backend and admins call.
    pub(crate) fn api_base_url(&self) -> String {
        self.scim_base_url.replace("/scim/v2", "/api/v1")
    }

    /// Returns a service key for the application's backend.
    ///
    /// # Panics
    /// Panics when the environment has none.
    pub(crate) fn service_key(&self) -> String {
        env::var(KEY_VARIABLE).unwrap_or_else(|_| panic!("{KEY_VARIABLE} is not set"))
    }
}
