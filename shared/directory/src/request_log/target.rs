//! What a request is about, as far as its target shows.

/// The endpoints below a base URL. Ids are UUIDs, so none of them looks like these.
const ENDPOINTS: [&str; 5] = [
    "Users",
    "Groups",
    "Schemas",
    "ResourceTypes",
    "ServiceProviderConfig",
];

/// Returns whether a segment of a path names an endpoint. If it stands after another segment, the base URL is too long.
pub fn is_endpoint(segment: &str) -> bool {
    ENDPOINTS.contains(&segment)
}

/// What a request is about, as far as its target shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One user, by id.
    User,
    /// The users.
    Users,
    /// One group, by id.
    Group,
    /// The groups.
    Groups,
    /// None of these.
    Elsewhere,
}

impl Target {
    /// Reads the path of a target.
    pub fn of(target: &str) -> Self {
        let path = target.split('?').next().unwrap_or_default();
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let one = |single, all, id: Option<&str>| match id {
            None | Some(".search") => all,
            Some(id) if is_endpoint(id) => Self::Elsewhere,
            Some(_) => single,
        };
        match segments.next() {
            Some("Users") => one(Self::User, Self::Users, segments.next()),
            Some("Groups") => one(Self::Group, Self::Groups, segments.next()),
            _ => Self::Elsewhere,
        }
    }
}
