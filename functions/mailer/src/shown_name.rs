//! How names stand in a mail. They come from identity providers and can be any text, also an advertisement with a link.

/// The most characters of a name.
const MAX_CHARS: usize = 64;
/// What mail programs read as the dot of a domain.
const DOTS: [char; 5] = ['.', '\u{2024}', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// Returns a name as one short line, without what mail programs would make a link.
///
/// Words with a scheme, with `www.` or with `@` are left out. In other words, a dot between letters or digits becomes a
/// space: `evil.example` is no link any more, and `J.Doe` is still a name.
pub(crate) fn shown_name(text: &str) -> String {
    shown_line(text, MAX_CHARS)
}

/// Returns a text with names in it as one line, like a name, with at most this many characters.
pub(crate) fn shown_line(text: &str, max_chars: usize) -> String {
    let line: String = text.chars().filter_map(plain).collect();
    let words = line.split_whitespace().filter(|word| !is_link(word));
    let name = words.map(without_dots).collect::<Vec<_>>().join(" ");
    match name.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", name[..end].trim_end()),
        None => name,
    }
}

/// Returns a space for a control character, and nothing for one that is invisible or changes the direction of writing.
fn plain(c: char) -> Option<char> {
    match c {
        c if c.is_control() => Some(' '),
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => None,
        '\u{2028}'..='\u{202e}' => Some(' '),
        c => Some(c),
    }
}

fn is_link(word: &str) -> bool {
    let word = word.to_lowercase();
    ["://", "www.", "@", "mailto:", "tel:", "javascript:"]
        .iter()
        .any(|mark| word.contains(mark))
}

/// Replaces each dot between letters or digits by a space.
fn without_dots(word: &str) -> String {
    let mut chars = word.chars().peekable();
    let (mut plain, mut before) = (String::new(), None);
    while let Some(c) = chars.next() {
        let is_between = [before, chars.peek().copied()]
            .into_iter()
            .all(|next| next.is_some_and(char::is_alphanumeric));
        plain.push(if is_between && DOTS.contains(&c) {
            ' '
        } else {
            c
        });
        before = Some(c);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_link() {
        for (name, shown) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("Dr. Ada M. Lovelace, Ph.D.", "Dr. Ada M. Lovelace, Ph D."),
            ("J.Doe", "J Doe"),
            ("<b>Bob</b>", "<b>Bob</b>"),
            ("Ada\r\nBcc: all@example.test", "Ada Bcc:"),
            ("Win https://evil.example/x now", "Win now"),
            ("HTTP://EVIL.EXAMPLE", ""),
            ("www.evil.example", ""),
            ("evil.example/login", "evil example/login"),
            ("evil\u{3002}example", "evil example"),
            ("e\u{200b}vil.exa\u{ad}mple", "evil example"),
            ("\u{202e}elpmaxe.live", "elpmaxe live"),
            ("write to x@evil.example", "write to"),
            ("", ""),
            (" \t ", ""),
        ] {
            assert_eq!(shown_name(name), shown, "{name:?}");
        }
        assert_eq!(shown_name(&"ä".repeat(64)), "ä".repeat(64));
        assert_eq!(shown_name(&"ä".repeat(65)), format!("{}…", "ä".repeat(64)));
    }
}
