//! Imports that are interrupted, and what imports cost.

use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::{
    ImportFormat, ImportMode, ImportRow, NewImport, Outcome, PartResult, Role, RoleId, Tenant,
};
use rollcall_tests::budgets::Budgets;
use rollcall_tests::service::run;
use rollcall_tests::size::full_size;
use rollcall_tests::table::TestTable;

/// A part whose process is killed is completed when it is sent again, wherever the process was.
#[test]
fn a_part_that_is_killed_at_any_call_is_completed_by_the_next() {
    run(async |service| {
        let tenant = service.tenant("import-killed").await;
        let (writer, faults) = service.other_process(&tenant);
        let (first, step) = match full_size() {
            true => (0, 1),
            false => (rand::random_range(0..5), 5),
        };
        let mut rounds = 0;
        for call in (first..).step_by(step) {
            let mut survived = false;
            for after in [false, true] {
                rounds += 1;
                let import = format!("killed-{call}-{after}");
                let rows = killed_rows(&import);
                faults.kill_at_call(call, after);
                let (writer, name) = (writer.clone(), import.clone());
                let sent = rows.clone();
                let mut process = tokio::spawn(async move { done(&writer, &name, sent).await });
                survived = tokio::select! {
                    ended = &mut process => {
                        assert_eq!(ended.unwrap().0.counts.created, 6);
                        true
                    }
                    () = faults.wait_for_kill() => {
                        process.abort();
                        let _ = process.await;
                        false
                    }
                };
                faults.clear();
                let (part, _) = done(tenant.directory(), &import, rows.clone()).await;
                assert_eq!(part.counts.rows(), 6, "{part:?}");
                assert_eq!(part.counts.failed, 0, "{part:?}");
                let again = format!("{import}-again");
                let (part, _) = done(tenant.directory(), &again, rows).await;
                assert_eq!(part.counts.unchanged, 6, "killed at call {call}: {part:?}");
            }
            if survived {
                break;
            }
        }
        let (people, _) = tenant.idp().census().await;
        assert_eq!(people, 6 * rounds);
    });
}

/// Six people with roles and groups, whom no other import has.
fn killed_rows(import: &str) -> Vec<ImportRow> {
    let rows = (1..=6).map(|number| ImportRow {
        application_id: Some(format!("{import}-{number}")),
        user_name: format!("{import}-{number}@example.test"),
        roles: Some(vec![RoleId::named("member")]),
        groups: vec![format!("Team of {import}"), "Everybody".to_owned()],
        ..row(number)
    });
    rows.collect()
}

fn row(number: usize) -> ImportRow {
    ImportRow {
        line: u32::try_from(number).unwrap(),
        application_id: Some(format!("id-{number}")),
        user_name: format!("p{number}@example.test"),
        display_name: Some(format!("Person {number}")),
        emails: Some(vec![format!("p{number}@example.test")]),
        ..ImportRow::default()
    }
}

async fn done(tenant: &Tenant, import: &str, rows: Vec<ImportRow>) -> (PartResult, Cost) {
    let new = NewImport {
        mode: ImportMode::Import,
        format: ImportFormat::JsonLines,
        connection: None,
    };
    tenant.imports().put(import, &new).await.unwrap();
    let sent = format!("{rows:?}");
    let rows = rows.into_iter().map(Ok).collect();
    let imports = tenant.imports();
    let part = imports.put_part(import, 1, (sent.as_bytes(), rows), Role::Owner);
    let (part, cost) = measure(part).await;
    (part.unwrap(), cost)
}

/// Costs are those of a part of 100 rows; a larger part costs the same for each row.
#[test]
fn imports_keep_their_budgets() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("imports").await;
        let mut budgets = Budgets::of("Imports");
        let rows: Vec<ImportRow> = (1..=100).map(row).collect();
        let (part, cost) = done(&tenant, "first", rows.clone()).await;
        assert_eq!(part.counts.created, 100);
        budgets.record("import 100 people", cost);
        let (part, cost) = done(&tenant, "second", rows.clone()).await;
        assert_eq!(part.counts.unchanged, 100);
        budgets.record("import 100 people again", cost);
        let (part, cost) = done(&tenant, "second", rows.clone()).await;
        assert!(part.is_repeated);
        budgets.record("send the same part again", cost);
        let with_all = |mut row: ImportRow| {
            row.roles = Some(vec![RoleId::named("member")]);
            row.groups = vec!["Everybody".to_owned()];
            row
        };
        let others = (101..=200).map(row).map(with_all).collect();
        let (part, cost) = done(&tenant, "third", others).await;
        assert!(part.rows.iter().all(|row| row.outcome == Outcome::Created));
        budgets.record("import 100 people with a role and a group", cost);
        let renamed = |mut row: ImportRow| {
            row.display_name = Some("Other".to_owned());
            row
        };
        let (part, cost) = done(&tenant, "fourth", rows.into_iter().map(renamed).collect()).await;
        assert_eq!(part.counts.changed, 100);
        budgets.record("change 100 people", cost);
    });
}
