//! Lists of declared schemas, of a tenant or of the stack: as they are stored, and what a change makes of them.

use rollcall_model::Reason;
use rollcall_scim::limits::{MAX_DECLARATIONS, MAX_UNIQUE_ATTRIBUTES};
use rollcall_scim::{self as scim, Declaration, Incompatible, Uniqueness};
use rollcall_store::Error;

/// Reads declarations that are stored.
pub(super) fn parsed(text: &str) -> Result<Vec<Declaration>, Error> {
    match text.is_empty() {
        true => Ok(Vec::new()),
        false => serde_json::from_str(text).map_err(Error::corrupt),
    }
}

/// Returns declarations as they are stored.
pub(super) fn text(declarations: &[Declaration]) -> Result<String, Error> {
    serde_json::to_string(declarations).map_err(Error::corrupt)
}

/// Returns the declarations with this one in addition, or in place of that with its URN. `others` are URNs that it must
/// not collide with.
///
/// # Errors
/// `invalidValue` for a declaration that is not valid, collides, or is one too many; `409` when values that are stored
/// could not be valid any more.
pub(super) fn declared(
    before: &[Declaration],
    new: &Declaration,
    others: &[Declaration],
) -> Result<Vec<Declaration>, Error> {
    let invalid = |detail: String| Error::from(scim::Error::InvalidValue(detail));
    new.check().map_err(invalid)?;
    let is_it = |other: &&Declaration| other.urn.eq_ignore_ascii_case(&new.urn);
    let beside = before.iter().filter(|other| !is_it(other)).chain(others);
    let built_in = Declaration::built_in();
    let beside = beside.chain(&built_in).map(|other| other.urn.as_str());
    new.check_beside(beside).map_err(invalid)?;
    let changed = match before.iter().find(is_it) {
        Some(old) => old.changed_to(new.clone()).map_err(incompatible)?,
        None => new.clone(),
    };
    // Those that were removed count, too.
    changed.check().map_err(invalid)?;
    let mut after = before.to_vec();
    match after.iter_mut().find(|other| is_it(&&**other)) {
        Some(place) => *place = changed,
        None => after.push(changed),
    }
    if after.len() > MAX_DECLARATIONS {
        return Err(invalid(format!(
            "there are {MAX_DECLARATIONS} schemas already; add attributes to one of them"
        )));
    }
    let unique = after.iter().flat_map(|declaration| &declaration.attributes);
    let unique = unique.filter(|attribute| attribute.uniqueness != Uniqueness::None);
    match unique.count() > MAX_UNIQUE_ATTRIBUTES {
        true => Err(invalid(format!(
            "at most {MAX_UNIQUE_ATTRIBUTES} attributes can be unique, in all schemas together"
        ))),
        false => Ok(after),
    }
}

/// Returns the declarations without that of this URN. `None` if there is none.
///
/// # Errors
/// `409` when the schema hides values, which would then be shown.
pub(super) fn withdrawn(
    before: &[Declaration],
    urn: &str,
) -> Result<Option<Vec<Declaration>>, Error> {
    let (gone, after): (Vec<_>, Vec<_>) = before
        .iter()
        .cloned()
        .partition(|declaration| declaration.urn.eq_ignore_ascii_case(urn));
    match gone.first() {
        None => Ok(None),
        Some(gone) if gone.hides_values() => Err(incompatible(Incompatible(format!(
            "`{}` has attributes with `returned` `never`, whose values identity providers could read without the \
             declaration; remove all its other attributes instead",
            gone.urn
        )))),
        Some(_) => Ok(Some(after)),
    }
}

fn incompatible(Incompatible(detail): Incompatible) -> Error {
    Error::Refused(Reason::SchemaInUse, scim::Error::InvalidValue(detail))
}
