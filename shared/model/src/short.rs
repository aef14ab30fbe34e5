//! A short text that is stored in place, so that what has it can be copied.

/// A text of at most `N` bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Short<const N: usize> {
    bytes: [u8; N],
    length: u8,
}

impl<const N: usize> Short<N> {
    /// Returns the text. One that is too long is cut between two characters.
    pub(crate) const fn cut(text: &str) -> Self {
        let limit = if N < u8::MAX as usize {
            N
        } else {
            u8::MAX as usize
        };
        let mut length = text.len();
        if length > limit {
            length = limit;
            while !text.is_char_boundary(length) {
                length -= 1;
            }
        }
        let (from, mut bytes, mut at) = (text.as_bytes(), [0; N], 0);
        while at < length {
            bytes[at] = from[at];
            at += 1;
        }
        Self {
            bytes,
            length: length as u8,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.length));
        bytes
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        for (text, kept) in [
            ("", ""),
            ("abcd", "abcd"),
            ("abcde", "abcd"),
            ("abcé", "abc"),
        ] {
            assert_eq!(Short::<4>::cut(text).as_str(), kept, "{text}");
        }
    }
}
