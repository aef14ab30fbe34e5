//! `rollcall`: starts the local run, prints its addresses, and stops on SIGINT or SIGTERM.

mod cli;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use rollcall_local::Local;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use cli::{Arguments, greeting};

#[tokio::main]
async fn main() -> ExitCode {
    init_logging();
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If stderr is closed, the error cannot be reported.
            let _ = writeln!(io::stderr(), "rollcall: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (storage, _temporary) = arguments.storage()?;
    let begun = Instant::now();
    let local = Local::start(arguments.options(storage.clone())?).await?;
    let mut stdout = io::stdout();
    // If stdout is closed, nobody reads the addresses.
    let _ = stdout
        .write_all(greeting(&local, &storage, begun.elapsed()).as_bytes())
        .and_then(|()| stdout.flush());

    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    // A second signal stops the process without waiting for requests to finish.
    tokio::select! {
        () = local.shutdown() => {}
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Starts logging to stderr, filtered by `RUST_LOG`. By default, only warnings and errors are logged: a script that
/// never reads stderr would block the service as soon as the pipe is full.
fn init_logging() {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,dynoxide=error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .compact()
        .init();
}
