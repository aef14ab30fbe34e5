//! The id of a trace, by which X-Ray and the lines of the log find each other.

use tracing::{Instrument, Span};

/// The header with the id of the trace, which API Gateway adds.
pub const TRACE_HEADER: &str = "x-amzn-trace-id";

/// Returns the id of the trace in a header such as `Root=1-67891233-abcdef012345678912345678;Parent=…;Sampled=1`; `None`
/// if it has none. A client can send any text in this header, so only an id of the right form counts.
pub fn trace_id(header: &str) -> Option<&str> {
    let mut parts = header.split(';').map(str::trim);
    let id = parts.find_map(|part| part.strip_prefix("Root="))?;
    let mut digits = id.strip_prefix("1-")?.split('-');
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_id = is_hex(digits.next()?, 8) && is_hex(digits.next()?, 24) && digits.next().is_none();
    is_id.then_some(id)
}

/// Does the work of an invocation, so that each line of the log has the id of the request and of the trace.
pub async fn traced<F: Future>(request_id: &str, trace_header: Option<&str>, work: F) -> F::Output {
    work.instrument(invocation(request_id, trace_header)).await
}

fn invocation(request_id: &str, trace_header: Option<&str>) -> Span {
    tracing::info_span!(
        "invocation",
        request_id,
        trace_id = trace_header.and_then(trace_id),
        tenant = tracing::field::Empty,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::subscriber;
    use crate::log::tests::Lines;

    #[test]
    fn only_ids_of_the_right_form_count() {
        const ID: &str = "1-67891233-abcdef012345678912345678";
        for (header, expected) in [
            ("Root=1-67891233-abcdef012345678912345678", Some(ID)),
            (
                "Self=1-1-1;Root=1-67891233-abcdef012345678912345678; Parent=53995c3f42cd8ad8;Sampled=1",
                Some(ID),
            ),
            ("1-67891233-abcdef012345678912345678", None),
            ("Root=1-67891233-abcdef01234567891234567", None),
            ("Root=2-67891233-abcdef012345678912345678", None),
            ("Root=1-67891233-abcdef01234567891234567\"", None),
            ("Root=1-67891233-abcdef012345678912345678-1", None),
            ("", None),
        ] {
            assert_eq!(trace_id(header), expected, "{header}");
        }
    }

    #[test]
    fn every_line_of_an_invocation_has_its_trace() {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(move || writer.clone()), || {
            let header = "Root=1-67891233-abcdef012345678912345678;Sampled=1";
            invocation("r-1", Some(header)).in_scope(|| tracing::info!("first"));
            invocation("r-2", None).in_scope(|| tracing::info!("second"));
        });
        let lines = lines.json();
        assert_eq!(
            (
                &lines[0]["span"]["request_id"],
                &lines[0]["span"]["trace_id"]
            ),
            (&"r-1".into(), &"1-67891233-abcdef012345678912345678".into())
        );
        assert_eq!(lines[1]["span"]["request_id"], "r-2");
        assert!(lines[1]["span"].get("trace_id").is_none(), "{lines:?}");
    }
}
