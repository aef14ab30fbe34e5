//! `/Groups`: the function that answers for groups.

use rollcall_directory::{Directory, GROUPS};
use rollcall_edge::{HttpFunction, finish, resource_router};

/// The function over one directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish(resource_router(directory.clone(), &GROUPS)).logged(directory)
}
