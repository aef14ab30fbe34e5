"""Tests the errors that API Gateway itself returns on `/scim/v2`: each is a SCIM error (RFC 7644 section 3.12).

| reason for the error | tested here | by |
|---|---|---|
| unknown route or method | yes | `unknown_route` (1) |
| missing or unknown token | yes | `no_token` |
| revoked token, or token over its rate limit | yes | `provisioning.revoked`, `provisioning.rate_limit` |
| stage over its rate limit | yes | `throttled` |
| body too large | in a function | `provisioning.oversize`: API Gateway refuses 10 MB, the functions refuse much less |
| authorizer crashes or times out | yes | `crash` |
| function crashes or times out | no | the emulator returns its own error and uses no gateway response |

(1) Below `/scim/v2`, a function returns 404 or 405. For a request with a bearer token on an unknown route, AWS reports
an invalid signature instead; the template has a SCIM error for that too.

A test in infra/local checks that the template has a SCIM error for each of the 21 response types of API Gateway.
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
    """discovery needs no token"""
    for path in ["ServiceProviderConfig", "Schemas", "ResourceTypes",
                 "Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "ResourceTypes/User"]:
        # The emulator ignores empty segments; `provisioning.public_spellings` calls the function for those.
        for spelling in [path, f"{path}/"]:
            answer = stack.call("GET", f"/scim/v2/{spelling}").expect(200)
            assert answer.headers["content-type"].startswith(SCIM), answer.headers
    scim_error(stack.call("DELETE", "/scim/v2/Schemas"), 405, ["allow"])


def no_token(stack, _):
    """a missing token, an unknown token and another scheme get 401 with WWW-Authenticate"""
    for path in ["/scim/v2/Users", "/scim/v2/Groups", "/scim/v2/Users/x", "/scim/v2/whatever"]:
        scim_error(stack.call("GET", path), 401, ["www-authenticate"])
    scim_error(stack.call("GET", "/scim/v2/Users", token="rcs_acme_unknown"), 401, ["www-authenticate"])
    scim_error(stack.call("GET", "/scim/v2/Users", headers={"Authorization": "Basic YTpi"}), 401, ["www-authenticate"])


def throttled(stack, _):
    """a stage over its rate limit returns 429 with Retry-After"""
    gateway, api = stack.aws.client("apigateway"), stack.resources["Api"]
    value = lambda op: {"value": "0"} if op == "replace" else {}
    setting = lambda op, name: {"op": op, "path": f"/~1scim~1v2~1Schemas/GET/throttling/{name}", **value(op)}
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
    """an unknown route or method gets 404"""
    for method, path in [("GET", "/"), ("GET", "/scim"), ("GET", "/scim/v1/Users"), ("HEAD", "/nowhere"),
                         ("POST", "/Users")]:
        for token in [None, "rcs_acme_unknown"]:
            answer = stack.call(method, path, token)
            scim_error(answer, 404) if method != "HEAD" else answer.expect(404)


@contextlib.contextmanager
def changed(stack, function, **change):
    """Changes the configuration of a function temporarily."""
    client, name = stack.aws.client("lambda"), stack.functions[function]
    before = client.get_function_configuration(FunctionName=name)
    client.update_function_configuration(FunctionName=name, **change)
    try:
        yield
    finally:
        client.update_function_configuration(FunctionName=name, **{key: before[key] for key in change})


def crash(stack, _):
    """an authorizer that does not start causes a SCIM error"""
    # If another function does not start or has no concurrency left, the emulator returns its own error. The tests of
    # the template check that API Gateway has a body for these errors.
    with changed(stack, "TokenAuthorizerFunction", Environment={"Variables": {}}):
        scim_error(stack.call("GET", "/scim/v2/Users", token="rcs_acme_unknown"), 503)
    scim_error(stack.call("GET", "/scim/v2/Users", token="rcs_acme_unknown"), 401, ["www-authenticate"])


CHECKS = [discovery_needs_no_token, no_token, unknown_route, throttled, crash]
