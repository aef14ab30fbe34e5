//! What became of a person who is not there.

use rollcall_directory::{Error, Reason, Tenant};
use rollcall_edge_http::Problem;

/// Returns the problem for a person who is not there, with what became of them. Other errors stay as they are.
pub async fn explained(tenant: &Tenant, id: &str, error: Error) -> Problem {
    let (reason, problem) = (error.reason(), Problem::from(error));
    if !matches!(reason, Reason::NotFound | Reason::Conflict) {
        return problem;
    }
    let fate = match tenant.resources().fate(id).await {
        Ok(fate) => fate,
        Err(error) => return error.into(),
    };
    match fate {
        Some(fate) => match (fate.merged_into, reason) {
            (Some(person), _) => Problem::merged_into(&person),
            (None, Reason::NotFound) => Problem::new(
                Reason::NotFound,
                format!(
                    "this person was deleted at {}; restore them to have them back",
                    fate.deleted_at
                ),
            ),
            (None, _) => problem,
        },
        None => problem,
    }
}
