"""Routes, authorizers, rules and what feeds which function: the same in what is deployed, in the local run and under
`cargo lambda watch`."""
import json, pathlib, re, subprocess, tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LOCAL = ["cargo", "run", "--quiet", "--package", "rollcall-local", "--example", "wiring"]


def local():
    """What the local run says it serves."""
    return json.loads(subprocess.run(LOCAL, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def watched():
    """The function of each path under `cargo lambda watch`, which asks no authorizer and knows no rules."""
    return tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["metadata"]["lambda"]["watch"]["router"]


def folders(stack):
    """The folder that each deployed function is built from, by the name it has there."""
    kebab = lambda name: re.sub(r"(?<!^)(?=[A-Z])", "-", name.removesuffix("Function")).lower()
    return {physical: kebab(logical) for logical, physical in stack.functions.items()}


def function_in(text):
    return re.search(r":function:([^/:]+)", text)[1]


def deployed_routes(stack):
    gateway, api, folder = stack.aws.client("apigateway"), stack.resources["Api"], folders(stack)
    authorizers = {
        one["id"]: [folder[function_in(one["authorizerUri"])], one["identitySource"].removeprefix("method.request.header.")]
        for one in gateway.get_authorizers(restApiId=api)["items"]
    }
    pages = gateway.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"])
    for resource in (resource for page in pages for resource in page["items"]):
        for name in resource.get("resourceMethods", {}):
            method = gateway.get_method(restApiId=api, resourceId=resource["id"], httpMethod=name)
            yield {
                "method": name, "path": resource["path"], "authorizer": authorizers.get(method.get("authorizerId")),
                "function": folder[function_in(method["methodIntegration"]["uri"])],
            }


def routes(stack, _):
    """every route leads to the same function behind the same authorizer: deployed, locally and under `cargo lambda watch`"""
    deployed, at_home = list(deployed_routes(stack)), local()["routes"]
    key = lambda route: (route["path"], route["method"])
    assert sorted(deployed, key=key) == sorted(at_home, key=key), (deployed, at_home)
    assert {(route["path"].replace("{proxy+}", "{*proxy}"), route["function"]) for route in deployed} == set(watched().items())


def rules(stack, _):
    """every rule has the same pattern or schedule and the same targets, deployed and locally"""
    events = stack.aws.client("events")
    queues = {arn(stack, name): name for name in stack.resources if name.endswith(("Queue", "DeadLetters"))}
    found = []
    for bus in [stack.outputs()["EventBusName"], "default"]:
        for rule in events.list_rules(EventBusName=bus)["Rules"]:
            name = next((logical for logical, physical in stack.resources.items() if rule["Name"] in physical and logical.endswith("Rule")), None)
            if name is None:
                continue  # the test's own target
            targets = events.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus)["Targets"]
            for target in targets:
                assert target["DeadLetterConfig"]["Arn"] in queues, target
            every = rule.get("ScheduleExpression")
            found.append({
                "name": name, "pattern": json.loads(rule["EventPattern"]) if rule.get("EventPattern") else None,
                "every_seconds": {"rate(1 hour)": 3600}[every] if every else None,
                "targets": [[queues[target["Arn"]], target.get("Input")] for target in targets],
            })
    assert sorted(found, key=lambda rule: rule["name"]) == local()["rules"], (found, local()["rules"])


def feeds(stack, _):
    """every queue and the table's stream feed the same function by the same batches, deployed and locally"""
    folder, at_home = folders(stack), local()
    queues = {arn(stack, name): name for name in stack.resources if name.endswith("Queue")}
    consumers, streams = [], []
    for one in stack.aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]:
        function = folder[function_in(one["FunctionArn"])]
        if one["EventSourceArn"] in queues:
            consumers.append({"function": function, "queue": queues[one["EventSourceArn"]], "batch_size": one["BatchSize"]})
        else:
            filters = [json.loads(each["Pattern"]) for each in one["FilterCriteria"]["Filters"]]
            streams.append({"function": function, "batch_size": one["BatchSize"], "filters": filters})
    by_queue = lambda consumer: consumer["queue"]
    assert sorted(consumers, key=by_queue) == sorted(at_home["consumers"], key=by_queue), consumers
    assert streams == [at_home["stream"]], streams


def arn(stack, queue):
    url = stack.resources[queue]
    return stack.aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


CHECKS = [routes, rules, feeds]
