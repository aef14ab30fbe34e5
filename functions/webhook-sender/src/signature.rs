//! Signs deliveries as Standard Webhooks says (<https://www.standardwebhooks.com>). Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rollcall_directory::WebhookSecret;
use sha2::Sha256;

/// Returns the value of `webhook-signature`: a signature for each secret, so that a receiver can change from one to the
/// next.
pub(crate) fn signatures(
    secrets: &[WebhookSecret],
    id: &str,
    timestamp: i64,
    body: &[u8],
) -> String {
    let signed = secrets
        .iter()
        .map(|secret| sign(secret.key(), id, timestamp, body));
    signed.collect::<Vec<_>>().join(" ")
}

fn sign(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Returns the id of the message with an event. It is the same in every attempt, and has no dot, which separates the parts
/// of what is signed.
pub(crate) fn message_id(event: &str) -> String {
    format!("msg_{}", event.replace('.', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn the_example_of_the_specification_is_signed_alike() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(
            sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn an_id_has_no_dot() {
        assert_eq!(message_id("0198-7.12"), "msg_0198-7-12");
    }
}
