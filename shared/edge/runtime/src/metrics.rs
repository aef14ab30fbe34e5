//! Metrics as lines of the log, in CloudWatch's embedded metric format: CloudWatch reads them from the log, so a function
//! calls nothing and waits for nothing.
//!
//! A [`Record`] becomes one line beside the other lines of the log. Every metric and every dimension is in [`Metric`], which
//! is closed, so no dimension can take values without bound: what a tenant does is a property of the line, which CloudWatch
//! Logs Insights and Contributor Insights read, and no metric of its own. There is no line without the variable
//! `METRICS_NAMESPACE`, and none about requests unless `REQUEST_METRICS` is `true`.
//!
//! This code takes the stance that a crate would not help: those that exist collect values in a process-wide recorder until
//! they are flushed, with one set of dimensions, which requests that run at the same time would share.

use std::io::Write;

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::fmt::{FormattedFields, MakeWriter};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The target of the lines about requests.
const OF_REQUESTS: &str = "rollcall_metrics::requests";
/// The target of all other lines.
const OF_THE_STACK: &str = "rollcall_metrics::stack";
/// The maximum number of values of a metric in one line.
const VALUES_AT_ONCE: usize = 100;

/// The environment variable with the namespace of the metrics.
pub const NAMESPACE_VARIABLE: &str = "METRICS_NAMESPACE";
/// The environment variable that switches on the metrics of requests.
pub const REQUESTS_VARIABLE: &str = "REQUEST_METRICS";

macro_rules! metrics {
    ($($(#[$doc:meta])* $metric:ident($unit:literal, $dimension:expr, $of_requests:literal);)*) => {
        /// A metric of the stack.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Metric {
            $($(#[$doc])* $metric,)*
        }

        impl Metric {
            /// All metrics.
            pub const ALL: &'static [Self] = &[$(Self::$metric),*];

            /// Returns the name in CloudWatch.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$metric => stringify!($metric),)*
                }
            }

            /// Returns the unit, one of CloudWatch's.
            pub fn unit(self) -> &'static str {
                match self {
                    $(Self::$metric => $unit,)*
                }
            }

            /// Returns the name of its dimension, if it has one.
            pub fn dimension(self) -> Option<&'static str> {
                match self {
                    $(Self::$metric => $dimension,)*
                }
            }

            /// Returns whether it is about requests, and so only on if the operator wishes it.
            pub fn is_of_requests(self) -> bool {
                match self {
                    $(Self::$metric => $of_requests,)*
                }
            }
        }
    };
}

metrics! {
    /// How long a request took, by method and route.
    Latency("Milliseconds", Some("Operation"), true);
    /// A request that was refused or failed, by the code of the reason.
    Refusals("Count", Some("Reason"), true);
    /// Read units of DynamoDB that a request consumed.
    ReadUnits("Count", None, true);
    /// Write units of DynamoDB that a request consumed.
    WriteUnits("Count", None, true);
    /// A request of an identity provider whose entry in the request log could not be written.
    Unlogged("Count", None, false);
    /// The time from a change to its event on the bus.
    EventLag("Milliseconds", None, false);
    /// A journal entry that cannot become an event and was set aside.
    EntriesSetAside("Count", None, false);
    /// The time from a change until the roles that follow from it are decided.
    RoleLag("Milliseconds", None, false);
    /// Work on roles and erasures that did not fit into a call and waits in the queue again.
    RoleBacklog("Count", None, false);
    /// The time since the last request of a connection, measured by the hourly pass for each connection that was ever used.
    SyncLag("Seconds", None, false);
    /// A part of the hourly pass that failed for a tenant.
    FailedParts("Count", None, false);
    /// The parts of an hourly pass that ended: twelve in an hour.
    CompletePasses("Count", None, false);
    /// A mail that was rejected, of which no tenant knows.
    UnknownMail("Count", None, false);
}

/// One line of metrics: values, with the dimensions that they need, and properties.
#[derive(Clone, Debug, Default)]
pub struct Record {
    values: Vec<(Metric, Vec<f64>)>,
    named: Map<String, Value>,
}

