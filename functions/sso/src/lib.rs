//! What the application's backend calls with its service key: tenants, sign-ins, introspection, links, events.

use rollcall_directory::Directory;
use rollcall_edge::api::application_router;
use rollcall_edge::{HttpFunction, finish_api};

/// The function over one directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish_api(application_router(directory))
}
