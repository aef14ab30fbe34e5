//! Requests that can be sent again, as identity providers and applications do after a 429 or 503.

use http::Method;
use rollcall_tests::api::Api;
use rollcall_tests::idp::{Answer, Idp};
use serde_json::{Value, json};

/// Who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    IdentityProvider,
    Application,
    /// An OAuth client, for an access token. The body has its `id` and `secret`.
    OauthClient,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) sender: Sender,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Value,
}

/// The senders of a tenant.
#[derive(Clone, Debug)]
pub(crate) struct Senders {
    pub(crate) idp: Idp,
    pub(crate) application: Api,
}

impl Ask {
    pub(crate) fn scim(method: Method, path: impl Into<String>, body: Value) -> Self {
        Self {
            sender: Sender::IdentityProvider,
            method,
            path: path.into(),
            body,
        }
    }

    /// Returns a request of the application; `path` is below the API's base URL.
    pub(crate) fn api(method: Method, path: impl Into<String>, body: Value) -> Self {
        Self {
            sender: Sender::Application,
            ..Self::scim(method, path, body)
        }
    }

    /// Returns a request of an OAuth client for an access token.
    pub(crate) fn token(id: &str, secret: &str) -> Self {
        Self {
            sender: Sender::OauthClient,
            ..Self::scim(
                Method::POST,
                "/oauth/token",
                json!({"id": id, "secret": secret}),
            )
        }
    }

    /// Sends the request once. A 500 is never a valid answer.
    pub(crate) async fn send(&self, senders: &Senders) -> Answer {
        let answer = match self.sender {
            Sender::IdentityProvider => {
                let mut request = senders.idp.request(self.method.clone(), &self.path);
                if !self.body.is_null() {
                    request = request.body(&self.body);
                }
                request.allow_500().send().await
            }
            Sender::Application => {
                let body = (!self.body.is_null()).then(|| self.body.to_string());
                let method = self.method.clone();
                senders.application.send(method, &self.path, body).await
            }
            Sender::OauthClient => {
                let (id, secret) = (self.body["id"].as_str(), self.body["secret"].as_str());
                let (id, secret) = (id.unwrap_or_default(), secret.unwrap_or_default());
                senders.idp.ask_for_token(id, secret).await
            }
        };
        assert_ne!(answer.status, 500, "{}: {}", answer.request, answer.body);
        if matches!(answer.status, 429 | 503) {
            let wait = answer.header("retry-after").unwrap_or_default();
            assert!(wait.parse::<u32>().is_ok(), "{}: {wait}", answer.request);
        }
        answer
    }

    /// Sends the request until it is answered with something else than 429 or 503.
    pub(crate) async fn answered(&self, senders: &Senders) -> Answer {
        for _ in 0..30 {
            let answer = self.send(senders).await;
            // A machine that is busy otherwise can be late, too.
            if !is_unavailable(&answer) && answer.status != 504 {
                return answer;
            }
        }
        panic!("{} {}: never answered", self.method, self.path);
    }
}

/// Returns whether the answer says that the request, or one of a bulk request, can be sent again.
pub(crate) fn is_unavailable(answer: &Answer) -> bool {
    let inner = answer.select("/Operations/*/status");
    let of_inner = |status: &&Value| matches!(status.as_str(), Some("429" | "503"));
    matches!(answer.status, 429 | 503) || inner.iter().any(of_inner)
}
