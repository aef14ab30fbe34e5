"""What API Gateway answers by itself on `/scim/v2`: always a SCIM error (RFC 7644 section 3.12).

| refused because | shown here | by |
|---|---|---|
| the route is unknown, the method too | yes | `unknown_route`; below `/scim/v2` a function answers, 404 or 405. With a bearer AWS finds the signature bad instead: template |
| there is no token, or none that is known | yes | `no_token` |
| the token was revoked, is over its rate | yes | `story.revoked`, `story.rate_limit` |
| the stage is over its rate | yes | `throttled` |
| the body is too large | by a function | `story.oversize`: API Gateway refuses 10 MB, its functions refuse far less |
| the authorizer crashes or takes too long | yes | `crash` |
| a function crashes or takes too long | no | the emulator tells what it knows and asks no gateway response |

That each of API Gateway's 21 types has a SCIM error in the template, the last one included, is a test of infra/local.
"""
import contextlib

SCIM = "application/scim+json"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def scim_error(answer, status, headers=()):
    answer.expect(status)
    assert answer.headers.get("content-type", "").startswith(SCIM), f"{answer.request}: {answer.headers}"
    body = answer.body
    assert body and body["schemas"] == [ERROR] and body["status"] == str(status) and body["detail"], answer.text
    for header in headers:
        assert answer.headers.get(header), f"{answer.request}: no {header} in {answer.headers}"


def discovery_needs_no_token(stack, _):
    """discovery answers without a token"""
    for path in ["ServiceProviderConfig", "Schemas", "ResourceTypes", "Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "ResourceTypes/User"]:
        answer = stack.call("GET", f"/scim/v2/{path}").expect(200)
        assert answer.headers["content-type"].startswith(SCIM), answer.headers
    scim_error(stack.call("DELETE", "/scim/v2/Schemas"), 405, ["allow"])


def no_token(stack, _):
    """no token, an unknown one and another scheme are 401 with WWW-Authenticate"""
    for path in ["/scim/v2/Users", "/scim/v2/Groups", "/scim/v2/Users/x", "/scim/v2/whatever"]:
        scim_error(stack.call("GET", path), 401, ["www-authenticate"])
    scim_error(stack.call("GET", "/scim/v2/Users", token="rcs_acme_unknown"), 401, ["www-authenticate"])
    scim_error(stack.call("GET", "/scim/v2/Users", headers={"Authorization": "Basic YTpi"}), 401, ["www-authenticate"])


def throttled(stack, _):
    """a stage that is over its rate answers 429 with Retry-After"""
    gateway, api = stack.aws.client("apigateway"), stack.resources["Api"]
    setting = lambda op, name: {"op": op, "path": f"/~1scim~1v2~1Schemas/GET/throttling/{name}", **({"value": "0"} if op == "replace" else {})}
    change = lambda op: gateway.update_stage(
        restApiId=api, stageName=stack.stage, patchOperations=[setting(op, "rateLimit"), setting(op, "burstLimit")]
    )
    change("replace")
    try:
        scim_error(stack.call("GET", "/scim/v2/Schemas"), 429, ["retry-after"])
    finally:
        change("remove")
    stack.call("GET", "/scim/v2/Schemas").expect(200)


def unknown_route(stack, _):
    """an unknown route and a method that no route has are 404"""
    for method, path in [("GET", "/"), ("GET", "/scim"), ("GET", "/scim/v1/Users"), ("HEAD", "/nowhere"), ("POST", "/Users")]:
        for token in [None, "rcs_acme_unknown"]:
            answer = stack.call(method, path, token)
            scim_error(answer, 404) if method != "HEAD" else answer.expect(404)


@contextlib.contextmanager
def changed(stack, function, **change):
    """Gives a function another configuration for a while."""
    client, name = stack.aws.client("lambda"), stack.functions[function]
    before = client.get_function_configuration(FunctionName=name)
    client.update_function_configuration(FunctionName=name, **change)
    try:
        yield
    finally:
        client.update_function_configuration(FunctionName=name, **{key: before[key] for key in change})


def crash(stack, _):
    """an authorizer that does not start is a SCIM error that says to try again"""
    # of a function behind the authorizer that does not start, or is out of concurrency, the emulator tells the client
    # all it knows; that API Gateway has a body for these is for the template's own test to say
    with changed(stack, "TokenAuthorizerFunction", Environment={"Variables": {}}):
        scim_error(stack.call("GET", "/scim/v2/Users", token="rcs_acme_unknown"), 500)
    scim_error(stack.call("GET", "/scim/v2/Users", token="rcs_acme_unknown"), 401, ["www-authenticate"])


CHECKS = [discovery_needs_no_token, no_token, unknown_route, throttled, crash]
