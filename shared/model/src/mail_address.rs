//! Which addresses get mail. An identity provider can send any text as an address, and an admin can type any.

/// The longest address (RFC 5321 §4.5.3.1.3), in bytes.
pub const MAX_MAIL_ADDRESS: usize = 254;
/// Its longest local part, in bytes.
const MAX_LOCAL: usize = 64;
/// The longest label of a domain, in bytes.
const MAX_LABEL: usize = 63;

/// Returns the domain of an address in lower case; `None` if no mail is sent to it.
///
/// Only unquoted ASCII addresses pass. So nothing in an address can end a header, begin another address or be a comment.
/// SES accepts no other characters; domains with them are written as Punycode.
pub fn mail_domain(address: &str) -> Option<String> {
    let (local, domain) = address.split_once('@')?;
    let is_local = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let has_ends = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
    let fits = address.len() <= MAX_MAIL_ADDRESS && (1..=MAX_LOCAL).contains(&local.len());
    let passes = fits && has_ends && local.chars().all(is_local) && is_domain(domain);
    passes.then(|| domain.to_ascii_lowercase())
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.')
        && domain.split('.').all(is_label)
        && top.contains(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_get_mail() {
        for (address, domain) in [
            ("ada@example.com", Some("example.com")),
            ("Ada.L+work@Mail.Example.COM", Some("mail.example.com")),
            (
                "o'neil@xn--bcher-kva.example",
                Some("xn--bcher-kva.example"),
            ),
            ("a@x\r\nBcc: z@z", None),
            ("a@x.test\r\nBcc: z@z.test", None),
            ("a@x.test\n", None),
            ("a\u{0}@x.test", None),
            ("a@x.test, b@x.test", None),
            ("a@x.test;b@x.test", None),
            ("Ada <ada@x.test>", None),
            ("\"a b\"@x.test", None),
            ("a(comment)@x.test", None),
            (" a@x.test", None),
            ("a@b@x.test", None),
            ("ädä@x.test", None),
            ("a@bücher.test", None),
            ("a@localhost", None),
            ("a@127.0.0.1", None),
            ("a@[127.0.0.1]", None),
            ("a@-x.test", None),
            ("a@x..test", None),
            ("a@.test", None),
            (".a@x.test", None),
            ("a..b@x.test", None),
            ("@x.test", None),
            ("a@", None),
            ("ada", None),
            ("", None),
            (&format!("{}@x.test", "a".repeat(65)), None),
            (&format!("a@{}.test", "x".repeat(64)), None),
        ] {
            assert_eq!(mail_domain(address).as_deref(), domain, "{address:?}");
        }
    }
}
