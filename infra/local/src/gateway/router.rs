//! Selects the route of a request as a REST API does. A literal segment takes precedence over a `{parameter}`, and a
//! `{parameter}` over a `{proxy+}`. The method is checked only after the path is selected.

use std::collections::HashMap;

use http::Method;

use crate::template::Route;

use super::encoding::decode;

/// The routes of an API.
#[derive(Clone, Debug, Default)]
pub(crate) struct Router {
    paths: matchit::Router<HashMap<Method, usize>>,
    routes: Vec<Route>,
}

/// The route of a request, and the parameters in its path.
#[derive(Debug)]
pub(crate) struct Matched<'a> {
    pub(crate) route: &'a Route,
    /// The values of `{id}` and `{proxy+}`, decoded.
    pub(crate) parameters: HashMap<String, String>,
}

/// The error when two paths match the same requests, a path is invalid, or a method of a path is declared twice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("infra/template.yaml: path `{path}`: {problem}")]
pub struct RouterError {
    path: String,
    problem: String,
}

impl Router {
    pub(crate) fn new(routes: &[Route]) -> Result<Self, RouterError> {
        let mut methods: HashMap<&str, HashMap<Method, usize>> = HashMap::new();
        for (at, route) in routes.iter().enumerate() {
            let wrong = |problem: &str| RouterError {
                path: route.path.clone(),
                problem: problem.to_owned(),
            };
            if methods
                .entry(&route.path)
                .or_default()
                .insert(route.method.clone(), at)
                .is_some()
            {
                return Err(wrong(&format!("{} is declared twice", route.method)));
            }
        }
        let mut paths = matchit::Router::new();
        for (path, methods) in methods {
            let inserted = paths.insert(pattern(path), methods);
            inserted.map_err(|error| RouterError {
                path: path.to_owned(),
                problem: error.to_string(),
            })?;
        }
        Ok(Self {
            paths,
            routes: routes.to_vec(),
        })
    }

    /// Returns the route for a method and a percent-encoded path.
    pub(crate) fn route(&self, method: &Method, path: &str) -> Option<Matched<'_>> {
        // `{proxy+}` does not match an empty path. A path with a trailing slash that matches no route is therefore
        // tried again without the slash.
        let found = self
            .paths
            .at(path)
            .or_else(|_| self.paths.at(path.trim_end_matches('/')))
            .ok()?;
        let route = self.routes.get(*found.value.get(method)?)?;
        let parameters = found
            .params
            .iter()
            .map(|(name, value)| Some((name.to_owned(), decode(value)?)));
        Some(Matched {
            route,
            parameters: parameters.collect::<Option<_>>()?,
        })
    }
}

