//! Puts names of made-up people together. Pure, and the same at every start.

/// The names by culture.
const NAMES: &str = include_str!("names.txt");

/// What the words of a name are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    GivenFamily,
    FamilyGiven,
    Given,
    /// The second one is that of the father.
    GivenGiven,
    GivenFamilyFamily,
}

/// A culture: its names, each as it is written and in Latin letters.
#[derive(Debug)]
struct Culture {
    order: Order,
    given: Vec<Word>,
    family: Vec<Word>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Word {
    shown: &'static str,
    latin: &'static str,
}

/// The name of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// What people call the person.
    pub(super) shown: String,
    /// The given name, as it is written.
    pub(super) given: String,
    /// The family name. Empty for somebody who has none.
    pub(super) family: String,
    /// What an address begins with.
    pub(super) mailbox: String,
}

/// Draws numbers. The same seed brings the same numbers (SplitMix64).
#[derive(Clone, Debug)]
pub(super) struct Draw(u64);

impl Draw {
    /// Begins with a seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number below `end`, or 0 if that is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut drawn = self.0;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        drawn ^= drawn >> 31;
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(drawn % end).unwrap_or_default()
    }

    /// Returns one of these.
    pub(super) fn of<T: Copy + Default>(&mut self, all: &[T]) -> T {
        let at = self.below(all.len());
        all.get(at).copied().unwrap_or_default()
    }
}

/// Draws names of all cultures.
#[derive(Debug)]
pub(super) struct Names {
    cultures: Vec<Culture>,
    draw: Draw,
}

impl Names {
    /// Reads the names.
    pub(super) fn new(seed: u64) -> Self {
        let lines = NAMES.lines().filter(|line| !line.starts_with('#'));
        Self {
            cultures: lines.filter_map(culture).collect(),
            draw: Draw::new(seed),
        }
    }
}

impl Iterator for Names {
    type Item = Name;

    fn next(&mut self) -> Option<Name> {
        let culture = self.draw.below(self.cultures.len());
        let culture = self.cultures.get(culture)?;
        let mut one = |words: &[Word]| words.get(self.draw.below(words.len())).copied();
        let given = one(&culture.given)?;
        Some(match culture.order {
            Order::Given => name(given, None, [given].as_slice()),
            Order::GivenGiven => {
                let father = one(&culture.given)?;
                name(given, Some(father.shown.to_owned()), &[given, father])
            }
            Order::GivenFamily => {
                let family = one(&culture.family)?;
                name(given, Some(family.shown.to_owned()), &[given, family])
            }
            Order::FamilyGiven => {
                let family = one(&culture.family)?;
                let shown = format!("{} {}", family.shown, given.shown);
                // Names in the scripts of East Asia are written without a space.
                let shown = match shown.is_ascii() || family.latin == family.shown {
                    true => shown,
                    false => shown.replace(' ', ""),
                };
                let name = name(given, Some(family.shown.to_owned()), &[given, family]);
                Name { shown, ..name }
            }
            Order::GivenFamilyFamily => {
                let (first, second) = (one(&culture.family)?, one(&culture.family)?);
                let family = format!("{} {}", first.shown, second.shown);
                name(given, Some(family), &[given, first])
            }
        })
    }
}

fn name(given: Word, family: Option<String>, mailbox: &[Word]) -> Name {
    let parts = mailbox.iter().map(|word| ascii(word.latin));
    let mailbox = parts.collect::<Vec<_>>().join(".");
    let family = family.unwrap_or_default();
    Name {
        shown: format!("{} {family}", given.shown).trim().to_owned(),
        given: given.shown.to_owned(),
        family,
        mailbox,
    }
}

fn culture(line: &'static str) -> Option<Culture> {
    let mut parts = line.split(" | ");
    let order = match parts.next()? {
        "given family" => Order::GivenFamily,
        "family given" => Order::FamilyGiven,
        "given" => Order::Given,
        "given given" => Order::GivenGiven,
        "given family family" => Order::GivenFamilyFamily,
        _ => return None,
    };
    Some(Culture {
        order,
        given: words(parts.next()?),
        family: words(parts.next()?),
    })
}

