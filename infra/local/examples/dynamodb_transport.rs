//! Compares the speed of calls to the embedded DynamoDB over the loopback port and in process, without a socket.
//!
//! `cargo run --release -p rollcall-local --example dynamodb_transport` prints calls per second and their ratio.

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use futures::future::join_all;
use rollcall_local::dynamodb::{self, Dynamodb, TABLE_NAME};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The duration of each measurement.
const SPAN: Duration = Duration::from_millis(1500);

#[derive(Clone, Copy, Debug)]
enum Operation {
    Get,
    Put,
    Update,
    TransactionOf(usize),
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let directory = tempfile::tempdir()?;
    for (place, database) in [
        ("memory", Dynamodb::in_memory()?),
        ("disk", Dynamodb::on_disk(&directory.path().join("db"))?),
    ] {
        compare(place, database).await?;
    }
    Ok(())
}

async fn compare(place: &str, database: Dynamodb) -> Result<(), Failure> {
    database.ensure_table().await?;
    let listener = dynamodb::listen(0).await?;
    let loopback = dynamodb::client_of(listener.local_addr()?);
    let in_process = dynamodb::client(database.in_process());
    tokio::spawn(database.serve(listener, std::future::pending()));

    let mut out = io::stdout();
    writeln!(
        out,
        "{place:<8}{:<20}{:>8}{:>12}{:>12}{:>8}",
        "operation", "clients", "loopback/s", "process/s", "ratio"
    )?;
    let operations = [
        Operation::Get,
        Operation::Put,
        Operation::Update,
        Operation::TransactionOf(3),
        Operation::TransactionOf(100),
    ];
    for operation in operations {
        for clients in [1, 16] {
            let slow = rate(&loopback, operation, clients).await?;
            let fast = rate(&in_process, operation, clients).await?;
            let name = format!("{operation:?}");
            writeln!(
                out,
                "{:<8}{name:<20}{clients:>8}{slow:>12.0}{fast:>12.0}{:>8.2}",
                "",
                fast / slow
            )?;
        }
    }
    Ok(())
}

/// Returns the calls per second of all clients together.
async fn rate(client: &Client, operation: Operation, clients: usize) -> Result<f64, Failure> {
    let started = Instant::now();
    let workers = (0..clients).map(|worker| tokio::spawn(work(client.clone(), operation, worker)));
    let mut calls = 0;
    for done in join_all(workers).await {
        calls += done??;
    }
    Ok(f64::from(calls) / started.elapsed().as_secs_f64())
}

async fn work(client: Client, operation: Operation, worker: usize) -> Result<u32, Failure> {
    let (started, mut calls) = (Instant::now(), 0);
    while started.elapsed() < SPAN {
        call(&client, operation, &format!("{worker}-{}", calls % 1000)).await?;
        calls += 1;
    }
    Ok(calls)
}

async fn call(client: &Client, operation: Operation, sort: &str) -> Result<(), Failure> {
    match operation {
        Operation::Get => {
            client
                .get_item()
                .table_name(TABLE_NAME)
                .set_key(Some(key(sort)))
                .consistent_read(true)
                .send()
                .await?;
        }
        Operation::Put => {
            client
                .put_item()
                .table_name(TABLE_NAME)
                .set_item(Some(item(sort)))
                .send()
                .await?;
        }
        Operation::Update => {
            let update = client
                .update_item()
                .table_name(TABLE_NAME)
                .set_key(Some(key(sort)));
            let one = AttributeValue::N("1".to_owned());
            update
                .update_expression("ADD seen :one")
                .expression_attribute_values(":one", one)
                .send()
                .await?;
        }
        Operation::TransactionOf(size) => {
            let puts = (0..size).map(|at| {
                let put = Put::builder()
                    .table_name(TABLE_NAME)
                    .set_item(Some(item(&format!("{sort}-{at}"))))
                    .build()?;
                Ok(TransactWriteItem::builder().put(put).build())
            });
            let puts = puts.collect::<Result<Vec<_>, Failure>>()?;
            client
                .transact_write_items()
                .set_transact_items(Some(puts))
                .send()
                .await?;
        }
    }
    Ok(())
}

fn key(sort: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("PK".to_owned(), AttributeValue::S("T#bench".to_owned())),
        ("SK".to_owned(), AttributeValue::S(sort.to_owned())),
    ])
}

/// Returns an item of about the size of a person.
fn item(sort: &str) -> HashMap<String, AttributeValue> {
    let mut item = key(sort);
    item.insert("body".to_owned(), AttributeValue::S("x".repeat(700)));
    item
}
