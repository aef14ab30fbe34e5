"""Restores the table with the commands of infra/README.md, and expects the same API, bus, queues and data."""
import full_pass, stack as stacks
from provisioning import Customer

RESTORED = "rollcall-dev-restored"


def check(stack, sam, say):
    """Returns the stack with the restored table."""
    dynamodb, lost = stack.aws.client("dynamodb"), stack.resources["Table"]
    customer = Customer(stack, "restored")
    ada = customer.push("ada")
    full_pass.overlook_entry(customer)
    outputs, resources = stack.outputs(), dict(stack.resources)
    # The emulator restores the table as it is now, whatever the date.
    sam.follow("restore", "The whole table", {
        "--config-env prod": "--config-env dev",
        "rollcall-prod-restored": RESTORED,
        "rollcall-prod-data-Table-1A2B3C4D5E6F": lost,
    })
    # The accident, so that nothing can depend on the lost table any more.
    dynamodb.update_table(TableName=lost, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=lost)

    stack = stacks.Stack(stack.aws, stack.name, stack.stage).emulate_missing_features()
    changed = {name for name, physical in resources.items() if stack.resources.get(name) != physical}
    # What invokes the relay belongs to a stream, so there is another one now.
    assert changed == {"Table", "JournalRelayFunctionJournal"}, changed
    assert stack.resources.keys() == resources.keys() and stack.resources["Table"] == RESTORED, stack.resources
    assert stack.outputs() == {**outputs, "TableName": RESTORED}, stack.outputs()
    say("ok  the API, its URLs, the bus, the rules and the queues are the same")
    table = dynamodb.describe_table(TableName=RESTORED)["Table"]
    assert table["DeletionProtectionEnabled"] and table["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE", table
    ttl = dynamodb.describe_time_to_live(TableName=RESTORED)["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "expires"), ttl
    customer.stack = stack
    assert customer.read(ada)["userName"] == "ada"
    say("ok  the data is there, and tokens, sessions and service keys go on working")
    full_pass.expect_place(customer)
    say("ok  the full pass gave a place to a change that was in the table but not in the feed")
    return stack
