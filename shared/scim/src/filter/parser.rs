//! Parses filters and the paths of PATCH operations.
//!
//! The parser recurses for each parenthesis or bracket. It limits the depth to [`MAX_FILTER_DEPTH`], and
//! so bounds its own recursion and that of all functions that traverse the tree.

#[cfg(test)]
mod tests;

use super::ast::{CompareOp, Filter, Literal};
use super::comparison::{bare_literal, check_comparable, compared, quoted_literal};
use super::lexer::{Token, TokenKind, tokens};
use crate::dialect;
use crate::error::{Error, quoted};
use crate::limits::{MAX_FILTER_BYTES, MAX_FILTER_DEPTH, MAX_FILTER_TERMS};
use crate::names::is_name;
use crate::path::AttrPath;
use crate::reading::Reading;
use crate::schema::{Attribute, AttributeKind, ResourceType};

impl Filter {
    /// Parses a filter for resources of a type (RFC 7644 §3.4.2.2).
    ///
    /// # Errors
    /// `InvalidFilter` when the text is not a filter, exceeds one of the [`crate::limits`], or uses an
    /// operator that its attribute or value does not support.
    pub fn parse(rt: &'static ResourceType, text: &str) -> Result<Filter, Error> {
        let mut parser = Parser::new(rt, text)?;
        let filter = parser.or(Names::Resource)?;
        parser.end()?;
        Ok(filter)
    }
}

/// Parses the path of a PATCH operation: `attr`, `attr.sub`, `attr[filter]` or `attr[filter].sub`.
///
/// # Errors
/// `InvalidPath` when the text has another form.
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

/// The meaning of a name in the filter.
#[derive(Clone, Copy)]
enum Names {
    /// An attribute of the resource.
    Resource,
    /// A sub-attribute of this attribute. `None` means that no schema declares the attribute.
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
                "a filter can have at most {MAX_FILTER_BYTES} bytes, send several requests"
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
                "a filter can have at most {MAX_FILTER_TERMS} comparisons, send several requests"
            )));
        }
        let (path, attribute) = self.path(names)?;
        let unknown = match names {
            Names::Resource => path.is_unknown_in(self.rt),
            Names::Sub(parent) => parent.is_some() && attribute.is_none(),
        };
        Reading::QueryAttributeUnknown.note_if(unknown);
        if self.skip(&TokenKind::OpenBracket) {
            return self.value_path(path, attribute);
        }
        self.operation(path, attribute)
    }

    /// Parses the part of a value path after `[`, and the comparison after `]`, if there is one.
    fn value_path(
        &mut self,
        path: AttrPath,
        attribute: Option<&'static Attribute>,
    ) -> Result<Filter, Error> {
        let mut filter = self.bracket(&path, attribute)?;
        if let Some(sub) = self.suffix()? {
            let declared = attribute.and_then(|attribute| attribute.sub(sub));
            let compared = self.operation(AttrPath::new(canonical(attribute, sub)), declared)?;
            if matches!(filter, Filter::Or(_)) {
                // the `or` gets parentheses when the filter is printed, which adds a level
                self.check_depth(self.deepest + 1)?;
            }
            filter = dialect::filters::compared_within(filter, compared);
        }
        let filter = Box::new(filter);
        Ok(Filter::ValuePath { path, filter })
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

    /// Parses the `.sub` after a `]`, if there is one.
    fn suffix(&mut self) -> Result<Option<&'a str>, Error> {
        let Some(TokenKind::Word(word)) = self.peek() else {
            return Ok(None);
        };
        let Some(sub) = word.strip_prefix('.') else {
            return Ok(None);
        };
        if !is_name(sub) {
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
                let attribute = path.declared_in(self.rt);
                (path, attribute)
            }
            Names::Sub(parent) => {
                if !is_name(word) {
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
            Some(TokenKind::Text(text)) => Some(quoted_literal(kind, text)),
            Some(TokenKind::Word(word)) => bare_literal(kind, word),
            _ => None,
        };
        let literal = literal.ok_or_else(|| self.unexpected("a value in `\"` quotes"))?;
        self.next += 1;
        Ok(literal)
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
            "a filter can nest at most {MAX_FILTER_DEPTH} levels deep, send a simpler one"
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