impl Record {
    /// Returns an empty record.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value of a metric without a dimension.
    pub fn value(self, metric: Metric, value: f64) -> Self {
        self.values(metric, vec![value])
    }

    /// Adds values of a metric without a dimension.
    pub fn values(mut self, metric: Metric, values: Vec<f64>) -> Self {
        if !values.is_empty() {
            self.values.push((metric, values));
        }
        self
    }

    /// Adds a value of a metric, for this value of its dimension, which must be one of a closed list.
    pub fn value_of(mut self, metric: Metric, of: &str, value: f64) -> Self {
        if let Some(dimension) = metric.dimension() {
            self.named.insert(dimension.to_owned(), json!(of));
        }
        self.value(metric, value)
    }

    /// Adds a property, which is in the line and no metric.
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.named.insert(name.to_owned(), value.into());
        self
    }

    /// Writes the record to the log, if metrics are on. More values than a line can have become several lines.
    pub fn emit(self) {
        let of_requests = self
            .values
            .iter()
            .any(|(metric, _)| metric.is_of_requests());
        for part in self.parts() {
            // The fields of an event are computed only if it is on.
            match of_requests {
                true => tracing::info!(target: OF_REQUESTS, record = part.to_json().to_string()),
                false => tracing::info!(target: OF_THE_STACK, record = part.to_json().to_string()),
            }
        }
    }

    /// Divides the record into those that fit into a line.
    fn parts(self) -> Vec<Self> {
        let longest = self.values.iter().map(|(_, values)| values.len()).max();
        let count = longest.unwrap_or_default().div_ceil(VALUES_AT_ONCE);
        if count == 1 {
            return vec![self];
        }
        let part = |index: usize| {
            let some = |values: &Vec<f64>| {
                let values = values.iter().skip(index * VALUES_AT_ONCE);
                values.take(VALUES_AT_ONCE).copied().collect()
            };
            self.values
                .iter()
                .map(|(metric, values)| (*metric, some(values)))
                .filter(|(_, values): &(_, Vec<f64>)| !values.is_empty())
                .collect()
        };
        (0..count)
            .map(|index| Self {
                values: part(index),
                named: self.named.clone(),
            })
            .collect()
    }

    /// Returns the metrics as the format describes them, without namespace and time.
    fn to_json(&self) -> Value {
        let directive = |(metric, _): &(Metric, Vec<f64>)| {
            let dimensions: Vec<&str> = metric.dimension().into_iter().collect();
            json!({"Dimensions": [dimensions],
                   "Metrics": [{"Name": metric.name(), "Unit": metric.unit()}]})
        };
        let directives: Vec<Value> = self.values.iter().map(directive).collect();
        let mut line = Map::new();
        line.insert("directives".to_owned(), json!(directives));
        for (metric, values) in &self.values {
            let value = match &values[..] {
                [value] => json!(value),
                values => json!(values),
            };
            line.insert(metric.name().to_owned(), value);
        }
        line.extend(self.named.clone());
        Value::Object(line)
    }
}

/// What the layer writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// The namespace of all metrics; `None` for no metrics at all.
    pub namespace: Option<String>,
    /// Whether requests are measured, too.
    pub requests: bool,
}

impl Measured {
    /// Returns what the environment of the function says.
    pub(crate) fn from_env() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        Self {
            namespace: variable(NAMESPACE_VARIABLE),
            requests: variable(REQUESTS_VARIABLE).is_some_and(|text| text == "true"),
        }
    }

    /// Returns whether the layer sees this: the metrics that are on, and the spans whose fields they carry.
    pub(crate) fn sees(&self, what: &Metadata<'_>) -> bool {
        let target = what.target();
        match what.is_span() {
            true => target.starts_with("rollcall") && *what.level() <= Level::INFO,
            false => target == OF_THE_STACK || (target == OF_REQUESTS && self.requests),
        }
    }
}

