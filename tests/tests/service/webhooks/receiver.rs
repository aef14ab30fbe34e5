//! A receiver of webhooks: a real HTTP server, which answers as a test wishes and verifies signatures by itself.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How a receiver answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Status(u16),
    /// A redirect to another path of the same receiver.
    Redirect,
    /// No answer.
    Hang,
    /// An answer after a time.
    Slow(Duration),
    /// A body that never ends.
    Flood,
}

/// A delivery as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Received {
    pub(super) fn event(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(super) fn sequence(&self) -> u64 {
        self.event()["sequence"].as_u64().expect("a sequence")
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().expect("text")
    }

    /// Returns how many of the signatures are by this secret.
    pub(super) fn signatures_by(&self, secret: &str) -> usize {
        let key = base64(secret.strip_prefix("whsec_").expect("a prefix"));
        let (id, at) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let signed = [format!("{id}.{at}.").as_bytes(), &self.body].concat();
        let mac = hmac(&key, &signed);
        let signatures = self.header("webhook-signature").split(' ');
        let by = signatures.filter(|one| {
            let (version, mark) = one.split_once(',').expect("a version");
            version == "v1" && base64(mark) == mac
        });
        by.count()
    }

    pub(super) fn signatures(&self) -> usize {
        self.header("webhook-signature").split(' ').count()
    }
}

/// HMAC-SHA-256 (RFC 2104), written anew so that the tests share no code with the service.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    assert!(key.len() <= 64, "a longer key would be hashed");
    let padded = |with: u8| -> Vec<u8> {
        let mut block = vec![with; 64];
        block
            .iter_mut()
            .zip(key)
            .for_each(|(block, key)| *block ^= key);
        block
    };
    let inner = Sha256::digest([padded(0x36), text.to_vec()].concat());
    Sha256::digest([padded(0x5c), inner.to_vec()].concat()).to_vec()
}

/// Decodes Base64 (RFC 4648 §4).
fn base64(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let (mut bits, mut number, mut bytes) = (0_u32, 0, Vec::new());
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        bits = bits << 6 | u32::from(value(byte));
        number += 6;
        if number >= 8 {
            number -= 8;
            bytes.push((bits >> number & 0xff) as u8);
        }
    }
    bytes
}

#[derive(Debug)]
struct Inner {
    reply: Reply,
    received: Vec<Received>,
}

/// A running receiver.
#[derive(Debug)]
pub(super) struct Receiver {
    inner: Arc<Mutex<Inner>>,
    pub(super) port: u16,
    task: JoinHandle<()>,
}

impl Receiver {
    pub(super) async fn start(reply: Reply) -> Receiver {
        let inner = Arc::new(Mutex::new(Inner {
            reply,
            received: Vec::new(),
        }));
        Receiver::serve(inner, 0).await
    }

    async fn serve(inner: Arc<Mutex<Inner>>, port: u16) -> Receiver {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let router = Router::new().fallback(answer).with_state(inner.clone());
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("a server");
        });
        Receiver { inner, port, task }
    }

    /// Stops, and serves again at the same port.
    pub(super) async fn restart(self) -> Receiver {
        self.task.abort();
        _ = self.task.await;
        Receiver::serve(self.inner, self.port).await
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub(super) fn reply(&self, reply: Reply) {
        self.inner.lock().expect("not poisoned").reply = reply;
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.inner.lock().expect("not poisoned").received.clone()
    }

    pub(super) fn sequences(&self) -> Vec<u64> {
        self.received().iter().map(Received::sequence).collect()
    }

    pub(super) fn types(&self) -> Vec<String> {
        let received = self.received().into_iter();
        received
            .map(|one| one.event()["type"].as_str().expect("a type").to_owned())
            .collect()
    }
}

async fn answer(
    State(inner): State<Arc<Mutex<Inner>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let reply = {
        let mut inner = inner.lock().expect("not poisoned");
        inner.received.push(Received { headers, body });
        inner.reply
    };
    match reply {
        Reply::Status(status) => StatusCode::from_u16(status)
            .expect("a status")
            .into_response(),
        Reply::Redirect => (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
        Reply::Hang => std::future::pending().await,
        Reply::Slow(time) => {
            tokio::time::sleep(time).await;
            StatusCode::OK.into_response()
        }
        Reply::Flood => {
            let endless = futures::stream::repeat_with(|| {
                Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b'x'; 8_192]))
            });
            axum::body::Body::from_stream(endless).into_response()
        }
    }
}