fn words(list: &'static str) -> Vec<Word> {
    let word = |text: &'static str| {
        let (shown, latin) = text.split_once('/').unwrap_or((text, text));
        Word { shown, latin }
    };
    list.split(", ").map(word).collect()
}

/// Returns a name as it stands in an address: small Latin letters without marks.
fn ascii(name: &str) -> String {
    let mut address = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        let plain =
            match letter {
                'a'..='z' | '0'..='9' | '-' => {
                    address.push(letter);
                    continue;
                }
                'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' | 'ạ' | 'ả' | 'ấ' | 'ầ' | 'ẩ'
                | 'ậ' | 'ắ' | 'ằ' | 'ặ' => "a",
                'ä' | 'æ' => "ae",
                'ç' | 'ć' | 'č' => "c",
                'ð' | 'ď' | 'đ' => "d",
                'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' | 'ẹ' | 'ẽ' | 'ế' | 'ề' | 'ể' | 'ễ'
                | 'ệ' => "e",
                'ğ' => "g",
                'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ĩ' | 'ı' | 'ị' => "i",
                'ł' => "l",
                'ñ' | 'ń' | 'ň' => "n",
                'ò' | 'ó' | 'ỏ' | 'ổ' | 'ỗ' | 'ở' | 'ỡ' | 'ô' | 'õ' | 'ō' | 'ő' | 'ọ' | 'ố'
                | 'ồ' | 'ộ' | 'ơ' | 'ớ' | 'ờ' | 'ợ' => "o",
                'ö' | 'ø' | 'œ' => "oe",
                'ř' => "r",
                'ś' | 'ş' | 'š' | 'ṣ' => "s",
                'ß' => "ss",
                'ť' => "t",
                'þ' => "th",
                'ù' | 'ú' | 'û' | 'ũ' | 'ū' | 'ů' | 'ű' | 'ụ' | 'ủ' | 'ư' | 'ứ' | 'ừ' | 'ự'
                | 'ữ' => "u",
                'ü' => "ue",
                'ý' | 'ỳ' | 'ỹ' => "y",
                'ź' | 'ż' | 'ž' => "z",
                // Spaces, apostrophes and marks of their own.
                _ => continue,
            };
        address.push_str(plain);
    }
    address
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_of_many_cultures_and_the_same_at_every_start() {
        let lines = NAMES.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(Names::new(1).cultures.len(), lines, "a line is not read");
        let names: Vec<Name> = Names::new(1).take(2_000).collect();
        assert_eq!(names, Names::new(1).take(2_000).collect::<Vec<_>>());
        let has = |what: fn(&Name) -> bool| names.iter().any(what);
        assert!(has(|name| name.shown.contains(['ل', 'م'])), "right to left");
        assert!(has(|name| name.family.is_empty()), "a single word");
        assert!(has(|name| name.shown.chars().count() > 30), "long");
        assert!(has(|name| name.shown.chars().count() <= 3), "short");
        assert!(has(|name| name.shown.contains('ł')), "with marks");
        let boxes: BTreeSet<&str> = names.iter().map(|name| name.mailbox.as_str()).collect();
        assert!(boxes.len() > 1_200, "{}", boxes.len());
        for name in &names {
            let is_plain = |b: u8| b.is_ascii_lowercase() || b".-".contains(&b);
            assert!(name.mailbox.bytes().all(is_plain), "{name:?}");
            let parts: Vec<&str> = name.mailbox.split('.').collect();
            assert!(parts.iter().all(|part| !part.is_empty()), "{name:?}");
        }
    }

    #[test]
    fn addresses_have_no_marks() {
        for (name, expected) in [
            ("Łukasz", "lukasz"),
            ("Ọ̀ṣúnkẹ́yẹ", "osunkeye"),
            ("Đỗ", "do"),
            ("Þórdís", "thordis"),
            ("Yıldızoğlu", "yildizoglu"),
            ("Nüßlein", "nuesslein"),
            ("O'Shaughnessy", "oshaughnessy"),
            ("Mahinaʻōlapa", "mahinaolapa"),
            ("Thị Hồng Nhung", "thihongnhung"),
        ] {
            assert_eq!(ascii(name), expected);
        }
    }
}
