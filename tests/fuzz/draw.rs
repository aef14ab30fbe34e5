//! Draws random inputs: choices, texts that parsers find hard, and mutations of bytes.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Texts that have led parsers astray.
const HARD: [&str; 22] = [
    "",
    " ",
    "\"",
    "\\",
    "\\u",
    "\\ud800",
    "\\u0000",
    "%",
    "%2",
    "%00",
    "%ff",
    "\u{0}",
    "\u{feff}",
    "ı",
    "ſ",
    "İ",
    "ß",
    "👩‍👩‍👧",
    "\u{202e}",
    "9999999999999999999999",
    "-1",
    "1e400",
];

/// A source of random choices, which a seed decides.
pub(super) struct Draw(StdRng);

impl Draw {
    pub(super) fn seeded(seed: u64) -> Draw {
        Draw(StdRng::seed_from_u64(seed))
    }

    /// Returns a number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end.max(1))
    }

    /// Returns whether something with a chance of one in `n` happens.
    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(super) fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// Returns several parts, joined.
    pub(super) fn joined(
        &mut self,
        most: usize,
        between: &str,
        mut part: impl FnMut(&mut Draw) -> String,
    ) -> String {
        let count = self.below(most + 1);
        let parts: Vec<String> = (0..count).map(|_| part(self)).collect();
        parts.join(between)
    }

    /// Returns a text: a hard one, a word, or characters of any kind.
    pub(super) fn text(&mut self) -> String {
        match self.below(4) {
            0 => (*self.of(&HARD)).to_owned(),
            1 => {
                let count = self.below(12);
                (0..count).map(|_| self.0.random::<char>()).collect()
            }
            2 => "x".repeat(self.below(3_000)),
            _ => (*self.of(&["ada", "Ada@example.test", "true", "work", "a b", "W/\"3\""]))
                .to_owned(),
        }
    }

    /// Changes bytes here and there: flips, removals, repetitions, and hard texts in between.
    pub(super) fn mutated(&mut self, mut input: Vec<u8>) -> Vec<u8> {
        for _ in 0..self.below(4) {
            let at = self.below(input.len() + 1);
            let end = (at + self.below(24)).min(input.len());
            match self.below(4) {
                0 if at < input.len() => input[at] ^= 1 << self.below(8),
                1 => drop(input.drain(at..end)),
                2 => {
                    let part = input[at..end].repeat(1 + self.below(40));
                    input.splice(at..at, part);
                }
                _ => {
                    let hard = self.of(&HARD).bytes();
                    input.splice(at..at, hard);
                }
            }
        }
        input
    }
}
