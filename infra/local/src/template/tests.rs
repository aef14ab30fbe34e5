//! Tests the reader with the deployed template and with invalid ones.

use std::collections::BTreeSet;

use http::Method;
use serde_json::Value;

use super::*;

const SMALL: &str = r#"
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      DefinitionBody:
        openapi: 3.0.1
        paths:
          /things: &Things
            get:
              responses: {}
              x-amazon-apigateway-integration: &Call
                type: aws_proxy
                httpMethod: POST
                uri: !Sub
                  - "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function}/invocations"
                  - Function: !If [PublishesVersions, !Ref ThingsAlias, !GetAtt ThingsFunction.Arn]
          /things/{id}: *Things
          /about:
            get: { security: [{ NONE: [] }], x-amazon-apigateway-integration: *Call }
          /{proxy+}:
            put: { security: [{ Whole: [] }], x-amazon-apigateway-integration: *Call }
            post: { security: [{ Bearing: [] }], x-amazon-apigateway-integration: *Call }
      Auth:
        DefaultAuthorizer: Bearer
        Authorizers:
          Bearer:
            FunctionArn: &Guard !If [PublishesVersions, !Ref GuardAlias, !GetAtt GuardFunction.Arn]
            FunctionPayloadType: TOKEN
            Identity: { Header: Authorization, ReauthorizeEvery: 0 }
          Whole:
            FunctionArn: *Guard
            FunctionPayloadType: REQUEST
            Identity: { ReauthorizeEvery: 0 }
          Bearing:
            FunctionArn: *Guard
            FunctionPayloadType: REQUEST
            Identity: { Headers: [Authorization], ReauthorizeEvery: 0 }
      GatewayResponses:
        DEFAULT_4XX: { StatusCode: "400", ResponseTemplates: { application/json: four } }
        DEFAULT_5XX: { StatusCode: "500", ResponseTemplates: { application/json: five } }
  GuardFunction:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: ../functions/guard }
  ThingsFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../functions/things
      Events:
        Nightly: { Type: Schedule, Properties: { Schedule: rate(1 day) } }
"#;

#[test]
fn routes_name_their_function_and_their_authorizer() {
    let guard = |payload| {
        Some(Authorizer {
            function: "guard".to_owned(),
            payload,
        })
    };
    let header = "Authorization".to_owned();
    let bearing = Some(header.clone());
    let token = guard(Payload::Token { header });
    let route = |method, path: &str, authorizer: &Option<Authorizer>| Route {
        method,
        path: path.to_owned(),
        function: "things".to_owned(),
        authorizer: authorizer.clone(),
    };
    assert_eq!(
        Template::parse(SMALL).unwrap().routes,
        [
            route(Method::GET, "/about", &None),
            route(Method::GET, "/things", &token),
            route(Method::GET, "/things/{id}", &token),
            route(
                Method::POST,
                "/{proxy+}",
                &guard(Payload::Request { header: bearing })
            ),
            route(
                Method::PUT,
                "/{proxy+}",
                &guard(Payload::Request { header: None })
            ),
        ]
    );
}

#[test]
fn responses_fall_back_to_the_default_of_their_class() {
    let template = Template::parse(SMALL).unwrap();
    let status = |kind| {
        template
            .response(kind)
            .map(|response| response.status.as_u16())
    };
    assert_eq!(status(ResponseType::Unauthorized), Some(400));
    assert_eq!(status(ResponseType::Default5xx), Some(500));
    assert_eq!(status(ResponseType::AuthorizerFailure), Some(500));
}

