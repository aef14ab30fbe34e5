//! `/Users`: the function that answers for people.

use rollcall_directory::{Directory, USERS};
use rollcall_edge::{HttpFunction, finish, resource_router};

/// The function over one directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish(resource_router(directory.clone(), &USERS)).logged(directory)
}