/// Writes each record as one line, with the fields of the current span: request id, trace id, tenant.
pub(crate) struct Lines<W> {
    pub(crate) writer: W,
    pub(crate) namespace: String,
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut found = Found(None);
        event.record(&mut found);
        let record = found.0.and_then(|text| serde_json::from_str(&text).ok());
        let Some(Value::Object(mut line)) = record else {
            return;
        };
        let mut directives = line.remove("directives").unwrap_or_default();
        for directive in directives.as_array_mut().into_iter().flatten() {
            directive["Namespace"] = json!(self.namespace);
        }
        let now = std::time::SystemTime::now();
        let now = now
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let milliseconds = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let metadata = json!({"Timestamp": milliseconds, "CloudWatchMetrics": directives});
        line.insert("_aws".to_owned(), metadata);
        if let Some(span) = context.event_span(event) {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<JsonFields>>();
            let fields = fields.and_then(|fields| serde_json::from_str(fields).ok());
            line.insert("span".to_owned(), fields.unwrap_or(Value::Null));
        }
        let text = format!("{}\n", Value::Object(line));
        // There is nobody to tell that the log cannot be written.
        _ = self.writer.make_writer().write_all(text.as_bytes());
    }
}

/// The field `record` of an event.
struct Found(Option<String>);

impl Visit for Found {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "record" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::measuring;
    use crate::log::tests::Lines as Written;

    fn written(measured: Measured, emit: impl FnOnce()) -> Vec<Value> {
        let lines = Written::default();
        let writer = lines.clone();
        let subscriber = measuring(move || writer.clone(), measured);
        tracing::subscriber::with_default(subscriber, emit);
        lines.json()
    }

    fn all() -> Measured {
        Measured {
            namespace: Some("rollcall-test".to_owned()),
            requests: true,
        }
    }

    #[test]
    fn a_record_is_one_line_of_the_format() {
        let lines = written(all(), || {
            let span = tracing::info_span!("request", request_id = "r-1", tenant = "acme");
            span.in_scope(|| {
                Record::new()
                    .value_of(Metric::Latency, "GET /scim/v2/Users", 7.0)
                    .value(Metric::ReadUnits, 1.5)
                    .property("status", 200)
                    .emit();
            });
        });
        let [line] = &lines[..] else {
            panic!("{lines:?}")
        };
        let metadata = &line["_aws"];
        assert!(metadata["Timestamp"].is_u64(), "{line}");
        assert_eq!(
            metadata["CloudWatchMetrics"],
            json!([
                {"Dimensions": [["Operation"]], "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}], "Namespace": "rollcall-test"},
                {"Dimensions": [[]], "Metrics": [{"Name": "ReadUnits", "Unit": "Count"}], "Namespace": "rollcall-test"},
            ])
        );
        assert_eq!(
            (&line["Latency"], &line["Operation"], &line["ReadUnits"]),
            (&json!(7.0), &json!("GET /scim/v2/Users"), &json!(1.5))
        );
        assert_eq!(line["span"], json!({"request_id": "r-1", "tenant": "acme"}));
        assert_eq!(line["status"], 200);
    }

    #[test]
    fn nothing_is_measured_unless_it_is_on() {
        let emit = || {
            Record::new().value(Metric::ReadUnits, 1.0).emit();
            Record::new().value(Metric::EventLag, 1.0).emit();
        };
        let only_stack = Measured {
            requests: false,
            ..all()
        };
        for (measured, expected) in [(all(), 2), (only_stack, 1), (Measured::default(), 0)] {
            assert_eq!(written(measured, emit).len(), expected);
        }
    }

    #[test]
    fn many_values_are_several_lines() {
        let lags: Vec<f64> = (0..250).map(f64::from).collect();
        let lines = written(all(), || {
            Record::new().values(Metric::EventLag, lags).emit();
            Record::new().values(Metric::EventLag, Vec::new()).emit();
        });
        let counts: Vec<usize> = lines
            .iter()
            .map(|line| line["EventLag"].as_array().expect("values").len())
            .collect();
        assert_eq!(counts, [100, 100, 50]);
    }

    #[test]
    fn names_and_units_are_cloudwatchs() {
        for metric in Metric::ALL {
            assert!(["Milliseconds", "Seconds", "Count"].contains(&metric.unit()));
            assert!(
                metric.dimension().is_none() || metric.is_of_requests(),
                "{metric:?}"
            );
        }
    }
}
