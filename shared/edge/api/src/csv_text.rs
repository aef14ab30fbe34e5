//! Checks the quoting of comma-separated values (RFC 4180), and counts their lines. Pure.
//!
//! The reader of the cells forgives wrong quotes: after a stray one, it would take the lines up to the next one for one
//! cell, and their people would be lost.

/// Where a byte is.
#[derive(Clone, Copy, Debug)]
enum At {
    /// At the beginning of a cell.
    Beginning,
    /// In a cell without quotes.
    Bare,
    /// Between the quotes of a cell.
    Quoted,
    /// Behind a quote within a cell that began with one: it closes the cell, or is the first of two.
    Closed,
}

/// Checks that quotes are only around whole cells, and doubled within them.
///
/// # Errors
/// What is wrong and in which line, for the client.
pub(crate) fn check_quotes(body: &[u8]) -> Result<(), String> {
    let (mut at, mut line, mut opened) = (At::Beginning, 1_u32, 1_u32);
    for (place, byte) in body.iter().enumerate() {
        at = match (at, byte) {
            (At::Beginning, b'"') => {
                opened = line;
                At::Quoted
            }
            (At::Quoted, b'"') => At::Closed,
            (At::Quoted, _) | (At::Closed, b'"') => At::Quoted,
            (_, b',' | b'\r' | b'\n') => At::Beginning,
            (At::Closed, _) => {
                return Err(format!(
                    "line {line} has text after the closing quote of a cell that begins in line {opened}; write a quote \
                     within a quoted cell as two quotes"
                ));
            }
            (At::Bare, b'"') => {
                return Err(format!(
                    "line {line} has a quote within a cell that does not begin with one; put the whole cell in quotes, \
                     and write each of its own as two"
                ));
            }
            (At::Beginning | At::Bare, _) => At::Bare,
        };
        if ends_line(body, place) {
            line = line.saturating_add(1);
        }
    }
    match at {
        At::Quoted => Err(format!(
            "the part has a quoted cell that is not closed; it begins in line {opened}"
        )),
        At::Beginning | At::Bare | At::Closed => Ok(()),
    }
}

/// Counts the lines up to each record. The positions of the reader are before the line break that precedes a record.
pub(crate) struct Lines<'a> {
    body: &'a [u8],
    at: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(body: &'a [u8]) -> Self {
        Self {
            body,
            at: 0,
            line: 1,
        }
    }

    /// Returns the line in which a record begins. Records come in their order.
    pub(crate) fn of_record(&mut self, position: Option<&csv::Position>) -> u32 {
        let byte = position.map_or(0, csv::Position::byte);
        let from = usize::try_from(byte).unwrap_or(usize::MAX);
        let from = from.clamp(self.at, self.body.len());
        let breaks = self.body[from..].iter();
        let breaks = breaks.take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let begins = from + breaks.count();
        let passed = (self.at..begins).filter(|place| ends_line(self.body, *place));
        let passed = u32::try_from(passed.count()).unwrap_or(u32::MAX);
        self.line = self.line.saturating_add(passed);
        self.at = begins;
        self.line
    }
}

/// Returns whether a line ends with this byte: `\n`, `\r`, or the second one of `\r\n`.
fn ends_line(body: &[u8], place: usize) -> bool {
    match body.get(place) {
        Some(b'\n') => true,
        Some(b'\r') => body.get(place + 1) != Some(&b'\n'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_around_whole_cells() {
        for valid in [
            "",
            "a,b\nc,d",
            "\"a\",\"\"\r\n\"b, \"\"c\"\"\",d\r\n",
            "\"a\r\nb\rc\n\",d\r\"\"\"\",e",
            "a,\"b\"",
        ] {
            assert_eq!(check_quotes(valid.as_bytes()), Ok(()), "{valid:?}");
        }
        for (wrong, said) in [
            (
                "a,\"b\nc,d\ne,\"f\n",
                "line 3 has text after the closing quote of a cell that begins in line 1",
            ),
            ("a\n\"b\" ,c", "line 2 has text after"),
            ("a\r\"b\"c\r", "line 2 has text after"),
            ("a\r\n\r\nb\"c\"", "line 3 has a quote within"),
            ("a, \"b\"", "line 1 has a quote within"),
            ("a\n\"b\"\"\n", "not closed; it begins in line 2"),
        ] {
            let error = check_quotes(wrong.as_bytes()).expect_err(wrong);
            assert!(error.contains(said), "{wrong:?}: {error}");
        }
    }
}
