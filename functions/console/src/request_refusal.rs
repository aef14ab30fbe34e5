//! Why a request failed or was done only in part, and how it was read: in a few words, and with what to do. Pure.
//!
//! The directory says it in English, for the API. The catalogues say it by its code; a test compares the two.

use rollcall_directory::{Diagnosis, LoggedRequest};
use rollcall_scim::Reading;

use crate::messages::{Text, t};

/// What is wrong, in a few words. The panel says what to do about it.
pub(crate) fn briefly(diagnosis: Diagnosis) -> Text {
    match diagnosis {
        Diagnosis::StaleUser => t("request-why-stale-user"),
        Diagnosis::StaleGroup => t("request-why-stale-group"),
        Diagnosis::GoneAlready => t("request-why-gone-already"),
        Diagnosis::NotFound => t("request-why-not-found"),
        Diagnosis::DuplicateUser => t("request-why-duplicate-user"),
        Diagnosis::DuplicateGroup => t("request-why-duplicate-group"),
        Diagnosis::Revoked => t("request-why-revoked"),
        Diagnosis::Expired => t("request-why-expired"),
        Diagnosis::NoToken => t("request-why-no-token"),
        Diagnosis::ForeignAddress => t("request-why-foreign-address"),
        Diagnosis::LastOwner => t("request-why-last-owner"),
        Diagnosis::OwnedByAnother => t("request-why-owned-by-another"),
        Diagnosis::Forbidden => t("request-why-forbidden"),
        Diagnosis::Filter => t("request-why-filter"),
        Diagnosis::UnknownMember => t("request-why-unknown-member"),
        Diagnosis::Value => t("request-why-value"),
        Diagnosis::Path => t("request-why-path"),
        Diagnosis::Mutability => t("request-why-mutability"),
        Diagnosis::Syntax => t("request-why-syntax"),
        Diagnosis::TooMany => t("request-why-too-many"),
        Diagnosis::BadRequest => t("request-why-bad-request"),
        Diagnosis::Method => t("request-why-method"),
        Diagnosis::Precondition => t("request-why-precondition"),
        Diagnosis::TooLarge => t("request-why-too-large"),
        Diagnosis::Throttled => t("request-why-throttled"),
        Diagnosis::ReadTooMuch => t("request-why-read-too-much"),
        Diagnosis::NotOffered => t("request-why-not-offered"),
        Diagnosis::Failed => t("request-why-failed"),
        Diagnosis::Skipped => t("request-why-skipped"),
        Diagnosis::IgnoredPath => t("request-why-ignored-path"),
        Diagnosis::Other => t("request-why-other"),
    }
}

/// What happened and what to do about it.
pub(crate) fn explained(diagnosis: Diagnosis) -> Text {
    match diagnosis {
        Diagnosis::StaleUser => t("diagnosis-stale-user"),
        Diagnosis::StaleGroup => t("diagnosis-stale-group"),
        Diagnosis::GoneAlready => t("diagnosis-gone-already"),
        Diagnosis::NotFound => t("diagnosis-not-found"),
        Diagnosis::DuplicateUser => t("diagnosis-duplicate-user"),
        Diagnosis::DuplicateGroup => t("diagnosis-duplicate-group"),
        Diagnosis::Revoked => t("diagnosis-revoked"),
        Diagnosis::Expired => t("diagnosis-expired"),
        Diagnosis::NoToken => t("diagnosis-no-token"),
        Diagnosis::ForeignAddress => t("diagnosis-foreign-address"),
        Diagnosis::LastOwner => t("diagnosis-last-owner"),
        Diagnosis::OwnedByAnother => t("diagnosis-owned-by-another"),
        Diagnosis::Forbidden => t("diagnosis-forbidden"),
        Diagnosis::Filter => t("diagnosis-filter"),
        Diagnosis::UnknownMember => t("diagnosis-unknown-member"),
        Diagnosis::Value => t("diagnosis-value"),
        Diagnosis::Path => t("diagnosis-path"),
        Diagnosis::Mutability => t("diagnosis-mutability"),
        Diagnosis::Syntax => t("diagnosis-syntax"),
        Diagnosis::TooMany => t("diagnosis-too-many"),
        Diagnosis::BadRequest => t("diagnosis-bad-request"),
        Diagnosis::Method => t("diagnosis-method"),
        Diagnosis::Precondition => t("diagnosis-precondition"),
        Diagnosis::TooLarge => t("diagnosis-too-large"),
        Diagnosis::Throttled => t("diagnosis-throttled"),
        Diagnosis::ReadTooMuch => t("diagnosis-read-too-much"),
        Diagnosis::NotOffered => t("diagnosis-not-offered"),
        Diagnosis::Failed => t("diagnosis-failed"),
        Diagnosis::Skipped => t("diagnosis-skipped"),
        Diagnosis::IgnoredPath => t("diagnosis-ignored-path"),
        Diagnosis::Other => t("diagnosis-other"),
    }
}

/// What a failure means and what to do about it; `None` for a request that fully succeeded.
pub(crate) fn diagnosis(request: &LoggedRequest) -> Option<Text> {
    request.diagnosed().map(explained)
}

