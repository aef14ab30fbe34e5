//! The messages of the console: what it says in each language, from the catalogues in `locales`.
//!
//! A message is one whole sentence or label, in the syntax of Project Fluent. What is put into it is a number, a text, or a
//! fragment of markup (a name in `<bdi>`, a link). A message contains no markup itself, and everything in it is escaped.
//!
//! `t("people-title")` is the message in the language of the visit (see `language`); outside of one, in English. A catalogue
//! is parsed when somebody first asks for its language, so that a cold start pays only for what is read. What a language
//! lacks is said in English; a test makes sure that none lacks anything.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::LazyLock;

use askama::filters::{HtmlSafe, escape};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::language::{self, Language};
use crate::markup::CodeMarks;

type Bundle = FluentBundle<FluentResource>;

/// Declares the catalogues: one file for each page or area in each language.
macro_rules! areas {
    ($($area:literal)*) => {
        /// The names of the areas.
        #[cfg(test)]
        pub(crate) const AREAS: &[&str] = &[$($area),*];
        const ENGLISH: &[&str] = &[$(include_str!(concat!("../locales/en/", $area, ".ftl"))),*];
        const GERMAN: &[&str] = &[$(include_str!(concat!("../locales/de/", $area, ".ftl"))),*];
    };
}

areas! {
    "common" "layout" "errors" "api" "open" "overview"
    "people" "person" "deleted" "merge"
    "groups" "group" "preview" "roles"
    "connect" "connection" "guides" "checklist" "rehearsal" "remedies" "held" "observed" "tokens" "issued" "settings"
    "activity" "audit" "record" "health" "reasons" "changes" "requests" "evidence" "support"
}

static IN_ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English, ENGLISH));
static IN_GERMAN: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::German, GERMAN));

fn bundle_of(language: Language) -> &'static Bundle {
    match language {
        Language::English => &IN_ENGLISH,
        Language::German => &IN_GERMAN,
    }
}

fn english_number<M>(value: &FluentValue, _: &M) -> Option<String> {
    number_of(value, Language::English)
}

fn german_number<M>(value: &FluentValue, _: &M) -> Option<String> {
    number_of(value, Language::German)
}

fn number_of(value: &FluentValue, language: Language) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(language.grouped(&format!("{:.0}", number.value))),
        _ => None,
    }
}

/// Parses the catalogues of a language. What cannot be parsed is left out; a test parses all of them.
fn bundle(language: Language, areas: &[&str]) -> Bundle {
    let tag = language.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    // Names stand in `<bdi>`: marks in the text would be copied with it.
    bundle.set_use_isolating(false);
    match language {
        Language::English => bundle.set_formatter(Some(english_number)),
        Language::German => bundle.set_formatter(Some(german_number)),
    }
    for area in areas {
        let (Ok(resource) | Err((resource, _))) = FluentResource::try_new((*area).to_owned());
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// Returns the message with this key. Keys and arguments are checked by a test.
pub(crate) fn t(key: &'static str) -> Text {
    Text {
        key,
        args: FluentArgs::new(),
        fragments: Vec::new(),
    }
}

/// A message and what is put into it.
///
/// `Display` writes HTML, which a template shows as it is; what a message has between backticks is code there.
/// [`Text::plain`] is the text alone.
#[derive(Debug)]
pub(crate) struct Text {
    key: &'static str,
    args: FluentArgs<'static>,
    fragments: Vec<Fragment>,
}

/// What is put into a message and is no text of it.
#[derive(Clone, Debug)]
struct Fragment {
    html: String,
    plain: String,
}

/// Characters of a name in a list. The page of the named item shows all of them.
pub(crate) const MAX_NAME_CHARS: usize = 80;
/// The first of the characters that stand for fragments while a message is put together. Unicode keeps 32 of them for
/// such use inside of a program; no text has them, because texts are fragments themselves.
const FIRST_MARK: u32 = 0xFDD0;
const MARKS: usize = 32;

/// A whole number that is put into a message.
pub(crate) trait Amount {
    fn value(&self) -> FluentValue<'static>;
}

macro_rules! amounts {
    ($($kind:ty)*) => {
        $(impl Amount for $kind {
            fn value(&self) -> FluentValue<'static> {
                FluentValue::from(*self)
            }
        })*
    };
}
amounts!(u8 u16 u32 u64 usize i32 i64);

impl<T: Amount + ?Sized> Amount for &T {
    fn value(&self) -> FluentValue<'static> {
        (**self).value()
    }
}

