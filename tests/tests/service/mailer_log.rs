//! What the mailer logs when SES refuses mail: SES quotes addresses, and the log names people by id alone.

use std::io;

use aws_sdk_sesv2::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use rollcall_directory::SettingsChange;
use rollcall_mailer::Postbox;
use rollcall_runtime::subscriber;
use rollcall_tests::event_fixture::{batch, envelope, relayed};
use rollcall_tests::table::TestTable;
use serde_json::{Value, json};

use crate::secrets::Log;

/// An SES that refuses every mail for this reason, and quotes the address.
#[derive(Clone, Debug)]
struct Quoting(&'static str);

impl Quoting {
    fn client(&self) -> aws_sdk_sesv2::Client {
        let connector = SharedHttpConnector::new(self.clone());
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url("http://127.0.0.1")
            .http_client(http_client_fn(move |_, _| connector.clone()));
        aws_sdk_sesv2::Client::from_conf(config.build())
    }
}

impl HttpConnector for Quoting {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let to = body["Destination"]["ToAddresses"][0].as_str().unwrap();
        let why = json!({"message": format!("{}: {to}", self.0)}).to_string();
        let mut answer = HttpResponse::new(400_u16.try_into().unwrap(), SdkBody::from(why));
        let code = "MessageRejected";
        answer.headers_mut().insert("x-amzn-errortype", code);
        HttpConnectorFuture::ready(Ok(answer))
    }
}

/// The log is that of one thread, so everything runs on one.
#[test]
fn addresses_that_ses_quotes_do_not_reach_the_log() {
    let log = Log::default();
    let writer = log.clone();
    let logging = tracing::Dispatch::new(subscriber(move || writer.clone()));
    // If there were only one, an event that a thread of another test meets first would be switched off for all threads.
    let _another = tracing::Dispatch::new(subscriber(io::sink));
    let _logging = tracing::dispatcher::set_default(&logging);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let table = TestTable::start().await;
        let passing = "Email address is not verified. The following identities failed the check";
        for (name, why, expected) in [
            ("passing", passing, "MessageRejected: not verified"),
            ("lasting", "Email contains a virus", "MessageRejected"),
        ] {
            let tenant = table.tenant(name).await;
            let change = SettingsChange {
                invitations: Some(true),
                ..SettingsChange::default()
            };
            tenant.settings().change(&change).await.unwrap();
            table.seed_users(&tenant, 1).await;
            let events = relayed(&tenant).await;
            let events = events.iter().filter(|event| event.kind == "user.created");
            // Only those whom an identity provider has created are invited.
            let pushed = |event| {
                let mut message: Value = serde_json::from_str(&envelope(event)).unwrap();
                message["detail"]["actor"] = json!({"type": "token", "id": "t", "connection": "c"});
                message.to_string()
            };
            let messages: Vec<String> = events.map(pushed).collect();
            assert_eq!(messages.len(), 1);
            let postbox = Postbox::new(Quoting(why).client(), "a@x.test", "https://app.test");
            let mailer = rollcall_mailer::handler(table.directory(), postbox);
            let failed = mailer.call(batch(&messages)).await.batch_item_failures;
            assert_eq!(failed.len(), usize::from(name == "passing"));
            let text = log.text();
            let last = text.lines().filter(|line| line.contains(expected));
            assert!(last.count() > 0, "{text}");
            for part in ["@example.test", "seed-0"] {
                assert!(!text.contains(part), "{part} in {text}");
            }
        }
    });
}
