//! Tests the gateway with functions of its own.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerPolicy;
use http_body_util::BodyExt;
use lambda_http::RequestExt;
use serde_json::json;

use super::*;

const PEER: ([u8; 4], u16) = ([127, 0, 0, 1], 50_000);

fn functions() -> Functions {
    let echo: HttpHandler = Arc::new(|request| {
        Box::pin(async move {
            if request.headers().contains_key("x-panic") {
                panic!("asked to");
            }
            let fields = request
                .request_context()
                .authorizer()
                .unwrap()
                .fields
                .clone();
            Response::new(Body::from(json!(fields).to_string()))
        })
    });
    let guard: AuthorizerHandler = Arc::new(|event| {
        Box::pin(async move {
            let (arn, token) = match event {
                Event::Token(event) => (event.method_arn, event.authorization_token),
                Event::Request(event) => {
                    let values = event.multi_value_headers.get_all("authorization");
                    let values: Vec<&str> = values.iter().map(|it| it.to_str().unwrap()).collect();
                    let token = (!values.is_empty()).then(|| values.join(","));
                    (event.method_arn, token.or(event.path))
                }
            };
            let arn = arn.unwrap_or_default();
            let (effect, resource) = match token.unwrap_or_default().as_str() {
                "/scim/v2//Schemas/" => ("Allow", arn),
                "Bearer good" => ("Allow", arn),
                "Bearer denied" => ("Deny", arn),
                "Bearer elsewhere" => ("Allow", arn.replace("rollcall", "other")),
                "Bearer broken" => return Err("the table is away".to_owned()),
                "Bearer panic" => panic!("asked to"),
                "Bearer nested" => return Ok(verdict("Allow", &arn, json!({"tenant": {"a": 1}}))),
                _ => return Err("Unauthorized".to_owned()),
            };
            Ok(verdict(
                effect,
                &resource,
                json!({"tenant": "acme", "n": 1}),
            ))
        })
    });
    let routes = Template::deployed().unwrap().routes;
    let http = routes
        .into_iter()
        .map(|route| (&*route.function.leak(), echo.clone()))
        .collect();
    Functions {
        http,
        authorizers: HashMap::from([("token-authorizer", guard)]),
    }
}