impl Text {
    /// Puts in a number, which may also decide between the variants of the message.
    #[must_use]
    pub(crate) fn n(mut self, name: &'static str, number: impl Amount) -> Self {
        self.args.set(name, number.value());
        self
    }

    /// Puts in a word of the code that decides between the variants of the message, such as the id of a state.
    #[must_use]
    pub(crate) fn choice(mut self, name: &'static str, word: impl Into<String>) -> Self {
        self.args.set(name, FluentValue::from(word.into()));
        self
    }

    /// Puts in a text as it is. A name that a visitor reads belongs into [`Text::name`].
    #[must_use]
    pub(crate) fn s(self, name: &'static str, text: impl fmt::Display) -> Self {
        let plain = text.to_string();
        self.fragment(name.into(), escaped(&plain), plain)
    }

    /// Puts in a name, which can be any text in any script: shortened, and in an element that keeps its direction apart.
    #[must_use]
    pub(crate) fn name(self, name: &'static str, text: impl AsRef<str>) -> Self {
        self.bdi(name, self::name(text.as_ref()))
    }

    /// Puts in a text of others as a whole, in an element that keeps its direction apart.
    #[must_use]
    pub(crate) fn bdi(self, name: &'static str, text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let html = format!("<bdi>{}</bdi>", escaped(text));
        self.fragment(name.into(), html, text.to_owned())
    }

    /// Puts in something that is safe HTML already: a time, or another message.
    #[must_use]
    pub(crate) fn part(self, name: &'static str, part: impl HtmlSafe) -> Self {
        let html = part.to_string();
        let plain = without_tags(&html);
        self.fragment(name.into(), html, plain)
    }

    /// Puts in a list of words of a machine, such as permissions, each marked as such.
    #[must_use]
    pub(crate) fn codes(self, name: &'static str, words: &[&str]) -> Self {
        let marked = words
            .iter()
            .map(|word| format!("<code>{}</code>", escaped(word)));
        let html = marked.collect::<Vec<_>>().join(", ");
        self.fragment(name.into(), html, words.join(", "))
    }

    /// Makes a link of what stands between `$NAME` and `$NAME-end` in the message.
    #[must_use]
    pub(crate) fn link(self, name: &'static str, address: impl fmt::Display) -> Self {
        let open = format!("<a href=\"{}\">", escaped(&address.to_string()));
        self.between(name, open, "</a>")
    }

    /// Makes a link to a page of others, which does not learn where it was followed.
    #[must_use]
    pub(crate) fn outside(self, name: &'static str, address: impl fmt::Display) -> Self {
        let address = escaped(&address.to_string());
        let open = format!("<a href=\"{address}\" rel=\"external noreferrer\">");
        self.between(name, open, "</a>")
    }

    /// Puts what stands between `$NAME` and `$NAME-end` in the message into an element, such as `strong`.
    #[must_use]
    pub(crate) fn tag(self, name: &'static str, element: &'static str) -> Self {
        self.between(name, format!("<{element}>"), &format!("</{element}>"))
    }

    fn between(self, name: &'static str, open: String, close: &str) -> Self {
        let opened = self.fragment(name.into(), open, String::new());
        opened.fragment(
            format!("{name}-end").into(),
            close.to_owned(),
            String::new(),
        )
    }

    fn fragment(mut self, name: Cow<'static, str>, html: String, plain: String) -> Self {
        // A message with more fragments does not show them; no message has half as many.
        let mark = match self.fragments.len() {
            at @ ..MARKS => char::from_u32(FIRST_MARK + u32::try_from(at).unwrap_or_default()),
            _ => None,
        };
        let mark = mark.map(String::from).unwrap_or_default();
        self.args.set(name, FluentValue::from(mark));
        self.fragments.push(Fragment { html, plain });
        self
    }

    /// The message as a text, without markup.
    #[must_use]
    pub(crate) fn plain(&self) -> String {
        let mut text = String::new();
        for c in self.formatted(language::spoken()).chars() {
            match self.fragment_of(c) {
                Some(fragment) => text.push_str(&fragment.plain),
                None => text.push(c),
            }
        }
        text
    }

    fn fragment_of(&self, mark: char) -> Option<&Fragment> {
        let at = u32::from(mark).checked_sub(FIRST_MARK)?;
        self.fragments.get(usize::try_from(at).ok()?)
    }