#[test]
fn what_does_not_fit_together_is_an_error() {
    for (from, to, problem) in [
        (
            "!GetAtt GuardFunction.Arn",
            "!GetAtt GourdFunction.Arn",
            "its function is unknown",
        ),
        (
            "!Ref GuardAlias",
            "!Ref ThingsAlias",
            "its function is unknown",
        ),
        (
            "[PublishesVersions, !Ref ThingsAlias",
            "[HasAlarms, !Ref ThingsAlias",
            "its function is unknown",
        ),
        (
            "DefaultAuthorizer: Bearer",
            "DefaultAuthorizer: Barer",
            "no authorizer `Barer`",
        ),
        ("NONE: []", "Nobody: []", "no authorizer `Nobody`"),
        ("NONE: []", "NONE: [], Bearer: []", "several authorizers"),
        (
            "ReauthorizeEvery: 0",
            "ReauthorizeEvery: 300",
            "nothing of it may be cached",
        ),
        (
            "FunctionPayloadType: TOKEN",
            "FunctionPayloadType: REQUEST",
            "of type REQUEST with at most one",
        ),
        (
            "Identity: { Headers: [Authorization], ReauthorizeEvery: 0 }",
            "Identity: { QueryStrings: [token], ReauthorizeEvery: 0 }",
            "unknown field `QueryStrings`",
        ),
        ("Header: Authorization, ", "", "of type TOKEN with `Header`"),
        (
            "Type: Schedule",
            "Type: Api",
            "a route is a line in the `DefinitionBody`",
        ),
        ("put: {", "any: {", "`any` is no method"),
        ("aws_proxy", "http_proxy", "not a Lambda proxy"),
        (
            "!GetAtt ThingsFunction.Arn",
            "!GetAtt ThongsFunction.Arn",
            "its function is unknown",
        ),
        (
            "../functions/things",
            "../elsewhere",
            "not a folder of `functions/`",
        ),
        (
            "Type: AWS::Serverless::Api",
            "Type: AWS::Serverless::HttpApi",
            "must be one",
        ),
        ("StatusCode: \"500\"", "StatusCode: \"5xx\"", "no status"),
        ("        paths:\n", "        x-paths:\n", "missing field"),
    ] {
        let broken = SMALL.replacen(from, to, 1);
        assert_ne!(broken, SMALL, "{from}");
        let error = Template::parse(&broken).expect_err(problem).to_string();
        assert!(error.contains(problem), "{error}");
    }
}

/// Returns the paths of each function of the deployed template, by whether and how its callers are authorized.
fn paths_of(function: &str, payload: Option<&str>) -> BTreeSet<String> {
    let kind = |route: &Route| match route.authorizer.as_ref().map(|by| &by.payload) {
        None => None,
        Some(Payload::Token { .. }) => Some("TOKEN"),
        Some(Payload::Request { header: Some(_) }) => Some("REQUEST with a header"),
        Some(Payload::Request { header: None }) => Some("REQUEST"),
    };
    let routes = Template::deployed().unwrap().routes.into_iter();
    routes
        .filter(|route| route.function == function && kind(route) == payload)
        .map(|route| route.path)
        .collect()
}

