//! Parses filters and the paths of PATCH operations.
//!
//! The parser calls itself once per parenthesis or bracket and counts them, so neither it nor anything
//! that walks its tree goes deeper than [`MAX_FILTER_DEPTH`].

use serde_json::Number;

use super::lexer::{Token, TokenKind, tokens};
use super::{CompareOp, Filter, Literal};
use crate::dialect;
use crate::error::{Error, quoted};
use crate::limits::{MAX_FILTER_BYTES, MAX_FILTER_DEPTH, MAX_FILTER_TERMS};
use crate::path::AttrPath;
use crate::schema::{Attribute, AttributeKind, ResourceType};
use crate::value;

/// Parses a filter on resources.
pub(super) fn parse_filter(rt: &'static ResourceType, text: &str) -> Result<Filter, Error> {
    let mut parser = Parser::new(rt, text)?;
    let filter = parser.or(Names::Resource)?;
    parser.end()?;
    Ok(filter)
}

/// Parses the path of a PATCH operation: `attr`, `attr.sub`, `attr[filter]` or `attr[filter].sub`.
///
/// # Errors
/// `InvalidPath` when the text is none of these.
pub(crate) fn parse_path(
    rt: &'static ResourceType,
    text: &str,
) -> Result<(AttrPath, Option<Filter>), Error> {
    let parse = || {
        let mut parser = Parser::new(rt, text)?;
        let (path, attribute) = parser.path(Names::Resource)?;
        if !parser.skip(&TokenKind::OpenBracket) {
            parser.end()?;
            return Ok((path, None));
        }
        let filter = parser.bracket(&path, attribute)?;
        let path = match parser.suffix()? {
            Some(sub) => path.with_sub(canonical(attribute, sub)),
            None => path,
        };
        parser.end()?;
        Ok((path, Some(filter)))
    };
    parse().map_err(|error: Error| Error::InvalidPath(error.to_string()))
}

/// What a path inside the filter names.
#[derive(Clone, Copy)]
enum Names {
    /// An attribute of the resource.
    Resource,
    /// A sub-attribute of this attribute, where it is declared.
    Sub(Option<&'static Attribute>),
}

struct Parser<'a> {
    rt: &'static ResourceType,
    tokens: Vec<Token<'a>>,
    next: usize,
    depth: usize,
    deepest: usize,
    terms: usize,
}

impl<'a> Parser<'a> {
    fn new(rt: &'static ResourceType, text: &'a str) -> Result<Self, Error> {
        if text.len() > MAX_FILTER_BYTES {
            return Err(Error::InvalidFilter(format!(
                "a filter may be {MAX_FILTER_BYTES} bytes long at most, send several requests"
            )));
        }
        Ok(Parser {
            rt,
            tokens: tokens(text)?,
            next: 0,
            depth: 0,
            deepest: 0,
            terms: 0,
        })
    }

    fn or(&mut self, names: Names) -> Result<Filter, Error> {
        let mut filters = vec![self.and(names)?];
        while self.skip_word("or") {
            filters.push(self.and(names)?);
        }
        Ok(one_or(filters, Filter::Or))
    }

    fn and(&mut self, names: Names) -> Result<Filter, Error> {
        let mut filters = vec![self.term(names)?];
        while self.skip_word("and") {
            filters.push(self.term(names)?);
        }
        Ok(one_or(filters, Filter::And))
    }

    fn term(&mut self, names: Names) -> Result<Filter, Error> {
        if self.skip(&TokenKind::Open) {
            return self.nested(names, &TokenKind::Close);
        }
        let negated = matches!(
            self.tokens.get(self.next..self.next + 2),
            Some([Token { kind: TokenKind::Word(word), .. }, Token { kind: TokenKind::Open, .. }])
                if word.eq_ignore_ascii_case("not")
        );
        if negated {
            self.next += 2;
            let filter = self.nested(names, &TokenKind::Close)?;
            return Ok(Filter::Not(Box::new(filter)));
        }
        self.comparison(names)
    }

