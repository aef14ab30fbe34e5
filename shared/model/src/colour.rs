//! A colour of a product, and the colours of pages that follow from it, so that text in them can be read whatever the
//! product's colour is. Pure.
//!
//! The hue stays. Lightness and chroma are clamped in Oklch, and where a contrast is still too low (WCAG 2.2, 1.4.3 and
//! 1.4.11), the lightness goes on until it is not.

use std::fmt;
use std::str::FromStr;

use color::{Oklch, OpaqueColor, Srgb};
use serde::{Deserialize, Serialize};

/// The lowest contrast of text.
const TEXT: f32 = 4.5;
/// The lowest contrast of marks and of the ring around what has the focus.
const MARK: f32 = 3.0;
/// By how much the lightness changes while a contrast is too low.
const STEP: f32 = 0.01;
const WHITE: Colour = Colour([255, 255, 255]);

/// The grounds of the pages in the light scheme, the darkest and those that are tinted.
const LIGHT: [Colour; 8] = [
    Colour([0xff, 0xff, 0xff]),
    Colour([0xf6, 0xf7, 0xf9]),
    Colour([0xf3, 0xf5, 0xf8]),
    Colour([0xe9, 0xec, 0xf1]),
    Colour([0xe7, 0xf6, 0xed]),
    Colour([0xfd, 0xf3, 0xe0]),
    Colour([0xfd, 0xee, 0xed]),
    Colour([0xea, 0xf1, 0xfd]),
];
/// The grounds of the pages in the dark scheme, the lightest and those that are tinted.
const DARK: [Colour; 9] = [
    Colour([0x0e, 0x10, 0x14]),
    Colour([0x16, 0x19, 0x1f]),
    Colour([0x1c, 0x20, 0x27]),
    Colour([0x1b, 0x1f, 0x26]),
    Colour([0x2a, 0x2f, 0x39]),
    Colour([0x11, 0x29, 0x1c]),
    Colour([0x2b, 0x21, 0x0e]),
    Colour([0x32, 0x16, 0x15]),
    Colour([0x14, 0x21, 0x3a]),
];

/// A colour of sRGB, in eight bits each of red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour([u8; 3]);

/// The error for a text that is not a [`Colour`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a colour is `#` and six hexadecimal digits, such as `#5b21b6`")]
pub struct InvalidColour;

impl Colour {
    /// Returns the colour with these shares of red, green and blue.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// Returns the contrast of the two colours, from 1 to 21 (WCAG 2.2).
    pub fn contrast(self, other: Self) -> f32 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// Returns the six hexadecimal digits, in lower case.
    pub fn digits(self) -> String {
        hex::encode(self.0)
    }

    fn luminance(self) -> f32 {
        self.srgb().relative_luminance()
    }

    fn srgb(self) -> OpaqueColor<Srgb> {
        OpaqueColor::new(self.0.map(|part| f32::from(part) / 255.0))
    }

    fn shade(self) -> Shade {
        let [lightness, chroma, hue] = self.srgb().convert::<Oklch>().components;
        Shade {
            lightness,
            chroma,
            hue,
        }
    }
}

impl FromStr for Colour {
    type Err = InvalidColour;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('#').ok_or(InvalidColour)?;
        let mut parts = [0; 3];
        hex::decode_to_slice(digits, &mut parts).map_err(|_| InvalidColour)?;
        Ok(Self(parts))
    }
}

impl TryFrom<String> for Colour {
    type Error = InvalidColour;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.digits())
    }
}

/// A colour in the two schemes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InSchemes {
    /// In the light scheme.
    pub light: Colour,
    /// In the dark scheme.
    pub dark: Colour,
}

/// The colours that follow from the colour of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accents {
    /// The ground of the button for the next thing to do. White on it can be read.
    pub solid: InSchemes,
    /// The same under the pointer.
    pub solid_hover: InSchemes,
    /// Links, on every ground.
    pub text: InSchemes,
    /// The ring around what has the focus, bars and progress.
    pub line: InSchemes,
    /// The ground of what is selected.
    pub tint: InSchemes,
    /// The edge of what is selected.
    pub tint_line: InSchemes,
}