#[test]
fn the_deployed_api_is_what_scim_asks_for() {
    let mut routes = 0;
    for (function, payload, base, paths) in [
        (
            "users",
            Some("REQUEST with a header"),
            "/scim/v2/Users",
            &["", "/.search", "/{id}"][..],
        ),
        (
            "groups",
            Some("REQUEST with a header"),
            "/scim/v2/Groups",
            &["", "/.search", "/{id}"],
        ),
        (
            "bulk",
            Some("REQUEST with a header"),
            "/scim/v2/Bulk",
            &[""],
        ),
        (
            "discovery",
            None,
            "/scim/v2",
            &[
                "/ResourceTypes",
                "/ResourceTypes/{id}",
                "/Schemas",
                "/Schemas/{id}",
                "/ServiceProviderConfig",
            ],
        ),
        (
            "scim-fallback",
            Some("REQUEST"),
            "/scim/v2",
            &["", "/{proxy+}"],
        ),
        ("scim-fallback", None, "/scim/v2", &["/oauth/token"]),
        (
            "sso",
            None,
            "/api/v1",
            &[
                "/tenants",
                "/tenants/{tenant}",
                "/tenants/{tenant}/erasure",
                "/tenants/{tenant}/export",
                "/tenants/{tenant}/sso/logins",
                "/tenants/{tenant}/portal-links",
                "/tenants/{tenant}/portal-links/{proxy+}",
                "/tenants/{tenant}/directory",
                "/tenants/{tenant}/events",
                "/tenants/{tenant}/events/verification",
                "/sessions/introspect",
                "/service-keys",
                "/service-keys/{proxy+}",
            ],
        ),
        (
            "portal",
            None,
            "/api/v1",
            &[
                "/openapi.json",
                "/problems",
                "/problems/{proxy+}",
                "/branding",
                "/roles",
                "/schemas",
                "/schemas/{proxy+}",
                "/scim/{proxy+}",
                "/imports/{proxy+}",
                "/picker",
                "/users",
                "/users/{proxy+}",
                "/settings",
                "/audit",
                "/evidence/{proxy+}",
                "/requests",
                "/support-access",
                "/support-access/{proxy+}",
                "/health",
                "/health/{proxy+}",
                "/sessions/current",
                "/webhooks",
                "/webhooks/{proxy+}",
                "/tenants/{tenant}/connections",
                "/tenants/{tenant}/connections/{proxy+}",
                "/tenants/{tenant}/tokens/{proxy+}",
                "/tenants/{tenant}/groups",
                "/tenants/{tenant}/groups/{proxy+}",
                "/tenants/{tenant}/branding",
                "/tenants/{tenant}/roles",
                "/tenants/{tenant}/schemas",
                "/tenants/{tenant}/schemas/{proxy+}",
                "/tenants/{tenant}/imports/{proxy+}",
                "/tenants/{tenant}/picker",
                "/tenants/{tenant}/users",
                "/tenants/{tenant}/users/{proxy+}",
                "/tenants/{tenant}/settings",
                "/tenants/{tenant}/audit",
                "/tenants/{tenant}/evidence/{proxy+}",
                "/tenants/{tenant}/requests",
                "/tenants/{tenant}/support-access",
                "/tenants/{tenant}/support-access/{proxy+}",
                "/tenants/{tenant}/health",
                "/tenants/{tenant}/health/{proxy+}",
                "/tenants/{tenant}/webhooks",
                "/tenants/{tenant}/webhooks/{proxy+}",
            ],
        ),
        ("api-fallback", None, "/api/v1", &["", "/{proxy+}"]),
        ("console", None, "/console", &["", "/{proxy+}"]),
    ] {
        let expected = paths.iter().map(|path| format!("{base}{path}")).collect();
        assert_eq!(paths_of(function, payload), expected, "{function}");
        routes += paths.len();
    }
    let all = Template::deployed().unwrap().routes.into_iter();
    let all: BTreeSet<String> = all.map(|route| route.path).collect();
    assert_eq!(all.len(), routes);
}

/// The authorizer of the catch-all decides which paths are public. It must agree with the routes that have no authorizer.
/// Besides, the base URL is public unless it is queried.
#[test]
fn the_authorizer_knows_which_paths_are_public() {
    let routes = Template::deployed().unwrap().routes.into_iter();
    for route in routes.filter(|route| route.path.starts_with("/scim/v2")) {
        let is_public = route.authorizer.is_none() || route.path == "/scim/v2";
        let path = route.path.replace("{id}", "User");
        assert_eq!(
            rollcall_edge_scim::is_public(&path, []),
            is_public,
            "{path}"
        );
    }
}

/// An unsupported method must reach a function, which answers 405. API Gateway would answer as for an unknown path.
/// Pages are exempt: browsers send only the methods that the pages use.
#[test]
fn every_path_of_an_api_takes_every_method_that_scim_has() {
    let template = Template::deployed().unwrap();
    let routes = template.routes.iter();
    let paths: BTreeSet<_> = routes
        .filter(|route| route.function != "console")
        .map(|route| &route.path)
        .collect();
    for path in paths {
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::HEAD,
            Method::OPTIONS,
        ] {
            let owners = template
                .routes
                .iter()
                .filter(|route| &route.path == path && route.method == method)
                .count();
            assert_eq!(owners, 1, "{method} {path}");
        }
    }
}