    fn nested(&mut self, names: Names, close: &TokenKind<'_>) -> Result<Filter, Error> {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        self.check_depth(self.depth)?;
        let filter = self.or(names)?;
        if !self.skip(close) {
            let bracket = if *close == TokenKind::Close { ")" } else { "]" };
            return Err(self.unexpected(&format!("`{bracket}`")));
        }
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self, names: Names) -> Result<Filter, Error> {
        self.terms += 1;
        if self.terms > MAX_FILTER_TERMS {
            return Err(Error::InvalidFilter(format!(
                "a filter may have {MAX_FILTER_TERMS} comparisons at most, send several requests"
            )));
        }
        let (path, attribute) = self.path(names)?;
        if self.skip(&TokenKind::OpenBracket) {
            return self.value_path(path, attribute);
        }
        self.operation(path, attribute)
    }

    /// Parses what follows the `[` of a value path, and a comparison of `].sub` with it.
    ///
    /// `emails[type eq "work"].value eq "a@b"` is no filter of the RFC. It becomes
    /// `emails[type eq "work" and value eq "a@b"]`, which is what Entra means by it.
    fn value_path(
        &mut self,
        path: AttrPath,
        attribute: Option<&'static Attribute>,
    ) -> Result<Filter, Error> {
        let mut filter = self.bracket(&path, attribute)?;
        if let Some(sub) = self.suffix()? {
            let declared = attribute.and_then(|attribute| attribute.sub(sub));
            let compared = self.operation(AttrPath::new(canonical(attribute, sub)), declared)?;
            filter = self.both(filter, compared)?;
        }
        let filter = Box::new(filter);
        Ok(Filter::ValuePath { path, filter })
    }

    fn both(&self, first: Filter, second: Filter) -> Result<Filter, Error> {
        let mut all = match first {
            Filter::And(all) => all,
            Filter::Or(any) => {
                self.check_depth(self.deepest + 1)?;
                vec![Filter::Or(any)]
            }
            one => vec![one],
        };
        all.push(second);
        Ok(Filter::And(all))
    }

    fn bracket(
        &mut self,
        path: &AttrPath,
        attribute: Option<&'static Attribute>,
    ) -> Result<Filter, Error> {
        let simple = attribute.is_some_and(|attribute| !attribute.is_complex());
        if simple || path.sub.is_some() || path.is_whole_schema() {
            let path = quoted(&path.to_string());
            return Err(Error::InvalidFilter(format!(
                "{path} has no sub-attributes to filter by, leave the brackets out"
            )));
        }
        self.nested(Names::Sub(attribute), &TokenKind::CloseBracket)
    }

