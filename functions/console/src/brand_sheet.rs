//! The style sheet with the colour of a product and what follows from it. The name of the sheet has the colour, and nothing
//! else decides what is in it. Pure.

use std::fmt::Write;

use rollcall_directory::{Accents, Colour, InSchemes};

/// How the names of style sheets with a colour begin.
const SHEET: &str = "brand-";

/// Returns the name of the sheet with this colour.
pub(crate) fn name(accent: Colour) -> String {
    format!("{SHEET}{}.css", accent.digits())
}

/// Returns the style sheet with a colour, if that is the name of one.
pub(crate) fn named(name: &str) -> Option<String> {
    let digits = name.strip_prefix(SHEET)?.strip_suffix(".css")?;
    let brand: Colour = format!("#{digits}").parse().ok()?;
    let accents = Accents::of(brand);
    let mut sheet = format!(":root {{\n  --brand: {brand};\n");
    for (name, InSchemes { light, dark }) in tokens(&accents) {
        let _ = writeln!(sheet, "  --accent-{name}: light-dark({light}, {dark});");
    }
    sheet.push_str("}\n");
    Some(sheet)
}

/// The tokens that follow from the colour, by the end of their names.
fn tokens(accents: &Accents) -> [(&'static str, InSchemes); 6] {
    [
        ("solid", accents.solid),
        ("solid-hover", accents.solid_hover),
        ("text", accents.text),
        ("line", accents.line),
        ("tint", accents.tint),
        ("tint-line", accents.tint_line),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKENS: &str = include_str!("../assets/style/tokens.css");
    const WHITE: Colour = Colour::new(255, 255, 255);

    /// The colours of the style sheet that text can stand on, in a scheme.
    fn grounds(is_dark: bool) -> Vec<(&'static str, Colour)> {
        let named = TOKENS.split("\n  --").skip(1).filter_map(|line| {
            let (name, rest) = line.split_once(": light-dark(")?;
            let (light, rest) = rest.split_once(", ")?;
            let (dark, _) = rest.split_once(')')?;
            let colour = if is_dark { dark } else { light };
            Some((name, colour.parse().ok()?))
        });
        let is_ground = |name: &str| {
            let plain = ["canvas", "surface", "raised", "sunken", "hover", "track"];
            plain.contains(&name) || (name.ends_with("-tint") && name != "accent-tint")
        };
        named.filter(|(name, _)| is_ground(name)).collect()
    }

    fn in_scheme(colours: InSchemes, is_dark: bool) -> Colour {
        if is_dark { colours.dark } else { colours.light }
    }

    /// The 216 colours that screens once had in common: every sixth step of red, green and blue.
    fn web_colours() -> impl Iterator<Item = Colour> {
        let steps = || (0..=5_u8).map(|step| step * 51);
        steps().flat_map(move |r| {
            steps().flat_map(move |g| steps().map(move |b| Colour::new(r, g, b)))
        })
    }

    #[test]
    fn whatever_the_colour_is_text_can_be_read() {
        let mut checked = 0;
        for brand in web_colours() {
            let accents = Accents::of(brand);
            for is_dark in [false, true] {
                let of = |colours| in_scheme(colours, is_dark);
                for solid in [of(accents.solid), of(accents.solid_hover)] {
                    let contrast = solid.contrast(WHITE);
                    assert!(contrast >= 4.5, "{brand}: white on {solid}: {contrast}");
                }
                let grounds = grounds(is_dark);
                assert_eq!(grounds.len(), 10, "{grounds:?}");
                for (name, ground) in grounds.into_iter().chain([("own", of(accents.tint))]) {
                    let text = of(accents.text).contrast(ground);
                    assert!(text >= 4.5, "{brand}: a link on {name}: {text}");
                    let ring = of(accents.line).contrast(ground);
                    assert!(ring >= 3.0, "{brand}: the ring on {name}: {ring}");
                }
                checked += 1;
            }
        }
        assert_eq!(checked, 432);
    }

    #[test]
    fn a_sheet_sets_the_tokens_that_follow_from_the_brand() {
        let sheet = named(&name(Colour::new(0x2b, 0x59, 0xc3))).unwrap();
        let derived = TOKENS.split("@supports").nth(1).unwrap();
        let derived = derived.split("@media").next().unwrap();
        let names = derived.split("\n    --").skip(1);
        let names: Vec<&str> = names.filter_map(|line| line.split(':').next()).collect();
        assert_eq!(names.len(), 6);
        for name in names {
            assert!(
                sheet.contains(&format!("  --{name}: light-dark(#")),
                "{sheet}"
            );
        }
        for name in [
            "brand-.css",
            "brand-2b59c.css",
            "brand-red.css",
            "2b59c3.css",
            "brand-2b59c3",
        ] {
            assert_eq!(named(name), None, "{name}");
        }
    }
}