/// Every response type of API Gateway, and its status in the template.
const GATEWAY_RESPONSES: [(&str, u16); 21] = [
    ("ACCESS_DENIED", 403),
    ("API_CONFIGURATION_ERROR", 500),
    ("AUTHORIZER_CONFIGURATION_ERROR", 500),
    ("AUTHORIZER_FAILURE", 503),
    ("BAD_REQUEST_BODY", 400),
    ("BAD_REQUEST_PARAMETERS", 400),
    ("DEFAULT_4XX", 400),
    ("DEFAULT_5XX", 500),
    ("EXPIRED_TOKEN", 404),
    ("INTEGRATION_FAILURE", 503),
    ("INTEGRATION_TIMEOUT", 504),
    ("INVALID_API_KEY", 401),
    ("INVALID_SIGNATURE", 404),
    ("MISSING_AUTHENTICATION_TOKEN", 404),
    ("QUOTA_EXCEEDED", 429),
    ("REQUEST_TOO_LARGE", 413),
    ("RESOURCE_NOT_FOUND", 404),
    ("THROTTLED", 429),
    ("UNAUTHORIZED", 401),
    ("UNSUPPORTED_MEDIA_TYPE", 415),
    ("WAF_FILTERED", 403),
];

/// This includes the types that only AWS uses.
#[test]
fn every_gateway_response_is_a_scim_error() {
    let template = Template::deployed().unwrap();
    let context = Context {
        request_id: "0190a8c0-0000-7000-8000-000000000000",
        response_type: "X",
    };
    let declared = template.responses.iter();
    let declared: Vec<_> = declared
        .map(|(name, response)| (name.as_str(), response.status.as_u16()))
        .collect();
    assert_eq!(declared, GATEWAY_RESPONSES);
    for (name, response) in &template.responses {
        let body: Value = serde_json::from_str(&response.body(context)).expect(name);
        assert_eq!(
            body["schemas"],
            serde_json::json!(["urn:ietf:params:scim:api:messages:2.0:Error"]),
            "{name}"
        );
        assert_eq!(body["status"], response.status.as_str(), "{name}");
        assert!(
            body["detail"]
                .as_str()
                .is_some_and(|detail| !detail.is_empty()),
            "{name}"
        );
        let header = |wanted: &str| {
            response
                .headers
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value)
        };
        assert_eq!(
            header("content-type").map(|value| value.as_bytes()),
            Some(&b"application/scim+json"[..]),
            "{name}"
        );
        assert_eq!(
            header("www-authenticate").is_some(),
            response.status == 401,
            "{name}"
        );
        assert_eq!(
            header("retry-after").is_some(),
            [429, 500, 503].contains(&response.status.as_u16()),
            "{name}"
        );
    }
}

/// The addresses that AWS gives to an API have the TLS policy of API Gateway.
#[test]
fn data_is_encrypted_on_its_way_and_where_it_is_kept() {
    let deployed = stacks::deployed().unwrap();
    let resources = deployed["Resources"].as_object().unwrap().values();
    let properties = |kind: &str| -> Vec<&Value> {
        let of_kind = resources.clone().filter(|one| one["Type"] == kind);
        of_kind.map(|one| &one["Properties"]).collect()
    };
    let domains = properties("AWS::ApiGateway::DomainName");
    let tables = properties("AWS::DynamoDB::Table");
    assert_eq!((domains.len(), tables.len()), (1, 2));
    for domain in domains {
        assert_eq!(domain["SecurityPolicy"], "TLS_1_2");
    }
    for table in tables {
        assert_eq!(table["SSESpecification"]["SSEEnabled"], true);
    }
}
