"""Restores the table with the commands of infra/README.md, and expects the same API, bus, queues and data, and nothing that
was revoked, deleted, erased or taken away."""
import collections, datetime, hashlib

import full_pass, stack as stacks
from provisioning import Customer, eventually

RESTORED = "rollcall-dev-restored"


def archived(stack, tenant):
    """Counts what is archived of a tenant, by type and id."""
    pages = stack.aws.client("dynamodb").get_paginator("scan").paginate(TableName=stack.resources["Archive"])
    items = [item for page in pages for item in page["Items"] if item.get("tenant", {}).get("S") == tenant]
    return collections.Counter((item["type"]["S"], item["subject"]["S"]) for item in items)


def copied(stack, target, tenant):
    """Makes a table with the items of the whole stack and of one tenant, as a restore would."""
    dynamodb = stack.aws.client("dynamodb")
    if target in dynamodb.list_tables()["TableNames"]:
        dynamodb.delete_table(TableName=target)
    dynamodb.create_table(
        TableName=target, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ["PK", "SK"]],
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    )
    pages = dynamodb.get_paginator("scan").paginate(TableName=stack.resources["Table"], ConsistentRead=True)
    for item in (item for page in pages for item in page["Items"]):
        key = item["PK"]["S"]
        is_listed = key.startswith("S#") and item["SK"]["S"] == tenant
        if key == f"T#{tenant}" or key.startswith(f"T#{tenant}#") or is_listed:
            dynamodb.put_item(TableName=target, Item=item)


def prepared(stack, _):
    """a restored table is brought up to date before it is used: what has ended or was taken away stays so"""
    customer, target = Customer(stack, "prepared"), f"{stack.name}-restored-check"
    ada, leaver = customer.push("ada"), customer.push("leaver")
    group, mapped = customer.push_group("Staff", ada, leaver), customer.push_group("Mapped", ada)
    customer.map(mapped, "member")
    path = f"/scim/connections/{customer.connection}/tokens"
    leaked = customer.admin("POST", path, {"label": "leaked"}).expect(201).body
    restored_to = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    copied(stack, target, customer.tenant)
    customer.admin("DELETE", f"/scim/tokens/{leaked['id']}").expect(204)
    customer.patch(f"/Users/{ada}", {"op": "replace", "path": "active", "value": False}).expect(200)
    customer.idp("DELETE", f"/Users/{leaver}").expect(204)
    customer.idp("DELETE", f"/Groups/{group}").expect(204)
    customer.map(mapped, None)
    ended = collections.Counter({
        ("token.revoked", leaked["id"]): 1, ("user.deactivated", ada): 1, ("user.deleted", leaver): 1,
        ("group.deleted", group): 1, ("group.mapping_changed", mapped): 2,
    })
    eventually("the archive", lambda: ended <= archived(stack, customer.tenant))
    answer = stack.invoke("RestoreFunction", {"table": target, "restored_to": restored_to})
    assert answer["done"] and answer["refused"] == [] and answer["sessions_ended"] > 0, answer
    get = lambda partition, sort: stack.aws.client("dynamodb").get_item(
        TableName=target, Key={"PK": {"S": f"T#{customer.tenant}{partition}"}, "SK": {"S": sort}},
    ).get("Item")
    assert "revoked_us" in get("#K", hashlib.sha256(leaked["token"].encode()).hexdigest()), "the token is back"
    assert get("#U", ada)["inactive"]["BOOL"] and get("#U", leaver) is None and get("#G", group) is None
    assert get("", f"ROLEMAP#{mapped}") is None, "the mapping is back"
    assert get("#S", hashlib.sha256(customer.session.encode()).hexdigest()) is None, "the session is back"


CHECKS = [prepared]


def check(stack, sam, say):
    """Returns the stack with the restored table."""
    dynamodb, lost = stack.aws.client("dynamodb"), stack.resources["Table"]
    customer = Customer(stack, "restored")
    ada = customer.push("ada")
    session = customer.login("somebody@example.test").expect(200).body["session"]["token"]
    assert customer.introspect(session)["active"]
    full_pass.overlook_entry(customer)
    outputs, resources = stack.outputs(), dict(stack.resources)
    # The emulator restores the table as it is now, whatever the date.
    sam.follow("restore", "The whole table", {
        "--config-env prod": "--config-env dev",
        "--stack-name rollcall-prod ": f"--stack-name {stack.name} ",
        "rollcall-prod-restored": RESTORED,
        "rollcall-prod-data-Table-1A2B3C4D5E6F": lost,
    })
    # The accident, so that nothing can depend on the lost table any more.
    dynamodb.update_table(TableName=lost, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=lost)

    stack = stacks.Stack(stack.aws, stack.name, stack.stage).emulate_missing_features()
    # Each update makes a new deployment of the API.
    lasting = lambda all: {name: physical for name, physical in all.items() if not name.startswith("ApiDeployment")}
    before, after = lasting(resources), lasting(stack.resources)
    changed = {name for name, physical in before.items() if after.get(name) != physical}
    # What invokes the relay belongs to a stream, so there is another one now.
    assert changed == {"Table", "JournalRelayFunctionJournal"}, changed
    assert after.keys() == before.keys() and after["Table"] == RESTORED, after
    assert stack.outputs() == {**outputs, "TableName": RESTORED}, stack.outputs()
    say("ok  the API, its URLs, the bus, the rules and the queues are the same")
    table = dynamodb.describe_table(TableName=RESTORED)["Table"]
    assert table["DeletionProtectionEnabled"] and table["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE", table
    ttl = dynamodb.describe_time_to_live(TableName=RESTORED)["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "expires"), ttl
    customer.stack = stack
    assert customer.read(ada)["userName"] == "ada"
    assert not customer.introspect(session)["active"], "a session survived the restore"
    say("ok  the data is there, tokens and service keys go on working, and sessions have ended")
    full_pass.expect_place(customer)
    say("ok  the full pass gave a place to a change that was in the table but not in the feed")
    return stack
