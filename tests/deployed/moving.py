"""Moves a stack of before the data stack, and deletes both stacks, with the commands of infra/README.md."""
import botocore.exceptions

import provisioning, stack as stacks
from provisioning import Customer
from runbook import ROOT

# What moves. The data stack has more than that as soon as a version adds something to it.
DATA = ["Table", "EventBus", "UnrelayedQueue", "RoleDeadLetters", "MailDeadLetters"]
# The data stack has the last one newly.
QUEUES = [*DATA[2:], "WebhookDeadLetters"]


def check(aws, name, stage, sam, parameters, say):
    """Deploys a single stack and moves its data to a data stack. Returns both."""
    single = stacks.single_template(ROOT, sam.work)
    sam.deploy("single", parameters, template=single)
    stack = stacks.Stack(aws, name, stage).emulate_missing_features()
    assert stack.data is None, stack.data
    customer = Customer(stack, "moved")
    ada = customer.push("ada")
    sqs = aws.client("sqs")
    sqs.send_message(QueueUrl=stack.resources["RoleDeadLetters"], MessageBody="given up on")
    outputs, resources = stack.outputs(), dict(stack.resources)
    sam.follow("move", "Move to two stacks", {"rollcall-prod": name, "--config-env prod": "--config-env dev"})

    stack = stacks.Stack(aws, name, stage).emulate_missing_features()
    data = {one["LogicalResourceId"] for one in stack.listed(stack.data)}
    assert set(DATA) <= data, data
    changed = {name for name, _ in set(resources.items()) ^ set(stack.resources.items())} - (data - set(DATA))
    # A deployment of the API has a name that depends on the definition of the API.
    changed = {name for name in changed if not name.startswith("ApiDeployment")}
    assert not changed, changed
    same = lambda outputs: {name: value for name, value in outputs.items() if name != "WebhookDeadLettersUrl"}
    assert same(stack.outputs()) == same(outputs), (stack.outputs(), outputs)
    say("ok  every resource is the same; the data belongs to the data stack")
    customer.stack = stack
    assert customer.read(ada)["userName"] == "ada"
    messages = sqs.receive_message(QueueUrl=stack.resources["RoleDeadLetters"])["Messages"]
    assert [message["Body"] for message in messages] == ["given up on"], messages
    sqs.purge_queue(QueueUrl=stack.resources["RoleDeadLetters"])
    say("ok  the data and what was given up on are there, and the token goes on working")
    return stack


def tear_down(stack, sam, say):
    """Deletes both stacks, then their data."""
    # Remove the test's rule first, because AWS does not delete a bus with rules from outside the stack.
    provisioning.Target.remove(stack)
    cloudformation = stack.aws.client("cloudformation")
    try:
        cloudformation.delete_stack(StackName=stack.data)
        raise AssertionError("the data stack can be deleted before the compute stack")
    except botocore.exceptions.ClientError as error:
        say(f"ok  {error}")
    sam.follow("tear-down", "Tear down", {"sam delete": "sam delete --no-prompts"})
    assert stack.is_gone()
    tables = lambda: stack.aws.client("dynamodb").list_tables()["TableNames"]
    buses = lambda: [bus["Name"] for bus in stack.aws.client("events").list_event_buses()["EventBuses"]]
    queues = lambda: stack.aws.client("sqs").list_queues(QueueNamePrefix=stack.name).get("QueueUrls", [])
    table, bus = stack.resources["Table"], stack.resources["EventBus"]
    assert table in tables() and bus in buses(), (tables(), buses())
    name = lambda url: url.rpartition("/")[2]
    assert {name(url) for url in queues()} == {name(stack.resources[queue]) for queue in QUEUES}, queues()
    say("ok  the stacks are deleted; the table, the bus and the queues of what was given up on remain")
    prefix = name(stack.resources["UnrelayedQueue"]).partition("UnrelayedQueue")[0]
    archive = stack.resources["Archive"]
    names = {
        "rollcall-dev-data-Table-1A2B3C4D5E6F": table, "rollcall-dev-data-Archive-1A2B3C4D5E6F": archive,
        "rollcall-dev-data- ": f"{prefix} ",
    }
    sam.follow("delete-data", "Delete the data", names)
    assert not {table, archive} & set(tables()), tables()
    assert bus not in buses() and not queues(), (buses(), queues())
    say("ok  the data is deleted")
