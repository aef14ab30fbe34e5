//! Every bound the protocol puts on input, in one place.
//!
//! A bound exists where input decides how much work or memory an answer costs.

/// The largest page, and `filter.maxResults` of the ServiceProviderConfig.
///
/// pocket-id asks for `count=1000` and trusts that it gets it.
pub const MAX_RESULTS: u64 = 1000;

/// The page size when the client names none.
pub const DEFAULT_RESULTS: u64 = 100;

/// The largest request body, in bytes.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The most operations in one PATCH; more is 400 `tooMany`.
///
/// It is published as `bulk.maxOperations`, because authentik cuts its group PATCHes by that number.
pub const MAX_PATCH_OPERATIONS: usize = 1000;

/// The most operations in one PATCH that must look at every member of a group, as
/// `members[type eq "User"]` does. Operations that name member ids do not count.
pub const MAX_MEMBER_SCANS: usize = 20;

/// The most values of one multi-valued attribute, group members excepted.
pub const MAX_VALUES: usize = 1000;

/// The longest filter, in bytes.
pub const MAX_FILTER_BYTES: usize = 16 * 1024;

/// How deep parentheses and brackets of a filter may nest.
pub const MAX_FILTER_DEPTH: usize = 50;

/// The most comparisons in one filter.
pub const MAX_FILTER_TERMS: usize = 500;

/// The most names in `attributes` and in `excludedAttributes`.
pub const MAX_PROJECTED_ATTRIBUTES: usize = 200;

/// The largest resource, as JSON, in bytes; the members of a Group do not count.
///
/// A DynamoDB item is 400 KB at most, and the journal keeps a resource before and after a change in one.
pub const MAX_RESOURCE_BYTES: usize = 128 * 1024;
