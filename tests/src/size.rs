//! The sizes of the tests with much data or many cases: moderate in `cargo test`, full with commands such as
//! `tests/large`.

/// The environment variable that chooses the full sizes.
const VARIABLE: &str = "ROLLCALL_FULL_SIZE";

/// Returns `full` if a command runs the tests in full, otherwise `moderate`.
pub fn size(moderate: usize, full: usize) -> usize {
    match full_size() {
        true => full,
        false => moderate,
    }
}

/// Returns whether a command runs the tests in full.
pub fn full_size() -> bool {
    std::env::var_os(VARIABLE).is_some()
}