    /// Parses the `.sub` that may follow a `]`.
    fn suffix(&mut self) -> Result<Option<&'a str>, Error> {
        let Some(TokenKind::Word(word)) = self.peek() else {
            return Ok(None);
        };
        let Some(sub) = word.strip_prefix('.') else {
            return Ok(None);
        };
        if !crate::path::is_name(sub) {
            return Err(self.unexpected("the name of a sub-attribute"));
        }
        self.next += 1;
        Ok(Some(sub))
    }

    fn path(&mut self, names: Names) -> Result<(AttrPath, Option<&'static Attribute>), Error> {
        let Some(TokenKind::Word(word)) = self.peek() else {
            return Err(self.unexpected("an attribute"));
        };
        let invalid = |error: Error| Error::InvalidFilter(error.to_string());
        let found = match names {
            Names::Resource => {
                let path = AttrPath::parse(self.rt, word).map_err(invalid)?;
                let attribute = self.rt.declared(&path);
                let attribute = match &path.sub {
                    Some(sub) => attribute.and_then(|attribute| attribute.sub(sub)),
                    None => attribute,
                };
                (path, attribute)
            }
            Names::Sub(parent) => {
                if !crate::path::is_name(word) {
                    return Err(self.unexpected("the name of a sub-attribute"));
                }
                let declared = parent.and_then(|parent| parent.sub(word));
                (AttrPath::new(canonical(parent, word)), declared)
            }
        };
        self.next += 1;
        Ok(found)
    }

    /// Parses the operator and the literal.
    fn operation(
        &mut self,
        path: AttrPath,
        attribute: Option<&'static Attribute>,
    ) -> Result<Filter, Error> {
        let op = match self.peek() {
            Some(TokenKind::Word(word)) if word.eq_ignore_ascii_case("pr") => {
                self.next += 1;
                return Ok(Filter::Present(path));
            }
            Some(TokenKind::Word(word)) => CompareOp::parse(word),
            _ => None,
        };
        let Some(op) = op else {
            return Err(self.unexpected("one of eq, ne, co, sw, ew, gt, ge, lt, le, pr"));
        };
        self.next += 1;
        let (path, attribute) = compared(path, attribute)?;
        let value = self.literal(attribute.map(|attribute| attribute.kind))?;
        check_comparable(&path, attribute, op, &value)?;
        Ok(Filter::Compare { path, op, value })
    }

    fn literal(&mut self, kind: Option<AttributeKind>) -> Result<Literal, Error> {
        let literal = match self.peek() {
            Some(TokenKind::Text(text)) => Literal::String(text.clone()),
            Some(TokenKind::Word(word)) if !is_keyword(word) => bare(kind, word),
            _ => return Err(self.unexpected("a value in `\"` quotes")),
        };
        self.next += 1;
        Ok(match (literal, kind) {
            (Literal::String(text), Some(AttributeKind::Boolean)) => {
                dialect::boolean(&text).map_or(Literal::String(text), Literal::Bool)
            }
            (literal, _) => literal,
        })
    }

    fn peek(&self) -> Option<&TokenKind<'a>> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    fn skip(&mut self, kind: &TokenKind<'_>) -> bool {
        let found = self.peek() == Some(kind);
        self.next += usize::from(found);
        found
    }

    fn skip_word(&mut self, expected: &str) -> bool {
        let found = matches!(self.peek(), Some(TokenKind::Word(word)) if word.eq_ignore_ascii_case(expected));
        self.next += usize::from(found);
        found
    }

    fn end(&self) -> Result<(), Error> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.unexpected("`and`, `or` or the end")),
        }
    }

    fn check_depth(&self, depth: usize) -> Result<(), Error> {
        if depth <= MAX_FILTER_DEPTH {
            return Ok(());
        }
        Err(Error::InvalidFilter(format!(
            "a filter may nest {MAX_FILTER_DEPTH} levels deep at most, send a simpler one"
        )))
    }

    fn unexpected(&self, expected: &str) -> Error {
        Error::InvalidFilter(match self.tokens.get(self.next) {
            None => format!("the filter ends where {expected} was expected"),
            Some(token) => {
                let found = match &token.kind {
                    TokenKind::Open => "`(`".to_owned(),
                    TokenKind::Close => "`)`".to_owned(),
                    TokenKind::OpenBracket => "`[`".to_owned(),
                    TokenKind::CloseBracket => "`]`".to_owned(),
                    TokenKind::Word(word) => quoted(word),
                    TokenKind::Text(text) => quoted(text),
                };
                let at = token.at;
                format!("expected {expected} and found {found} at byte {at} of the filter")
            }
        })
    }
}

fn one_or(mut filters: Vec<Filter>, join: impl Fn(Vec<Filter>) -> Filter) -> Filter {
    match filters.len() {
        1 => filters.remove(0),
        _ => join(filters),
    }
}

fn canonical(parent: Option<&'static Attribute>, sub: &str) -> String {
    parent
        .and_then(|parent| parent.sub(sub))
        .map_or(sub, |declared| declared.name)
        .to_owned()
}

