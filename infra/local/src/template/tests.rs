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
      Auth:
        DefaultAuthorizer: Bearer
        Authorizers:
          Bearer:
            FunctionArn: !GetAtt Guard.Arn
            FunctionPayloadType: TOKEN
            Identity: { Header: Authorization, ReauthorizeEvery: 0 }
      GatewayResponses:
        DEFAULT_4XX: { StatusCode: "400", ResponseTemplates: { application/json: four } }
        DEFAULT_5XX: { StatusCode: "500", ResponseTemplates: { application/json: five } }
  Guard:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: ../functions/guard }
  Things:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../functions/things
      Events:
        List: { Type: Api, Properties: { RestApiId: !Ref Api, Path: /things, Method: get } }
        About: { Type: Api, Properties: { RestApiId: !Ref Api, Path: /about, Method: GET, Auth: { Authorizer: NONE } } }
        Nightly: { Type: Schedule, Properties: { Schedule: rate(1 day) } }
"#;

#[test]
fn routes_name_their_function_and_their_authorizer() {
    let guard = Authorizer {
        function: "guard".to_owned(),
        header: "Authorization".to_owned(),
    };
    let route = |path: &str, authorizer| Route {
        method: Method::GET,
        path: path.to_owned(),
        function: "things".to_owned(),
        authorizer,
    };
    assert_eq!(
        Template::parse(SMALL).unwrap().routes,
        [route("/about", None), route("/things", Some(guard))]
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
            "!GetAtt Guard.Arn",
            "!GetAtt Gourd.Arn",
            "its function is unknown",
        ),
        (
            "DefaultAuthorizer: Bearer",
            "DefaultAuthorizer: Barer",
            "no authorizer `Barer`",
        ),
        (
            "Authorizer: NONE",
            "Authorizer: Nobody",
            "no authorizer `Nobody`",
        ),
        (
            "ReauthorizeEvery: 0",
            "ReauthorizeEvery: 300",
            "nothing of it may be cached",
        ),
        (
            "FunctionPayloadType: TOKEN",
            "FunctionPayloadType: REQUEST",
            "type TOKEN",
        ),
        (
            "RestApiId: !Ref Api, Path: /about",
            "RestApiId: !Ref Other, Path: /about",
            "not `!Ref Api`",
        ),
        ("Method: get", "Method: any", "`any` is no method"),
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
        ("Path: /things, ", "", "missing field"),
    ] {
        let broken = SMALL.replacen(from, to, 1);
        assert_ne!(broken, SMALL, "{from}");
        let error = Template::parse(&broken).expect_err(problem).to_string();
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn the_deployed_api_is_what_scim_asks_for() {
    let template = Template::deployed().unwrap();
    let of = |function: &str, authorized: bool| -> BTreeSet<&str> {
        let routes = template.routes.iter();
        routes
            .filter(|route| route.function == function && route.authorizer.is_some() == authorized)
            .map(|route| route.path.as_str())
            .collect()
    };
    let below = |paths: &[&'static str]| BTreeSet::from_iter(paths.iter().copied());
    assert_eq!(
        of("users", true),
        below(&[
            "/scim/v2/Users",
            "/scim/v2/Users/.search",
            "/scim/v2/Users/{id}"
        ])
    );
    assert_eq!(
        of("groups", true),
        below(&[
            "/scim/v2/Groups",
            "/scim/v2/Groups/.search",
            "/scim/v2/Groups/{id}"
        ])
    );
    assert_eq!(of("discovery", true), below(&["/scim/v2/{proxy+}"]));
    let open = [
        "/scim/v2",
        "/scim/v2/ResourceTypes",
        "/scim/v2/ResourceTypes/{id}",
        "/scim/v2/Schemas",
        "/scim/v2/Schemas/{id}",
        "/scim/v2/ServiceProviderConfig",
    ];
    assert_eq!(of("discovery", false), below(&open));
    assert_eq!(
        of("sso", false),
        below(&[
            "/api/v1/sessions/introspect",
            "/api/v1/tenants",
            "/api/v1/tenants/{tenant}",
            "/api/v1/tenants/{tenant}/events",
            "/api/v1/tenants/{tenant}/events/verification",
            "/api/v1/tenants/{tenant}/portal-links",
            "/api/v1/tenants/{tenant}/sso/logins",
        ])
    );
    assert_eq!(
        of("portal", false),
        below(&[
            "/api/v1",
            "/api/v1/tenants/{tenant}/{proxy+}",
            "/api/v1/{proxy+}"
        ])
    );
    assert_eq!(
        of("users", false).len() + of("groups", false).len() + of("token-authorizer", false).len(),
        0
    );
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
    ("AUTHORIZER_FAILURE", 500),
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

/// Each route adds a statement to its function's resource policy, which Lambda limits to 20 KB. A template with a
/// larger policy cannot be deployed, and no linter reports it.
#[test]
fn no_function_outgrows_its_resource_policy() {
    const STATEMENT_BYTES: usize = 490;
    const POLICY_BYTES: usize = 20_480;
    let template = Template::deployed().unwrap();
    let functions: BTreeSet<&str> = template
        .routes
        .iter()
        .map(|route| route.function.as_str())
        .collect();
    for function in functions {
        let routes = template
            .routes
            .iter()
            .filter(|route| route.function == function)
            .count();
        assert!(
            routes * STATEMENT_BYTES < POLICY_BYTES,
            "{function} has {routes} routes"
        );
    }
}

/// The directory's code defines the local table. The template defines the deployed one.
#[tokio::test]
async fn the_local_table_is_the_deployed_one() {
    use crate::dynamodb::{Dynamodb, TABLE_NAME, client};

    let document = stacks::deployed().unwrap();
    let deployed = &document["Resources"]["Table"]["Properties"];
    let database = Dynamodb::in_memory().unwrap();
    database.ensure_table().await.unwrap();
    let client = client(database.in_process());
    let local = client
        .describe_table()
        .table_name(TABLE_NAME)
        .send()
        .await
        .unwrap()
        .table
        .unwrap();
    let keys: Vec<Value> = local
        .key_schema()
        .iter()
        .map(|key| serde_json::json!({"AttributeName": key.attribute_name(), "KeyType": key.key_type().as_str()}))
        .collect();
    assert_eq!(deployed["KeySchema"], Value::from(keys));
    for index in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        assert_eq!(deployed[index], Value::Null, "the local table has no index");
    }
    let ttl = client
        .describe_time_to_live()
        .table_name(TABLE_NAME)
        .send()
        .await
        .unwrap();
    let ttl = ttl.time_to_live_description.unwrap();
    assert_eq!(
        deployed["TimeToLiveSpecification"]["AttributeName"],
        ttl.attribute_name().unwrap()
    );
}