/// Converts API Gateway's `{proxy+}` into `matchit`'s `{*proxy}`.
fn pattern(path: &str) -> String {
    match path
        .strip_suffix("+}")
        .and_then(|rest| rest.rsplit_once('{'))
    {
        Some((parent, name)) => format!("{parent}{{*{name}}}"),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Template;

    fn deployed() -> Router {
        Router::new(&Template::deployed().unwrap().routes).unwrap()
    }

    #[test]
    fn the_most_specific_path_wins() {
        let router = deployed();
        for (path, expected) in [
            ("/scim/v2/Users", Some("/scim/v2/Users")),
            ("/scim/v2/Users/.search", Some("/scim/v2/Users/.search")),
            ("/scim/v2/Users/1", Some("/scim/v2/Users/{id}")),
            ("/scim/v2/Users/.searches", Some("/scim/v2/Users/{id}")),
            ("/scim/v2/Users/1/2", Some("/scim/v2/{proxy+}")),
            ("/scim/v2/Users/", Some("/scim/v2/{proxy+}")),
            ("/scim/v2//Users", Some("/scim/v2/{proxy+}")),
            ("/scim/v2/users", Some("/scim/v2/{proxy+}")),
            ("/scim/v2/Me", Some("/scim/v2/{proxy+}")),
            (
                "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
                Some("/scim/v2/Schemas/{id}"),
            ),
            (
                "/scim/v2/ServiceProviderConfig",
                Some("/scim/v2/ServiceProviderConfig"),
            ),
            ("/api/v1/tenants", Some("/api/v1/tenants")),
            ("/api/v1/tenants/acme", Some("/api/v1/tenants/{tenant}")),
            ("/api/v1/tenants//acme", Some("/api/v1/{proxy+}")),
            (
                "/api/v1/tenants/acme/events",
                Some("/api/v1/tenants/{tenant}/events"),
            ),
            ("/api/v1/tenants/acme/events/1", Some("/api/v1/{proxy+}")),
            (
                "/api/v1/tenants/acme/connections",
                Some("/api/v1/tenants/{tenant}/connections"),
            ),
            (
                "/api/v1/tenants/acme/connections/1",
                Some("/api/v1/tenants/{tenant}/connections/{proxy+}"),
            ),
            ("/scim/v2", Some("/scim/v2")),
            ("/scim/v2/", Some("/scim/v2")),
            ("/scim/v1/Users", None),
            ("/scim", None),
            ("//scim/v2/Users", None),
            ("/", None),
            ("", None),
        ] {
            let matched = router.route(&Method::GET, path);
            assert_eq!(
                matched.map(|matched| matched.route.path.as_str()),
                expected,
                "{path}"
            );
        }
    }

    /// A line that is missing in the template would send an endpoint of the API to the catch-all, where it works too.
    #[test]
    fn every_endpoint_of_the_api_has_its_own_function() {
        let router = deployed();
        let document = serde_json::to_value(rollcall_edge_api::document()).unwrap();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap();
                let path = path.replace(['{', '}'], "");
                let matched = router.route(&method, &path).expect(&path);
                assert_ne!(matched.route.function, "api-fallback", "{method} {path}");
            }
        }
    }

    #[test]
    fn other_spellings_reach_the_catch_alls() {
        let router = deployed();
        for (path, expected) in [
            ("/scim/v2//Users", "scim-fallback"),
            ("/scim/v2/Users/", "scim-fallback"),
            ("/scim/v2//ServiceProviderConfig", "scim-fallback"),
            ("/scim/v2/Schemas/", "scim-fallback"),
            ("/scim/v2/Me", "scim-fallback"),
            ("/api/v1//tenants", "api-fallback"),
            ("/api/v1//tenants/acme", "api-fallback"),
            ("/api/v1/tenants/", "api-fallback"),
            ("/api/v1/sessions//current", "api-fallback"),
            ("/api/v1/settings/", "api-fallback"),
            ("/api/v1/nowhere", "api-fallback"),
            ("/api/v1/tenants/acme//settings", "api-fallback"),
            ("/api/v1/tenants//acme", "api-fallback"),
            // These functions have all endpoints below such a path.
            ("/api/v1/scim//connections", "portal"),
            ("/api/v1/users/u//role/", "portal"),
        ] {
            let matched = router.route(&Method::GET, path).expect(path);
            assert_eq!(matched.route.function, expected, "{path}");
        }
    }

    #[test]
    fn parameters_are_decoded() {
        let router = deployed();
        for (path, name, expected) in [
            ("/scim/v2/Users/a%20b", "id", "a b"),
            ("/scim/v2/Users/a%25", "id", "a%"),
            ("/scim/v2/Users/%C3%A9", "id", "é"),
            ("/scim/v2//Users/a%3Fb", "proxy", "/Users/a?b"),
        ] {
            let matched = router.route(&Method::GET, path).unwrap();
            assert_eq!(
                matched.parameters,
                HashMap::from([(name.to_owned(), expected.to_owned())]),
                "{path}"
            );
        }
    }

    #[test]
    fn a_method_that_a_path_has_not_is_no_route() {
        let router = deployed();
        assert!(router.route(&Method::TRACE, "/scim/v2/Users").is_none());
        assert!(router.route(&Method::HEAD, "/scim/v2/Users").is_some());
        assert!(
            router
                .route(&Method::from_bytes(b"BREW").unwrap(), "/scim/v2/Elsewhere")
                .is_none()
        );
    }

    #[test]
    fn ambiguous_paths_are_refused() {
        let route = |path: &str| Route {
            method: Method::GET,
            path: path.to_owned(),
            function: "f".to_owned(),
            authorizer: None,
        };
        assert!(Router::new(&[route("/a/{id}"), route("/a/{name}")]).is_err());
        assert!(Router::new(&[route("/a"), route("/a")]).is_err());
        assert!(Router::new(&[route("/a/{id}"), route("/a/{proxy+}")]).is_err());
        assert!(Router::new(&[route("/a/{id}"), route("/a/b"), route("/{proxy+}")]).is_ok());
    }
}
