//! Requests that can be sent again, as identity providers and applications do after a 429 or 503.

use http::Method;
use rollcall_tests::api::Api;
use rollcall_tests::idp::{Answer, Idp};
use serde_json::Value;

/// Who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    IdentityProvider,
    Application,
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
        };
        assert_ne!(answer.status, 500, "{}: {}", answer.request, answer.body);
        if is_unavailable(&answer) {
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

/// Returns whether the answer says that the request can be sent again.
pub(crate) fn is_unavailable(answer: &Answer) -> bool {
    matches!(answer.status, 429 | 503)
}
