//! Counts what each tenant costs in DynamoDB, at the HTTP layer of the SDK: calls and capacity units.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rollcall_local::WrapHttpClient;
use serde_json::Value;

/// What calls to DynamoDB cost together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Units {
    /// The number of calls.
    pub calls: u64,
    /// The capacity units, those of reads and of writes together.
    pub units: f64,
}

/// A meter for each tenant. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct UnitMeter {
    of_tenants: Arc<Mutex<BTreeMap<String, Units>>>,
}

impl UnitMeter {
    /// Returns what wraps the client of a service, so that its calls are counted.
    pub fn wrap(&self) -> WrapHttpClient {
        let meter = self.clone();
        Box::new(move |inner| SharedHttpClient::new(Metered { meter, inner }))
    }

    /// Returns what the tenant cost since the last time, and begins anew for it.
    pub fn take(&self, tenant: &str) -> Units {
        self.lock().remove(tenant).unwrap_or_default()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Units>> {
        self.of_tenants
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, tenant: String, units: f64) {
        let mut of_tenants = self.lock();
        let sum = of_tenants.entry(tenant).or_default();
        sum.calls += 1;
        sum.units += units;
    }
}

/// Returns the tenant whose partition a request names first: all items of one request belong to one tenant, besides those
/// of the stack.
fn tenant_of(request: &HttpRequest) -> Option<String> {
    let body = request.body().bytes().unwrap_or_default();
    let text = String::from_utf8_lossy(body);
    let (_, after) = text.split_once("\"T#")?;
    Some(after.split(['#', '"']).next()?.to_owned())
}

/// Returns the capacity units that an answer tells: those of one table or, for a batch or a transaction, of several.
fn units_of(answer: &[u8]) -> f64 {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let told = &answer["ConsumedCapacity"];
    let tables = told
        .as_array()
        .map_or(std::slice::from_ref(told), |all| all);
    let units = tables.iter().map(|one| one["CapacityUnits"].as_f64());
    units.map(Option::unwrap_or_default).sum()
}

#[derive(Debug)]
struct Metered {
    meter: UnitMeter,
    inner: SharedHttpClient,
}

impl HttpClient for Metered {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(MeteredConnector {
            meter: self.meter.clone(),
            inner: self.inner.http_connector(settings, components),
        })
    }
}

#[derive(Debug)]
struct MeteredConnector {
    meter: UnitMeter,
    inner: SharedHttpConnector,
}

impl HttpConnector for MeteredConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let tenant = tenant_of(&request);
        let (meter, answer) = (self.meter.clone(), self.inner.call(request));
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            if let Some(tenant) = tenant {
                // The embedded DynamoDB answers in memory, so the bytes are there.
                meter.add(tenant, units_of(answer.body().bytes().unwrap_or_default()));
            }
            Ok(answer)
        })
    }
}