/// The odd readings of a request: their codes, and what they mean. One that only a newer version knows has its code.
pub(crate) fn readings(request: &LoggedRequest) -> Vec<(&str, Text)> {
    let codes = request.readings.iter().map(String::as_str);
    codes.map(|code| (code, reading(code))).collect()
}

/// What an odd reading means, by its code.
pub(crate) fn reading(code: &str) -> Text {
    read_as(code).unwrap_or_else(|| t("reading-unknown"))
}

/// What an odd reading means, by its code; `None` for one that only a newer version knows.
pub(crate) fn read_as(code: &str) -> Option<Text> {
    Reading::of(code).map(meaning)
}

fn meaning(reading: Reading) -> Text {
    match reading {
        Reading::BooleanAsText => t("reading-boolean-as-text"),
        Reading::ValueWithoutArray => t("reading-value-without-array"),
        Reading::ArrayForOneValue => t("reading-array-for-one-value"),
        Reading::TextForObject => t("reading-text-for-object"),
        Reading::EmptyTextDropped => t("reading-empty-text-dropped"),
        Reading::KeyInOtherCase => t("reading-key-in-other-case"),
        Reading::OperationInOtherCase => t("reading-operation-in-other-case"),
        Reading::RemoveWithValue => t("reading-remove-with-value"),
        Reading::FilterWithoutQuotes => t("reading-filter-without-quotes"),
        Reading::ObjectCompared => t("reading-object-compared"),
        Reading::ExtensionWithoutUrn => t("reading-extension-without-urn"),
        Reading::ComparisonAfterBracket => t("reading-comparison-after-bracket"),
        Reading::ValueFromFilter => t("reading-value-from-filter"),
        Reading::UndeclaredExtension => t("reading-undeclared-extension"),
        Reading::SchemasMissing => t("reading-schemas-missing"),
        Reading::DotAfterUrn => t("reading-dot-after-urn"),
        Reading::SingleQuotes => t("reading-single-quotes"),
        Reading::AttributeIgnored => t("reading-attribute-ignored"),
        Reading::PathIgnored => t("reading-path-ignored"),
        Reading::NullDropped => t("reading-null-dropped"),
        Reading::ValueIncomplete => t("reading-value-incomplete"),
        Reading::ValueRepeated => t("reading-value-repeated"),
        Reading::ReadOnlyIgnored => t("reading-read-only-ignored"),
        Reading::PasswordIgnored => t("reading-password-ignored"),
        Reading::SchemaIgnored => t("reading-schema-ignored"),
        Reading::SchemasChangeIgnored => t("reading-schemas-change-ignored"),
        Reading::EmptyPathIgnored => t("reading-empty-path-ignored"),
        Reading::ParameterIgnored => t("reading-parameter-ignored"),
        Reading::ParameterRepeated => t("reading-parameter-repeated"),
        Reading::QueryAttributeUnknown => t("reading-query-attribute-unknown"),
        Reading::CountLimited => t("reading-count-limited"),
        Reading::MemberRepeated => t("reading-member-repeated"),
        Reading::MemberTypeIgnored => t("reading-member-type-ignored"),
        Reading::MemberSkipped => t("reading-member-skipped"),
        Reading::PathRespelled => t("reading-path-respelled"),
        Reading::ContentTypeIgnored => t("reading-content-type-ignored"),
        Reading::ByteOrderMarkDropped => t("reading-byte-order-mark-dropped"),
        Reading::AcceptIgnored => t("reading-accept-ignored"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{self, Language};
    use serde_json::json;

    /// The codes of all diagnoses, as the log has them. Each is checked to be one.
    const DIAGNOSES: [&str; 31] = [
        "stale_user",
        "stale_group",
        "gone_already",
        "not_found",
        "duplicate_user",
        "duplicate_group",
        "revoked",
        "expired",
        "no_token",
        "foreign_address",
        "last_owner",
        "owned_by_another",
        "forbidden",
        "filter",
        "unknown_member",
        "value",
        "path",
        "mutability",
        "syntax",
        "too_many",
        "bad_request",
        "method",
        "precondition",
        "too_large",
        "throttled",
        "read_too_much",
        "not_offered",
        "failed",
        "skipped",
        "ignored_path",
        "other",
    ];

    #[test]
    fn diagnoses_are_told_as_the_api_tells_them() {
        for code in DIAGNOSES {
            let known: Diagnosis = serde_json::from_value(json!(code)).unwrap();
            assert_eq!(json!(known), json!(code));
            assert_eq!(explained(known).plain(), known.text());
            language::with(Language::German, || {
                assert_ne!(explained(known).plain(), known.text(), "{code}");
                assert_ne!(briefly(known).plain(), "", "{code}");
            });
        }
    }

    #[test]
    fn readings_are_told_as_the_api_tells_them() {
        let mut request = LoggedRequest::new("GET", "/Users", 200);
        let all = Reading::ALL.iter().map(|one| one.as_str().to_owned());
        request.readings = all.chain(["later_thing".to_owned()]).collect();
        let told = readings(&request);
        assert_eq!(told.len(), Reading::ALL.len() + 1);
        for ((code, told), (known, english)) in told.iter().zip(request.odd_readings()) {
            assert_eq!((*code, &*told.plain()), (known, english));
            language::with(Language::German, || {
                assert_ne!(told.plain(), english, "{code}");
            });
        }
    }
}
