"""Compares routes, authorizers, rules and event sources between the deployed stack, the local run and
`cargo lambda watch`."""
import json, pathlib, re, subprocess, tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LOCAL = ["cargo", "run", "--quiet", "--package", "rollcall-local", "--example", "wiring"]


def local():
    """Returns the wiring of the local run."""
    return json.loads(subprocess.run(LOCAL, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def watched():
    """Returns the function for each path in `cargo lambda watch`, which has no authorizers and no rules."""
    return tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["metadata"]["lambda"]["watch"]["router"]


def folders(stack):
    """Returns the source folder of each function by its deployed name."""
    kebab = lambda name: re.sub(r"(?<!^)(?=[A-Z])", "-", name.removesuffix("Function")).lower()
    return {physical: kebab(logical) for logical, physical in stack.functions.items()}


def function_in(text):
    return re.search(r":function:([^/:]+)", text)[1]


def deployed_routes(stack):
    gateway, api, folder = stack.aws.client("apigateway"), stack.resources["Api"], folders(stack)
    authorizers = {}
    for one in gateway.get_authorizers(restApiId=api)["items"]:
        # The header is that of a token; the emulator names one for each authorizer.
        source = one["identitySource"].removeprefix("method.request.header.") if one["type"] == "TOKEN" else None
        assert one["authorizerResultTtlInSeconds"] == 0, one
        authorizers[one["id"]] = [folder[function_in(one["authorizerUri"])], one["type"], source]
    pages = gateway.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"])
    for resource in (resource for page in pages for resource in page["items"]):
        for name in resource.get("resourceMethods", {}):
            method = gateway.get_method(restApiId=api, resourceId=resource["id"], httpMethod=name)
            yield {
                "method": name, "path": resource["path"], "authorizer": authorizers.get(method.get("authorizerId")),
                "function": folder[function_in(method["methodIntegration"]["uri"])],
            }


def routes(stack, _):
    """every route has the same function and authorizer: deployed, locally and with `cargo lambda watch`"""
    deployed, expected = list(deployed_routes(stack)), local()["routes"]
    key = lambda route: (route["path"], route["method"])
    assert sorted(deployed, key=key) == sorted(expected, key=key), (deployed, expected)
    functions = {(route["path"].replace("{proxy+}", "{*proxy}"), route["function"]) for route in deployed}
    assert functions == set(watched().items())


def invocations(stack, _):
    """the API may invoke each function by one permission for all of its routes"""
    client, api = stack.aws.client("lambda"), stack.resources["Api"]
    routed = {route["function"] for route in local()["routes"]}
    for name, folder in folders(stack).items():
        if folder not in routed:
            continue
        policy = json.loads(client.get_policy(FunctionName=name)["Policy"])
        sources = [one["Condition"]["ArnLike"]["AWS:SourceArn"] for one in policy["Statement"]]
        assert len(sources) == 1 and sources[0].endswith(f":{api}/*"), (folder, sources)


def rules(stack, _):
    """every rule has the same pattern or schedule and the same targets, deployed and locally"""
    events = stack.aws.client("events")
    queues = {arn(stack, name): name for name in stack.resources if name.endswith(("Queue", "DeadLetters"))}
    found = []
    for bus in [stack.outputs()["EventBusName"], "default"]:
        for rule in events.list_rules(EventBusName=bus)["Rules"]:
            names = [
                logical for logical, physical in stack.resources.items()
                if rule["Name"] in physical and logical.endswith("Rule")
            ]
            if not names:
                continue  # the rule of the test's own target
            targets = events.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus)["Targets"]
            for target in targets:
                assert target["DeadLetterConfig"]["Arn"] in queues, target
            every = rule.get("ScheduleExpression")
            found.append({
                "name": names[0], "pattern": json.loads(rule["EventPattern"]) if rule.get("EventPattern") else None,
                "every_seconds": {"rate(1 hour)": 3600, "rate(5 minutes)": 300, "rate(1 minute)": 60}[every] if every else None,
                "targets": [[queues[target["Arn"]], target.get("Input")] for target in targets],
            })
    expected = referred(local()["rules"], stack)
    assert sorted(found, key=lambda rule: rule["name"]) == expected, (found, expected)


def referred(node, stack):
    """Replaces the references of the template by the names of the deployed resources."""
    if isinstance(node, list):
        return [referred(item, stack) for item in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {"Ref"}:
        return stack.resources[node["Ref"]]
    return {key: referred(value, stack) for key, value in node.items()}


def event_sources(stack, _):
    """every queue and the table's stream have the same function and batch size, deployed and locally"""
    folder, expected = folders(stack), local()
    queues = {arn(stack, name): name for name in stack.resources if name.endswith("Queue")}
    consumers, streams = [], []
    for one in stack.aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]:
        function = folder[function_in(one["FunctionArn"])]
        if one["EventSourceArn"] in queues:
            queue = queues[one["EventSourceArn"]]
            consumers.append({"function": function, "queue": queue, "batch_size": one["BatchSize"]})
        else:
            filters = [json.loads(each["Pattern"]) for each in one["FilterCriteria"]["Filters"]]
            streams.append({"function": function, "batch_size": one["BatchSize"], "filters": filters})
    by_queue = lambda consumer: consumer["queue"]
    assert sorted(consumers, key=by_queue) == sorted(expected["consumers"], key=by_queue), consumers
    assert streams == [expected["stream"]], streams


def arn(stack, queue):
    url = stack.resources[queue]
    attributes = stack.aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return attributes["QueueArn"]


CHECKS = [routes, invocations, rules, event_sources]
