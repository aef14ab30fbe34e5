//! The sizes of the tests with much data: moderate in `cargo test`, full with `tests/large`.

/// The environment variable that chooses the full sizes.
const VARIABLE: &str = "ROLLCALL_FULL_SIZE";

/// Returns `full` if `tests/large` runs the tests, otherwise `moderate`.
pub fn size(moderate: usize, full: usize) -> usize {
    match std::env::var_os(VARIABLE) {
        Some(_) => full,
        None => moderate,
    }
}
