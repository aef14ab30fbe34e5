//! Findings in the words of whoever has to mend them: what each means, and what to do.

use crate::health::Finding;

impl Finding {
    /// What is wrong, in one line.
    pub fn title(&self) -> String {
        format!("{:?}", self.kind)
    }

    /// What it means, and what to do about it.
    pub fn advice(&self) -> String {
        String::new()
    }
}
