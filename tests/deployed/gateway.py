"""What API Gateway answers by itself on `/scim/v2`: always a SCIM error (RFC 7644 section 3.12)."""
import contextlib, pathlib, re, tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCIM = "application/scim+json"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def scim_error(answer, status, headers=()):
    answer.expect(status)
    assert answer.headers.get("content-type", "").startswith(SCIM), f"{answer.request}: {answer.headers}"
    body = answer.body
    assert body and body["schemas"] == [ERROR] and body["status"] == str(status) and body["detail"], answer.text
    for header in headers:
        assert answer.headers.get(header), f"{answer.request}: no {header} in {answer.headers}"


def routes(stack, _):
    """every deployed route leads where `cargo lambda watch` sends it, which a test of infra/local holds to the local run's"""
    gateway, api = stack.aws.client("apigateway"), stack.resources["Api"]
    folder = {physical: re.sub(r"(?<!^)(?=[A-Z])", "-", logical.removesuffix("Function")).lower() for logical, physical in stack.functions.items()}
    deployed, open_to_all = {}, set()
    pages = gateway.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"])
    for resource in (resource for page in pages for resource in page["items"]):
        for name in resource.get("resourceMethods", {}):
            method = gateway.get_method(restApiId=api, resourceId=resource["id"], httpMethod=name)
            function = re.search(r":function:([^/:]+)", method["methodIntegration"]["uri"])[1]
            path = resource["path"].replace("{proxy+}", "{*proxy}")
            deployed.setdefault(path, set()).add(folder[function])
            if method["authorizationType"] == "NONE":
                open_to_all.add(folder[function])
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())
    watched = manifest["workspace"]["metadata"]["lambda"]["watch"]["router"]
    assert {path: functions for path, functions in deployed.items()} == {path: {one} for path, one in watched.items()}, (deployed, watched)
    assert not open_to_all & {"users", "groups"}, open_to_all


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


def unknown_route(stack, _):
    """an unknown route and a method that no route has are 404"""
    for method, path in [("GET", "/"), ("GET", "/scim"), ("GET", "/scim/v1/Users"), ("HEAD", "/nowhere"), ("POST", "/Users")]:
        answer = stack.call(method, path)
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


CHECKS = [routes, discovery_needs_no_token, no_token, unknown_route, crash]
