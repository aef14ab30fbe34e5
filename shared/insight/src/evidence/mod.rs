//! What auditors ask for: who has access and why (`access_review`), and who left and when their access ended
//! (`offboarding`, with `departed`, pure). Each says of what it is the evidence (`made`).

pub(crate) mod access_review;
mod departed;
pub(crate) mod made;
pub(crate) mod offboarding;
