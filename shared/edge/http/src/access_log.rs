//! The access log: one line per request, one more if the service failed, and the metrics of the request if they are on.
//!
//! Bodies, query strings and tokens are never logged: bodies and filters contain personal data (RFC 7644 §7.7).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::MatchedPath;
use axum::response::Response;
use http::Method;
use rollcall_directory::capacity::Cost;
use rollcall_directory::{Error, Reason};
use rollcall_runtime::{Metric, Record, chain};

/// A fault of the service. The response carries it to the log as an extension. The client does not see it.
#[derive(Clone, Debug)]
pub struct Fault(pub Arc<Error>);

/// Logs a request and its response. The current span supplies the request's id, method, route and tenant.
pub(crate) fn record(method: &Method, response: &Response, took: Duration, cost: Cost) {
    if let Some(Fault(fault)) = response.extensions().get() {
        tracing::error!(error = chain(&**fault), "the service failed");
    }
    tracing::info!(
        status = response.status().as_u16(),
        reason = response
            .extensions()
            .get::<Reason>()
            .map(|reason| reason.as_str()),
        ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        dynamodb_calls = cost.calls,
        read_units = cost.read_units,
        write_units = cost.write_units,
        "answered",
    );
    measure(method, response, took, cost);
}

/// Counts the request. The tenant is a field of the span, and no dimension.
fn measure(method: &Method, response: &Response, took: Duration, cost: Cost) {
    let (extensions, status) = (response.extensions(), response.status().as_u16());
    let route = extensions.get::<MatchedPath>().map(MatchedPath::as_str);
    let operation = format!("{} {}", known(method), route.unwrap_or("elsewhere"));
    let mut record = Record::new()
        .value_of(Metric::Latency, &operation, took.as_secs_f64() * 1_000.0)
        .property("status", status);
    if status >= 400 {
        let reason = extensions.get::<Reason>().map(|reason| reason.as_str());
        record = record.value_of(Metric::Refusals, reason.unwrap_or("none"), 1.0);
    }
    for (metric, units) in [
        (Metric::ReadUnits, cost.read_units),
        (Metric::WriteUnits, cost.write_units),
    ] {
        if units > 0.0 {
            record = record.value(metric, units);
        }
    }
    record.emit();
}

/// Returns the name of a method; one name for all that HTTP does not define, which a client may invent.
fn known(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::HEAD
        | Method::OPTIONS => method.as_str(),
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Mutex;

    use axum::response::IntoResponse;
    use rollcall_runtime::subscriber;
    use rollcall_scim as scim;
    use serde_json::Value;

    use super::*;
    use crate::problem::Problem;

    /// The logged bytes, shared between the subscriber and the test.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .expect("not poisoned")
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Logs a response as the outer layer does, and returns the lines.
    fn logged(problem: Problem) -> Vec<Value> {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(move || writer.clone()), || {
            let span = tracing::info_span!("request", request_id = "r-1", tenant = "acme");
            let cost = Cost {
                calls: 2,
                read_units: 0.5,
                write_units: 4.0,
            };
            span.in_scope(|| {
                let response = problem.into_response();
                record(&Method::GET, &response, Duration::from_millis(7), cost);
            });
        });
        let text = String::from_utf8(lines.0.lock().expect("not poisoned").clone()).expect("UTF-8");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    #[test]
    fn a_client_error_is_one_line_and_no_error() {
        let lines = logged(scim::Error::Unauthorized.into());
        let [line] = &lines[..] else {
            panic!("{lines:?}")
        };
        assert_eq!(
            (&line["level"], &line["status"]),
            (&"INFO".into(), &401.into())
        );
        assert_eq!(
            (&line["dynamodb_calls"], &line["write_units"], &line["ms"]),
            (&2.into(), &4.0.into(), &7.into())
        );
        assert_eq!(
            (&line["span"]["request_id"], &line["span"]["tenant"]),
            (&"r-1".into(), &"acme".into())
        );
    }

    #[test]
    fn a_fault_is_logged_once_with_its_causes() {
        let lines = logged(Error::Corrupt("item 42".to_owned()).into());
        let errors: Vec<_> = lines
            .iter()
            .filter(|line| line["level"] == "ERROR")
            .collect();
        let [fault] = errors[..] else {
            panic!("{lines:?}")
        };
        assert!(
            fault["error"]
                .as_str()
                .is_some_and(|error| error.contains("item 42")),
            "{fault}"
        );
        assert_eq!(lines.len(), 2);
    }
}