impl Accents {
    /// Returns the colours that follow from this one.
    pub fn of(brand: Colour) -> Self {
        let brand = brand.shade();
        let both = |light: Shade, dark: Shade| InSchemes {
            light: light.colour(),
            dark: dark.colour(),
        };
        let solid = [(0.0, 0.52), (0.46, 0.52)].map(|(low, high)| {
            let solid = brand.within(low, high, 0.19);
            solid.until(-STEP, |it| it.contrast(WHITE) >= TEXT)
        });
        let tint = both(
            brand.within(0.965, 0.965, 0.018),
            brand.within(0.275, 0.275, 0.05),
        );
        let on_all = |shade: Shade, grounds: &[Colour], tint: Colour, step: f32, lowest: f32| {
            let is_seen = |it: Colour| {
                let mut all = grounds.iter().chain([&tint]);
                all.all(|ground| it.contrast(*ground) >= lowest)
            };
            shade.until(step, is_seen)
        };
        let in_light = |shade, lowest| on_all(shade, &LIGHT, tint.light, -STEP, lowest);
        let in_dark = |shade, lowest| on_all(shade, &DARK, tint.dark, STEP, lowest);
        Self {
            solid: both(solid[0], solid[1]),
            solid_hover: both(solid[0].darker(), solid[1].darker()),
            text: both(
                in_light(brand.within(0.0, 0.48, 0.17), TEXT),
                in_dark(brand.within(0.76, 0.86, 0.12), TEXT),
            ),
            line: both(
                in_light(brand.within(0.45, 0.57, 0.19), MARK),
                in_dark(brand.within(0.64, 0.74, 0.17), MARK),
            ),
            tint,
            tint_line: both(brand.within(0.88, 0.88, 0.05), brand.within(0.4, 0.4, 0.08)),
        }
    }
}

/// A colour in Oklch.
#[derive(Clone, Copy, Debug)]
struct Shade {
    lightness: f32,
    chroma: f32,
    /// In degrees.
    hue: f32,
}

impl Shade {
    /// Returns the shade with its lightness between these and with at most this chroma.
    fn within(self, low: f32, high: f32, most_chroma: f32) -> Self {
        Self {
            lightness: self.lightness.clamp(low, high),
            chroma: self.chroma.min(most_chroma),
            ..self
        }
    }

    /// Changes the lightness until the colour is as it must be, or cannot change further.
    fn until(self, step: f32, is_good: impl Fn(Colour) -> bool) -> Self {
        let mut shade = self;
        while !is_good(shade.colour()) && (0.0..=1.0).contains(&shade.lightness) {
            shade.lightness += step;
        }
        shade
    }

    fn darker(self) -> Self {
        Self {
            lightness: (self.lightness - 0.05).max(0.0),
            ..self
        }
    }

    /// Returns the colour in sRGB. What sRGB lacks has less chroma, and the same lightness and hue.
    fn colour(self) -> Colour {
        let (mut low, mut high) = (0.0, 1.0);
        if is_in_srgb(self.srgb(1.0)) {
            low = 1.0;
        }
        for _ in 0..16 {
            let share = f32::midpoint(low, high);
            match is_in_srgb(self.srgb(share)) {
                true => low = share,
                false => high = share,
            }
        }
        let colour = self.srgb(low).to_rgba8();
        Colour([colour.r, colour.g, colour.b])
    }

    /// Returns the components in sRGB with a share of the chroma.
    fn srgb(self, share: f32) -> OpaqueColor<Srgb> {
        let lightness = self.lightness.clamp(0.0, 1.0);
        OpaqueColor::<Oklch>::new([lightness, self.chroma * share, self.hue]).convert()
    }
}

fn is_in_srgb(colour: OpaqueColor<Srgb>) -> bool {
    let mut parts = colour.components.into_iter();
    parts.all(|part| (-0.000_5..=1.000_5).contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_six_digits() {
        for (text, read) in [
            ("#5b21b6", Some("#5b21b6")),
            ("#ABCDEF", Some("#abcdef")),
            ("5b21b6", None),
            ("#5b21b", None),
            ("#5b21b6ff", None),
            ("#fff", None),
            ("#5b21bg", None),
            ("#+b21b6", None),
            ("red", None),
            ("#ffffff;}", None),
            ("", None),
        ] {
            let colour = text.parse::<Colour>().ok().map(String::from);
            assert_eq!(colour.as_deref(), read, "{text}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        let black = Colour::new(0, 0, 0);
        assert!((black.contrast(WHITE) - 21.0).abs() < 0.001);
        assert!((WHITE.contrast(black) - 21.0).abs() < 0.001);
        // The grey that is said to be just enough.
        let grey = Colour::new(0x76, 0x76, 0x76);
        assert!((grey.contrast(WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn the_hue_stays_and_extremes_become_readable() {
        for (brand, is_like) in [
            // Lemon becomes olive, black slate in the dark.
            ("#fff200", |it: &Accents| it.solid.light.0[2] < 0x40),
            ("#000000", |it: &Accents| {
                it.solid.light == Colour::new(0, 0, 0)
            }),
            ("#ffffff", |it: &Accents| {
                it.text.light.contrast(WHITE) > TEXT
            }),
            ("#2b59c3", |it: &Accents| {
                it.solid.light.0[2] > it.solid.light.0[0]
            }),
        ] as [(&str, fn(&Accents) -> bool); 4]
        {
            let accents = Accents::of(brand.parse().unwrap());
            assert!(is_like(&accents), "{brand}: {accents:?}");
        }
    }
}