/// Words that cannot be literals without quotes; a filter with them there lacks its value.
fn is_keyword(word: &str) -> bool {
    ["and", "or", "not"]
        .iter()
        .any(|keyword| keyword.eq_ignore_ascii_case(word))
}

fn bare(kind: Option<AttributeKind>, word: &str) -> Literal {
    if word.eq_ignore_ascii_case("null") {
        return Literal::Null;
    }
    let text = kind.and_then(|_| dialect::bare_literal(kind, word));
    if let Some(text) = text {
        return Literal::String(text);
    }
    match (dialect::boolean(word), serde_json::from_str::<Number>(word)) {
        (Some(value), _) => Literal::Bool(value),
        (None, Ok(number)) => Literal::Number(number),
        (None, Err(_)) => Literal::String(word.to_owned()),
    }
}

/// Returns what a comparison compares: the `value`, where a complex attribute is named as a whole.
fn compared(
    path: AttrPath,
    attribute: Option<&'static Attribute>,
) -> Result<(AttrPath, Option<&'static Attribute>), Error> {
    if path.is_whole_schema() {
        let path = quoted(&path.to_string());
        return Err(Error::InvalidFilter(format!(
            "{path} is a schema, compare one of its attributes"
        )));
    }
    match attribute.filter(|attribute| attribute.is_complex()) {
        None => Ok((path, attribute)),
        Some(complex) => match dialect::compared_sub_attribute(complex) {
            Some(sub) if path.sub.is_none() => Ok((path.with_sub(sub), complex.sub(sub))),
            _ => {
                let path = quoted(&path.to_string());
                Err(Error::InvalidFilter(format!(
                    "{path} is complex, compare one of its sub-attributes"
                )))
            }
        },
    }
}

