//! How long a list may take: queries that read all resources end with a clear answer before the function does.

use std::future::Future;
use std::time::Duration;

use rollcall_model::Kind;
use rollcall_scim as scim;
use rollcall_store::Error;

/// How long a list may take. A function ends after 28 seconds, and has to answer and to log before that.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Runs a list for at most this long.
///
/// # Errors
/// `tooMany` when the time is over; it names the attributes by which resources are found at once. Otherwise the errors of
/// the list.
pub(super) async fn in_time<T>(
    kind: &Kind,
    patience: Duration,
    list: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(patience, list).await {
        Ok(listed) => listed,
        Err(_elapsed) => {
            let indexed = indexed(kind).join("`, `");
            let detail = format!(
                "the query reads all resources and took too long; filter with `eq` by `{indexed}`, or list without a \
                 filter and without `sortBy`"
            );
            Err(scim::Error::TooMany(detail).into())
        }
    }
}

/// Returns the attributes by which resources are found without reading all of them.
fn indexed(kind: &Kind) -> Vec<String> {
    let own = ["id", kind.unique].map(str::to_owned);
    let looked_up = kind.lookups.iter().map(|lookup| match lookup.sub {
        Some(sub) => format!("{}.{sub}", lookup.attribute),
        None => lookup.attribute.to_owned(),
    });
    let memberships = match kind.has_members() {
        true => "members.value",
        false => "groups.value",
    };
    let all = own.into_iter().chain(looked_up);
    all.chain([memberships.to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use rollcall_model::{GROUPS, USERS};

    use super::*;

    #[tokio::test]
    async fn who_waits_too_long_is_told_what_is_indexed() {
        for (kind, named) in [
            (&USERS, "`id`, `userName`, `externalId`"),
            (&GROUPS, "`members.value`"),
        ] {
            let list = in_time::<()>(kind, Duration::from_millis(1), pending());
            let Err(Error::Scim(error)) = list.await else {
                panic!("the list did not end")
            };
            assert_eq!((error.status(), error.scim_type()), (400, Some("tooMany")));
            assert!(error.to_string().contains(named), "{error}");
        }
        let done = in_time(&USERS, PATIENCE, async { Ok(7) }).await;
        assert_eq!(done.expect("a list"), 7);
    }
}
