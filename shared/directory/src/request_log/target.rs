//! The resource that a request is about, as its target shows it.

/// The endpoints below a base URL. Ids are UUIDs, so no id looks like an endpoint.
const ENDPOINTS: [&str; 5] = [
    "Users",
    "Groups",
    "Schemas",
    "ResourceTypes",
    "ServiceProviderConfig",
];

/// Returns whether a path segment names an endpoint. If it follows another segment, the base URL is too long.
pub fn is_endpoint(segment: &str) -> bool {
    ENDPOINTS.contains(&segment)
}

/// The resource that a request is about, as its target shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One user, by id.
    User,
    /// All users.
    Users,
    /// One group, by id.
    Group,
    /// All groups.
    Groups,
    /// None of these.
    Elsewhere,
}

impl Target {
    /// Returns the resource that the path of a target names.
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