fn verdict(effect: &str, resource: &str, context: Value) -> ApiGatewayCustomAuthorizerResponse {
    let statement = json!({"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    let mut verdict = ApiGatewayCustomAuthorizerResponse::default();
    verdict.principal_id = Some("t-1".to_owned());
    verdict.policy_document =
        serde_json::from_value::<ApiGatewayCustomAuthorizerPolicy>(policy).unwrap();
    verdict.context = context;
    verdict
}

async fn ask(request: http::request::Builder) -> (StatusCode, http::HeaderMap, Value) {
    let gateway = Gateway::new(Template::deployed().unwrap(), functions()).unwrap();
    let request = request
        .header("Host", "localhost")
        .body(Body::empty())
        .unwrap();
    let (parts, body) = gateway.handle(request, PEER.into()).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (
        parts.status,
        parts.headers,
        serde_json::from_slice(&body).unwrap(),
    )
}

#[tokio::test]
async fn what_the_authorizer_says_reaches_the_function() {
    let request = Request::get("/scim/v2/Users").header("Authorization", "Bearer good");
    let (status, headers, body) = ask(request).await;
    assert_eq!(
        (status, body),
        (
            StatusCode::OK,
            json!({"tenant": "acme", "n": "1", "principalId": "t-1"})
        )
    );
    assert!(Uuid::parse_str(headers["x-amzn-requestid"].to_str().unwrap()).is_ok());
}

#[tokio::test]
async fn discovery_asks_nobody() {
    for token in ["", "Bearer broken", "Bearer wrong"] {
        let (status, _, body) =
            ask(Request::get("/scim/v2/Schemas").header("Authorization", token)).await;
        assert_eq!((status, body), (StatusCode::OK, json!({})), "{token}");
    }
}

/// The events are as AWS documents them
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html>).
#[tokio::test]
async fn the_authorizer_reads_both_events_of_aws() {
    let database = crate::dynamodb::Dynamodb::in_memory().unwrap();
    let client = crate::dynamodb::client(database.in_process());
    let directory = rollcall_directory::Directory::new(client, "none");
    let authorizer = rollcall_token_authorizer::handler(directory);
    let arn =
        |path: &str| format!("arn:aws:execute-api:us-east-1:123456789012:abcdef123/dev/GET{path}");
    let request = |path: &str, headers: Value| {
        json!({
            "type": "REQUEST", "methodArn": arn(path), "resource": "/scim/v2/{proxy+}", "path": path,
            "httpMethod": "GET", "headers": {"X-AMZ-Date": "20170718T062915Z", "Accept": "*/*"},
            "multiValueHeaders": headers, "queryStringParameters": {"filter": "userName eq \"a\""},
            "multiValueQueryStringParameters": null, "pathParameters": {"proxy": path}, "stageVariables": null,
            "requestContext": {
                "path": path, "accountId": "123456789012", "resourceId": "05c7jb", "stage": "dev", "requestId": "r-1",
                "identity": {"apiKey": null, "sourceIp": "192.0.2.1", "clientCert": null},
                "resourcePath": "/scim/v2/{proxy+}", "httpMethod": "GET", "apiId": "abcdef123",
            },
        })
    };
    let token = |path: &str| json!({"type": "TOKEN", "authorizationToken": "Bearer x", "methodArn": arn(path)});
    for (event, allowed) in [
        (request("/scim/v2//Schemas", json!({})), true),
        (request("/scim/v2//Schemas", json!(null)), true),
        (
            request("/scim/v2//Schemas", json!({"authorization": ["Bearer x"]})),
            true,
        ),
        (request("/scim/v2//Users", json!({})), false),
        (
            request("/scim/v2//Users", json!({"authorization": ["Bearer x"]})),
            false,
        ),
        (token("/scim/v2/Users"), false),
        (token("/scim/v2//Schemas"), false),
    ] {
        let shown = event.to_string();
        let event: Event = serde_json::from_value(event).expect(&shown);
        match authorizer.call(event).await {
            Ok(verdict) => {
                assert!(allowed, "{shown}");
                assert_eq!(verdict.context, json!({}), "{shown}");
                assert_eq!(verdict.principal_id.as_deref(), Some("public"), "{shown}");
                assert!(policy::allows(
                    &verdict.policy_document,
                    &arn("/scim/v2//Schemas")
                ));
            }
            Err(error) => {
                assert!(!allowed, "{shown}");
                assert_eq!(error.to_string(), UNAUTHORIZED, "{shown}");
            }
        }
    }
}

/// The authorizer of the catch-all is called without a token too.
#[tokio::test]
async fn the_catch_all_asks_about_every_request() {
    for (path, token, expected) in [
        ("/scim/v2//Schemas/", None, 200),
        ("/scim/v2//Schemas", None, 401),
        ("/scim/v2//Users", None, 401),
        ("/scim/v2//Users", Some("Bearer good"), 200),
        ("/scim/v2//Users", Some("Bearer denied"), 403),
        ("/scim/v2//Users", Some("Bearer broken"), 503),
    ] {
        let mut request = Request::get(path);
        if let Some(token) = token {
            request = request.header("Authorization", token);
        }
        let (status, _, _) = ask(request).await;
        assert_eq!(status.as_u16(), expected, "{path} {token:?}");
    }
}

#[tokio::test]
async fn refusals_are_worded_by_the_template() {
    let get = Request::get;
    let users = |token: &str| get("/scim/v2/Users").header("Authorization", token);
    for (request, expected) in [
        (get("/scim/v2/Users"), 401),
        (users(""), 401),
        (users("Bearer wrong"), 401),
        (
            users("Bearer good").header("Authorization", "Bearer good"),
            401,
        ),
        (users("Bearer denied"), 403),
        (users("Bearer elsewhere"), 403),
        (users("Bearer broken"), 503),
        (users("Bearer panic"), 503),
        (users("Bearer nested"), 500),
        (users("Bearer good").header("X-Panic", "1"), 500),
        (get("/scim/v2/Schemas").header("X-Panic", "1"), 500),
        (get("/scim/v2/Nowhere"), 401),
        (get("/elsewhere"), 404),
        (get("/"), 404),
        (get("/scim/v2/Users?filter=%zz"), 400),
    ] {
        let shown = format!("{request:?}");
        let (status, headers, body) = ask(request).await;
        assert_eq!(status.as_u16(), expected, "{shown}");
        assert_eq!(body["status"], status.as_str(), "{shown}");
        assert_eq!(headers["content-type"], "application/scim+json", "{shown}");
        assert_eq!(
            headers.contains_key("www-authenticate"),
            status == 401,
            "{shown}"
        );
        assert!(!body.to_string().contains("$context"), "{shown}");
    }
}

#[test]
fn a_function_that_is_not_there_stops_the_start() {
    let template = || Template::deployed().unwrap();
    let mut without = functions();
    without.http.remove("groups");
    let error = Gateway::new(template(), without)
        .expect_err("no groups")
        .to_string();
    assert!(error.contains("`functions/groups`"), "{error}");
    let mut without = functions();
    without.authorizers.clear();
    let error = Gateway::new(template(), without)
        .expect_err("no authorizer")
        .to_string();
    assert!(error.contains("`functions/token-authorizer`"), "{error}");
}
