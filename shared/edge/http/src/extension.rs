//! An internal extension of Lambda, which keeps the environment of a function running until the work that a request has
//! left for after its answer is done.
//!
//! Lambda freezes an environment when its runtime and all its extensions have asked for the next event. The answer is on
//! its way as soon as the runtime has sent it, and the extension asks only when the work is done.
//!
//! This code takes the stance that the crate `lambda-extension` would not help: it brings a server for telemetry, and so
//! features of `hyper` that the functions behind queues lack. The client is that of the runtime.

use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::Inspect;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use http_body_util::BodyExt;
use lambda_http::lambda_runtime::layers::TracingLayer;
use lambda_http::lambda_runtime::{LambdaInvocation, Runtime};
use lambda_http::{Adapter, Error};
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tower::Service;
use tower::layer::layer_fn;

use crate::afterwards::Afterwards;
use crate::function::HttpFunction;

const NAME: &str = "after-answer";
const NAME_HEADER: &str = "lambda-extension-name";
const ID_HEADER: &str = "lambda-extension-identifier";
const REGISTER: &str = "/2020-01-01/extension/register";
const NEXT: &str = "/2020-01-01/extension/event/next";
/// An internal extension can ask for no other event.
const EVENTS: &str = r#"{"events":["INVOKE"]}"#;

/// How long Lambda may take to register the extension, which it does at once.
const REGISTERS: Duration = Duration::from_secs(2);
/// After a failure of the extension, the request that came together with it has begun by then.
const ARRIVES: Duration = Duration::from_secs(1);
/// No request takes longer: Lambda ends the function.
const LONGEST_REQUEST: Duration = Duration::from_secs(28);

/// A registered extension.
#[derive(Debug)]
pub(crate) struct Extension {
    client: PooledClient,
    id: HeaderValue,
}

impl Extension {
    /// Registers the extension. This must be done before the runtime asks for its first event.
    ///
    /// Returns an inner error when Lambda refuses it, or cannot be reached: then there is no extension.
    ///
    /// # Errors
    /// When Lambda has registered an extension that cannot go on. It would wait for that at each request.
    pub(crate) async fn register() -> Result<Result<Self, Error>, Error> {
        let client = PooledClient::builder().build();
        let request = build_request()
            .method(Method::POST)
            .uri(REGISTER)
            .header(NAME_HEADER, NAME)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(EVENTS))?;
        let response = match timeout(REGISTERS, client.call(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Ok(Err(error)),
            Err(late) => return Ok(Err(late.into())),
        };
        let status = response.status();
        if !status.is_success() {
            return Ok(Err(
                format!("Lambda registered no extension: {status}").into()
            ));
        }
        let id = response.headers().get(ID_HEADER).cloned();
        timeout(REGISTERS, response.into_body().collect()).await??;
        match id {
            Some(id) => Ok(Ok(Self { client, id })),
            None => Err(format!("Lambda gave the extension no id: {status}").into()),
        }
    }

    /// Runs a function in the Lambda runtime beside the extension. Returns when one of them ends; if that is the extension,
    /// when the request that is under way is answered and its work is done.
    ///
    /// # Errors
    /// Only those of the runtime and of the extension's requests. The environment then ends, and Lambda starts another.
    pub(crate) async fn run(self, function: HttpFunction) -> Result<(), Error> {
        let afterwards = Afterwards::default();
        let (begun, mut works) = unbounded_channel();
        let (busy, mut is_busy) = watch::channel(false);
        let function = function.leaving(afterwards.clone());
        let runtime = Runtime::new(Adapter::from(function)).layer(TracingLayer::new());
        let runtime = runtime.layer(layer_fn(move |inner| Sending {
            inner,
            afterwards: afterwards.clone(),
            begun: begun.clone(),
            busy: busy.clone(),
        }));
        let mut runtime = pin!(runtime.run());
        let failed = tokio::select! {
            ended = &mut runtime => return ended,
            failed = self.follow(&mut works) => failed,
        };
        let answered = async {
            sleep(ARRIVES).await;
            // If it cannot change any more, the runtime has ended.
            _ = is_busy.wait_for(|is_busy| !is_busy).await;
            while let Ok(work) = works.try_recv() {
                // A failure of this work would be the second one.
                _ = work.await;
            }
        };
        tokio::select! {
            _ = &mut runtime => {}
            _ = timeout(LONGEST_REQUEST, answered) => {}
        }
        failed
    }

    /// Asks for one event after another, each time when the work of the invocation before is done.
    async fn follow(&self, works: &mut UnboundedReceiver<JoinHandle<()>>) -> Result<(), Error> {
        loop {
            self.next().await?;
            // There is one for each invocation, also for one that leaves nothing.
            let Some(work) = works.recv().await else {
                return Ok(());
            };
            work.await?;
        }
    }

    async fn next(&self) -> Result<(), Error> {
        let request = build_request()
            .method(Method::GET)
            .uri(NEXT)
            .header(ID_HEADER, &self.id)
            .body(Body::empty())?;
        let response = self.client.call(request).await?;
        let status = response.status();
        response.into_body().collect().await?;
        match status.is_success() {
            true => Ok(()),
            false => Err(format!("Lambda gave the extension no event: {status}").into()),
        }
    }
}

/// A layer around the runtime's own: begins the work of a request when its answer is sent, or cannot be.
#[derive(Debug)]
struct Sending<S> {
    inner: S,
    afterwards: Afterwards,
    begun: UnboundedSender<JoinHandle<()>>,
    /// Whether a request is under way.
    busy: watch::Sender<bool>,
}

type Begin = Box<dyn FnOnce(&Result<(), Error>) + Send>;

impl<S> Service<LambdaInvocation> for Sending<S>
where
    S: Service<LambdaInvocation, Response = (), Error = Error>,
{
    type Response = ();
    type Error = Error;
    type Future = Inspect<S::Future, Begin>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let (afterwards, begun) = (self.afterwards.clone(), self.begun.clone());
        let busy = self.busy.clone();
        busy.send_replace(true);
        let begin: Begin = Box::new(move |_sent| {
            let work = tokio::spawn(async move { afterwards.done().await });
            // Whoever would receive it ends together with the runtime.
            _ = begun.send(work);
            busy.send_replace(false);
        });
        self.inner.call(invocation).inspect(begin)
    }
}
