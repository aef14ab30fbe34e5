//! Rules for the members of groups.

use serde_json::Value;

use crate::reading::Reading;
use crate::schema::USER;

/// Leaves out of a member what is not the client's to say: all members are users of this service.
///
/// `{"value": "7f4b", "type": "Device", "$ref": "https://elsewhere/Devices/7f4b"}` → `{"value": "7f4b"}`. A `type` that is
/// `User` and a `$ref` that names the user stay, because clients compare what they sent with what they read.
pub(crate) fn own(mut member: Value) -> Value {
    let id = member.get("value").and_then(Value::as_str);
    let is_user = |kind: &str| kind.eq_ignore_ascii_case(USER.name);
    let names_user = |reference: &str| {
        let mut segments = reference.rsplit('/');
        let last = segments.next();
        last == id && segments.next() == USER.endpoint.strip_prefix('/')
    };
    let is_foreign = |name: &str, own: &dyn Fn(&str) -> bool| {
        let sent = member.get(name).and_then(Value::as_str);
        sent.is_some_and(|sent| !own(sent))
    };
    let foreign = [
        ("type", is_foreign("type", &is_user)),
        ("$ref", is_foreign("$ref", &names_user)),
    ];
    let Value::Object(object) = &mut member else {
        return member;
    };
    for (name, _) in foreign.iter().filter(|(_, foreign)| *foreign) {
        object.shift_remove(*name);
        Reading::MemberTypeIgnored.note();
    }
    if let Some(kind) = object.get_mut("type").filter(|kind| kind.is_string()) {
        *kind = USER.name.into();
    }
    member
}