    /// The parts of the message in English between what is put in by these names, in this order.
    pub(crate) fn parts_in_english(self, names: &[&'static str]) -> Vec<String> {
        let text = names.iter().fold(self, |text, name| text.s(name, ""));
        let is_mark = |c: char| text.fragment_of(c).is_some();
        let parts = text.formatted(Language::English);
        parts.split(is_mark).map(str::to_owned).collect()
    }

    /// The message with marks in the places of its fragments.
    fn formatted(&self, language: Language) -> Cow<'static, str> {
        let of = |language| {
            let bundle = bundle_of(language);
            let pattern = bundle.get_message(self.key)?.value()?;
            let text = bundle.format_pattern(pattern, Some(&self.args), &mut Vec::new());
            Some(Cow::Owned(text.into_owned()))
        };
        let text = of(language).or_else(|| of(Language::English));
        text.unwrap_or(Cow::Borrowed(self.key))
    }
}

impl HtmlSafe for Text {}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.formatted(language::spoken());
        let mut marks = CodeMarks::of(&text);
        for c in text.chars() {
            if let Some(mark) = marks.mark(c) {
                f.write_str(mark)?;
                continue;
            }
            match (self.fragment_of(c), c) {
                (Some(fragment), _) => f.write_str(&fragment.html)?,
                (None, '&') => f.write_str("&amp;")?,
                (None, '<') => f.write_str("&lt;")?,
                (None, '>') => f.write_str("&gt;")?,
                (None, '"') => f.write_str("&quot;")?,
                (None, c) => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.plain()
    }
}

impl From<Text> for Cow<'_, str> {
    fn from(text: Text) -> Self {
        Cow::Owned(text.plain())
    }
}

/// Shortens a name, which can be any text, and replaces a blank one.
pub(crate) fn name(text: &str) -> String {
    let mut chars = text.chars();
    let mut shown: String = chars.by_ref().take(MAX_NAME_CHARS).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    match shown.trim().is_empty() {
        true => t("no-name").plain(),
        false => shown,
    }
}

fn escaped(text: &str) -> String {
    match escape(text, askama::filters::Html) {
        Ok(safe) => safe.to_string(),
        Err(never) => match never {},
    }
}

/// The text of safe HTML, whose texts have no bare `<` and `>`.
fn without_tags(html: &str) -> String {
    let mut parts = html.split('<');
    let first = parts.next().unwrap_or_default().to_owned();
    let text = parts.fold(first, |kept, part| {
        kept + part.split_once('>').map_or("", |(_, text)| text)
    });
    let entities = [
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&lt;", "<"),
    ];
    let more = [
        ("&#62;", ">"),
        ("&gt;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    let all = entities.iter().chain(&more);
    all.fold(text, |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_escaped_and_contained() {
        let hostile = "<script>\u{202e}\u{FDD0}{ $link }";
        let text = t("layout-support-of").name("product", hostile);
        assert_eq!(
            text.to_string(),
            "<bdi>&#60;script&#62;\u{202e}\u{FDD0}{ $link }</bdi> support"
        );
        assert_eq!(text.plain(), format!("{hostile} support"));
    }

    #[test]
    fn numbers_and_plurals_follow_the_language() {
        let people = |count: u64| t("count-people").n("count", count).plain();
        assert_eq!(people(1), "1 person");
        assert_eq!(people(2_016), "2,016 people");
        language::with(Language::German, || {
            assert_eq!(people(1), "1 Person");
            assert_eq!(people(2_016), "2.016 Personen");
        });
    }

    #[test]
    fn a_link_is_inside_its_sentence() {
        let text = t("overview-reading").link("health", "/console/health?a=\"b\"");
        let html = text.to_string();
        assert!(
            html.contains("<a href=\"/console/health?a=&#34;b&#34;\">Health</a>"),
            "{html}"
        );
        assert!(!text.plain().contains('<'));
    }

    #[test]
    fn words_of_a_machine_are_code_on_pages_only() {
        let text = t("reading-remove-with-value");
        let html = text.to_string();
        assert!(html.contains("<code>remove</code>"), "{html}");
        assert!(text.plain().contains("`remove`"));
    }

    #[test]
    fn the_text_of_markup_is_what_is_read() {
        assert_eq!(without_tags("<b>A &#38; B</b> &#60;"), "A & B <");
    }
}
