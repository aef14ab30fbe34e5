//! The form in which the values of an attribute are compared.

use std::borrow::Cow;

use crate::fold::fold_unless;
use crate::schema::Attribute;
use crate::user_name::compared_user_name;

/// Returns text in the form in which values of an attribute are compared: without case unless the attribute is
/// `caseExact` (RFC 7643 §2.2), and user names as PRECIS says.
pub(crate) fn compared<'a>(declared: Option<&Attribute>, text: &'a str) -> Cow<'a, str> {
    match declared {
        Some(attribute) if attribute.user_name && !text.is_ascii() => {
            Cow::Owned(compared_user_name(text))
        }
        declared => fold_unless(declared.is_some_and(|it| it.case_exact), text),
    }
}
