//! The tenants of the demo.

/// The ids and names of the tenants. The first one has the history.
pub(crate) const TENANTS: [(&str, &str); 3] = [
    ("larkfield", "Larkfield Instruments"),
    ("brightwater", "Brightwater Museum"),
    ("quillfeather", "Quillfeather & Sons"),
];