fn check_comparable(
    path: &AttrPath,
    attribute: Option<&'static Attribute>,
    op: CompareOp,
    value: &Literal,
) -> Result<(), Error> {
    use AttributeKind::{Binary, Boolean, DateTime};
    let name = op.as_str();
    let path = quoted(&path.to_string());
    let kind = attribute.map(|attribute| attribute.kind);
    let unordered =
        matches!(kind, Some(Boolean | Binary)) || matches!(value, Literal::Bool(_) | Literal::Null);
    if op.is_ordering() && unordered {
        return Err(Error::InvalidFilter(format!(
            "{path} has no order and cannot be compared by `{name}`"
        )));
    }
    if op.is_substring() && !matches!(value, Literal::String(_)) {
        return Err(Error::InvalidFilter(format!(
            "`{name}` compares text, put the value for {path} in quotes"
        )));
    }
    match value {
        Literal::String(text)
            if kind == Some(DateTime) && !op.is_substring() && value::instant(text).is_none() =>
        {
            Err(Error::InvalidFilter(format!(
                "{path} is compared with a date and time as in `2008-01-23T04:56:22Z`"
            )))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::{ENTERPRISE_USER_SCHEMA, GROUP, USER};

    /// Checks the form of the RFC that a filter is read as, and that reading that changes nothing.
    fn check(text: &str, expected: &str) {
        let filter = Filter::parse(&USER, text).expect(text);
        assert_eq!(filter.to_string(), expected);
        assert_eq!(Filter::parse(&USER, expected), Ok(filter));
    }

    fn same(text: &str) {
        check(text, text);
    }

    fn refuse(text: &str) -> String {
        match Filter::parse(&USER, text) {
            Err(Error::InvalidFilter(detail)) => detail,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn forms_of_the_rfc() {
        same("userName eq \"bjensen\"");
        same("name.familyName co \"O'Malley\"");
        same("title pr and userType eq \"Employee\"");
        same("title pr or userType eq \"Intern\"");
        same("userType eq \"E\" and (emails.value co \"a\" or emails.value co \"b\")");
        same("not (userType eq \"E\") and title pr");
        same("emails[type eq \"work\" and value co \"@x.com\"] or ims[type eq \"xmpp\"]");
        same("meta.lastModified gt \"2011-05-13T04:42:34Z\"");
        same("active eq true and title ne null");
        same("schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"");
        same(&format!(
            "{}:department sw \"R\"",
            ENTERPRISE_USER_SCHEMA.id
        ));
        same(&format!("{} pr", ENTERPRISE_USER_SCHEMA.id));
        same("urn:x:ext:colour eq 1.5 and urn:x:ext:shape.sides ge 3");
        same("title eq \"\\\"\\\\é\\n\"");
    }

    #[test]
    fn names_and_operators_in_any_case() {
        check(
            "USERNAME EQ \"A\" AND NOT(Title PR)",
            "userName eq \"A\" and not (title pr)",
        );
        check(
            "urn:ietf:params:scim:schemas:core:2.0:user:name.GIVENNAME sw \"A\"",
            "name.givenName sw \"A\"",
        );
        check("Emails[TYPE eq \"work\"]", "emails[type eq \"work\"]");
    }

    #[test]
    fn precedence_is_not_and_or() {
        check("a pr or b pr and c pr", "a pr or b pr and c pr");
        check("(a pr or (b pr and c pr))", "a pr or b pr and c pr");
        check("(a pr or b pr) and c pr", "(a pr or b pr) and c pr");
        check("((a pr)) and (b pr and c pr)", "a pr and (b pr and c pr)");
        check(
            "not (a pr) or not (not (b pr))",
            "not (a pr) or not (not (b pr))",
        );
    }

    #[test]
    fn dialects() {
        check("externalId eq jyoung", "externalId eq \"jyoung\"");
        check("externalId eq 0815", "externalId eq \"0815\"");
        check("externalId eq 1.0", "externalId eq \"1.0\"");
        check("externalId eq true", "externalId eq \"true\"");
        check(
            "userName eq a.b@example.com",
            "userName eq \"a.b@example.com\"",
        );
        check("active eq \"True\"", "active eq true");
        check("active eq FALSE", "active eq false");
        check("roles[primary eq \"True\"]", "roles[primary eq true]");
        let manager = format!("{}:manager.value eq \"271\"", ENTERPRISE_USER_SCHEMA.id);
        check("manager eq \"271\"", &manager);
        check("emails co \"x\"", "emails.value co \"x\"");
        check(
            "emails[type eq \"work\"].value eq \"a\"",
            "emails[type eq \"work\" and value eq \"a\"]",
        );
        check(
            "emails[type eq \"work\" or primary eq true].VALUE pr",
            "emails[(type eq \"work\" or primary eq true) and value pr]",
        );
        let members = Filter::parse(&GROUP, "members eq \"u\"").map(|f| f.to_string());
        assert_eq!(members.as_deref(), Ok("members.value eq \"u\""));
    }

    #[test]
    fn what_is_not_a_filter() {
        for text in [
            "",
            " ",
            "userName",
            "userName eq",
            "userName eq and",
            "eq \"a\"",
            "userName is \"a\"",
            "userName eq \"a\" and",
            "userName eq \"a\" title pr",
            "(userName pr",
            "userName pr)",
            "not userName pr",
            "emails[type eq \"work\"",
            "emails[]",
            "emails[type]",
            "[a pr]",
            "userName[type eq \"a\"]",
            "emails[type eq \"w\"].value",
            "emails[a.b pr]",
            "name.givenName[a pr]",
            "a..b pr",
            "userName eq \"a",
            "\"userName\" eq \"a\"",
            "()",
            "name eq \"a\"",
            "addresses eq \"a\"",
            "urn:x:e:2.0:User eq \"a\"",
        ] {
            assert!(!refuse(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_has_no_order() {
        for text in [
            "active gt true",
            "active le \"true\"",
            "x509Certificates.value ge \"aGk=\"",
            "title gt null",
            "colour lt false",
            "title co 1 and active co true",
            "meta.created gt \"yesterday\"",
            "meta.created eq \"2011\"",
        ] {
            assert!(!refuse(text).is_empty(), "{text}");
        }
        same("meta.created sw \"2011\"");
    }

    #[test]
    fn details_say_where() {
        assert_eq!(
            refuse("userName eq \"a\" && title pr"),
            "expected `and`, `or` or the end and found `&&` at byte 16 of the filter"
        );
        assert_eq!(
            refuse("userName eq"),
            "the filter ends where a value in `\"` quotes was expected"
        );
    }

    #[test]
    fn bounds() {
        let deep = |n: usize| format!("{}title pr{}", "(".repeat(n), ")".repeat(n));
        assert!(Filter::parse(&USER, &deep(MAX_FILTER_DEPTH)).is_ok());
        let detail = refuse(&deep(MAX_FILTER_DEPTH + 1));
        assert!(detail.contains("levels deep"), "{detail}");
        refuse(&deep(1_000));
        refuse(&deep(100_000));
        refuse(&format!("{}title pr", "not (".repeat(3_000)));
        let wide = |n: usize| vec!["a pr"; n].join(" or ");
        assert!(Filter::parse(&USER, &wide(MAX_FILTER_TERMS)).is_ok());
        refuse(&wide(MAX_FILTER_TERMS + 1));
        refuse(&format!("title eq \"{}\"", "a".repeat(MAX_FILTER_BYTES)));
    }

    #[test]
    fn a_comparison_drawn_into_a_value_path_stays_within_bounds() {
        let deep = |n: usize| {
            let inner = format!("{}type pr or value pr{}", "(".repeat(n), ")".repeat(n));
            format!("emails[{inner}].display pr")
        };
        for n in MAX_FILTER_DEPTH - 3..=MAX_FILTER_DEPTH {
            if let Ok(filter) = Filter::parse(&USER, &deep(n)) {
                assert_eq!(Filter::parse(&USER, &filter.to_string()), Ok(filter));
            }
        }
    }

    #[test]
    fn paths_of_operations() {
        let check = |text: &str, path: &str, filter: Option<&str>| {
            let (found, inner) = parse_path(&USER, text).expect(text);
            assert_eq!(found.to_string(), path);
            assert_eq!(inner.map(|inner| inner.to_string()).as_deref(), filter);
        };
        check("emails", "emails", None);
        check(
            "emails[Type EQ \"other\"].Value",
            "emails.value",
            Some("type eq \"other\""),
        );
        check(
            "addresses[type eq \"work\"]",
            "addresses",
            Some("type eq \"work\""),
        );
        let e = ENTERPRISE_USER_SCHEMA.id;
        check(&format!("{e}:manager"), &format!("{e}:manager"), None);
        check("urn:x:y:a[b eq 1].c", "urn:x:y:a.c", Some("b eq 1"));
        for text in [
            "",
            "emails[",
            "emails[type eq \"w\"",
            "emails[type eq \"w\"]value",
            "a b",
            "emails[type eq \"w\"].",
            "emails[type eq \"w\"].a.b",
            "userName[a pr]",
            "emails]",
            "emails[type eq \"w\"] x",
        ] {
            let error = parse_path(&USER, text);
            assert!(
                matches!(error, Err(Error::InvalidPath(_))),
                "{text}: {error:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in any::<String>()) {
            let _ = Filter::parse(&USER, &text);
            let _ = parse_path(&GROUP, &text);
        }

        #[test]
        fn any_tokens_are_parsed_or_refused(
            words in prop::collection::vec(prop::sample::select(vec![
                "(", ")", "[", "]", "not", "and", "or", "eq", "pr", "gt", "emails", "type", ".value",
                "\"a\"", "true", "1", "null", "manager", "urn:x:y:z", "not(",
            ]), 0..20)
        ) {
            if let Ok(filter) = Filter::parse(&USER, &words.join(" ")) {
                prop_assert_eq!(Filter::parse(&USER, &filter.to_string()), Ok(filter));
            }
        }
    }
}
