//! Every limit on input, in one place.
//!
//! Each limit bounds the work or the memory that one request can cost.

/// The maximum number of resources in a page, published as `filter.maxResults` (RFC 7643 §5).
///
/// pocket-id requests `count=1000` and relies on pages of that size.
pub const MAX_RESULTS: u64 = 1000;

/// The number of resources in a page when the request has no `count` (RFC 7644 §3.4.2.4).
pub const DEFAULT_RESULTS: u64 = 100;

/// How long a cursor is valid, in seconds (RFC 9865 §4).
pub const CURSOR_TIMEOUT_SECONDS: u32 = 3_600;

/// The maximum number of resources that are sorted by an attribute. More are refused with 400 `tooMany`, except in the
/// order of the unique name, in which they are stored.
pub const MAX_SORTED: usize = 250_000;

/// The maximum size of a request body, in bytes.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The maximum number of operations in one PATCH. A PATCH with more fails with 400 `tooMany`.
pub const MAX_PATCH_OPERATIONS: usize = 1000;

/// The maximum number of operations in one bulk request, published as `bulk.maxOperations`. A request with more fails with
/// 413.
///
/// It is at most [`MAX_PATCH_OPERATIONS`], because authentik splits its Group PATCHes by the published number.
pub const MAX_BULK_OPERATIONS: usize = 1000;

const _: () = assert!(MAX_BULK_OPERATIONS <= MAX_PATCH_OPERATIONS);

/// The maximum number of operations in one PATCH that must examine every member of a Group.
///
/// A path such as `members[type eq "User"]` examines every member. An operation that identifies its
/// members by `value` does not count.
pub const MAX_MEMBER_SCANS: usize = 20;

/// The maximum number of comparisons in one PATCH: for each operation, the values that it examines times the comparisons
/// in its filter, or times the values that it names. Each 64 bytes of text count as one more value.
///
/// A thousand operations on a thousand values stay below it, if each compares once.
pub const MAX_PATCH_COMPARISONS: usize = 1_000_000;

/// The maximum `startIndex`. Larger ones are read as this one, the largest integer that every JSON parser reads exactly.
pub const MAX_START_INDEX: u64 = (1 << 53) - 1;

/// The maximum number of values of a multi-valued attribute. It does not apply to Group members.
pub const MAX_VALUES: usize = 1000;

/// The maximum length of a filter, in bytes.
pub const MAX_FILTER_BYTES: usize = 16 * 1024;

/// The maximum nesting depth of parentheses and brackets in a filter.
pub const MAX_FILTER_DEPTH: usize = 50;

/// The maximum number of comparisons in a filter.
pub const MAX_FILTER_TERMS: usize = 500;

/// The maximum number of names in each of `attributes` and `excludedAttributes`.
pub const MAX_PROJECTED_ATTRIBUTES: usize = 200;

/// The maximum size of a resource as JSON, in bytes, without the members of a Group.
///
/// A DynamoDB item holds 400 KB at most. A journal entry is one item and holds the resource twice, as it
/// was before the change and as it is after it.
pub const MAX_RESOURCE_BYTES: usize = 128 * 1024;

/// The maximum number of attributes of a declared schema, counted with sub-attributes.
pub const MAX_DECLARED_ATTRIBUTES: usize = 50;

/// The maximum length of the name of a declared attribute, in bytes.
pub const MAX_DECLARED_NAME_BYTES: usize = 64;

/// The maximum length of each text of a declared schema, in bytes.
pub const MAX_DECLARED_TEXT_BYTES: usize = 300;

/// The maximum number of canonical values, or of reference types, of a declared attribute.
pub const MAX_CANONICAL_VALUES: usize = 30;

/// The maximum number of schemas that the stack declares, and the maximum number that a tenant declares.
pub const MAX_DECLARATIONS: usize = 10;

/// The maximum number of unique attributes in all declared schemas of the stack, and in all of a tenant. A transaction
/// claims all their values.
pub const MAX_UNIQUE_ATTRIBUTES: usize = 5;

/// The maximum length of the URN of a declared schema, in bytes.
pub const MAX_URN_BYTES: usize = 200;

/// The maximum length of an error's `detail`, in characters.
const MAX_DETAIL_CHARS: usize = 600;

/// Returns the beginning of an error text, at most 600 characters. A text may repeat what the client sent, of any length.
pub fn bounded_detail(text: String) -> String {
    match text.char_indices().nth(MAX_DETAIL_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
