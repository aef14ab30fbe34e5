"""Tests the full pass over all tenants, which the schedule orders every hour."""
from gateway import changed
from provisioning import GROUP, Customer, eventually, found_by_words

ORDER = '{"full_pass":{}}'


def message_count(stack, queue, *kinds):
    """Returns the number of messages in a queue."""
    names = kinds or ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs = stack.aws.client("sqs")
    counts = sqs.get_queue_attributes(QueueUrl=stack.resources[queue], AttributeNames=list(names))["Attributes"]
    return sum(int(counts[name]) for name in names)


def order_full_pass(stack):
    stack.aws.client("sqs").send_message(QueueUrl=stack.resources["RoleQueue"], MessageBody=ORDER)


def full_pass(stack, _):
    """the full pass empties its queue and leaves no dead letters"""
    order_full_pass(stack)
    eventually("an empty queue", lambda: message_count(stack, "RoleQueue") == 0)
    for queue in ["RoleDeadLetters", "MailDeadLetters", "WebhookDeadLetters", "UnrelayedQueue"]:
        assert message_count(stack, queue) == 0, queue


def continued_pass(stack, _):
    """a full pass that runs out of time sends the rest to the queue and still completes"""
    # One second for the work; the function reserves the other 15 seconds.
    with changed(stack, "RoleReconcilerFunction", Timeout=16):
        order_full_pass(stack)
        eventually("an empty queue", lambda: message_count(stack, "RoleQueue") == 0)


def interrupted_change(stack, _):
    """the full pass completes the interrupted deletion of a group"""
    customer = Customer(stack, "left-open")
    member = customer.push("ada@example.test")
    items = lambda partition: stack.aws.client("dynamodb").query(
        TableName=stack.resources["Table"], KeyConditionExpression="PK = :partition",
        ExpressionAttributeValues={":partition": {"S": f"T#{customer.tenant}#{partition}"}},
    )["Count"]
    # The reconciler completes the deletion as well, once it has the event. So there is another group if it was faster.
    for number in range(5):
        body = {"schemas": [GROUP], "displayName": f"Small {number}", "members": [{"value": member}]}
        group = customer.idp("POST", "/Groups", body).expect(201).body["id"]
        # The request deletes the group, but cannot read the member from whose list it must disappear. The group has only one
        # member: for more, the request would read the limit of its connection first, and fail there.
        with stack.without("GroupsFunction", "dynamodb:BatchGetItem"):
            customer.idp("DELETE", f"/Groups/{group}").expect(500)
            left = items("I")
        if left:
            break
    assert left == 1, left
    order_full_pass(stack)
    eventually("no open intent", lambda: items("I") == 0)
    assert items(f"M#{group}") == 0
    # The pass continues with other tenants; wait, so that it does not touch those of the next check.
    eventually("an empty queue", lambda: message_count(stack, "RoleQueue") == 0)


# The ID of a journal entry that is older than any entry that may still be in the stream.
OLD = "0190a8c0-0000-7000-8000-000000000000"


def journal(customer):
    """Returns the journal entries of a customer, the oldest first."""
    return customer.stack.aws.client("dynamodb").query(
        TableName=customer.stack.resources["Table"], KeyConditionExpression="PK = :journal",
        ExpressionAttributeValues={":journal": {"S": f"T#{customer.tenant}#J"}}, ConsistentRead=True,
    )["Items"]


def overlook_entry(customer):
    """Gives a customer the journal entry `OLD`, which has no place in the feed and is not in the stream."""
    customer.push("ada@example.test")
    placed = lambda: all("placed_at" in entry for entry in journal(customer))
    eventually("a place for every entry", placed)
    table, dynamodb = customer.stack.resources["Table"], customer.stack.aws.client("dynamodb")
    old = {**journal(customer)[0], "SK": {"S": OLD}}
    dynamodb.put_item(TableName=table, Item=old)
    # When this user's entry has a place, the stream has also delivered the old entry.
    customer.push("grace@example.test")
    eventually("a place for every entry", placed)
    key = {name: old[name] for name in ["PK", "SK"]}
    dynamodb.update_item(TableName=table, Key=key, UpdateExpression="REMOVE placed_at")


def expect_place(customer):
    """Waits until the entry `OLD` is in the feed."""
    eventually("its place", lambda: "placed_at" in journal(customer)[0])
    assert "reminded_at" not in journal(customer)[0], journal(customer)[0]
    # The pass also announces what Health has found.
    events = [event for event in customer.feed() if not event["type"].startswith("health.")]
    assert events[-1]["id"] == OLD


def missed_entry(stack, _):
    """the full pass gives a place to a journal entry that was not in the stream, as after a restore"""
    customer = Customer(stack, "overlooked")
    overlook_entry(customer)
    order_full_pass(stack)
    expect_place(customer)


def forget(stack, partition):
    """Deletes the items of a partition."""
    table, dynamodb = stack.resources["Table"], stack.aws.client("dynamodb")
    found = dynamodb.query(
        TableName=table, KeyConditionExpression="PK = :partition",
        ExpressionAttributeValues={":partition": {"S": partition}},
    )["Items"]
    assert found, partition
    for item in found:
        dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ["PK", "SK"]})


def missing_index(stack, _):
    """the full pass indexes data from before the indexes"""
    customer = Customer(stack, "unindexed")
    customer.push("ada@example.test", displayName="Ada Lovelace")
    eventually("her name in the index", lambda: found_by_words(customer) == ["ada@example.test"])
    for partition in ["Z", "W", "WP"]:
        forget(stack, f"T#{customer.tenant}#{partition}")
    assert found_by_words(customer) == []
    order_full_pass(stack)
    eventually("a complete index", lambda: found_by_words(customer) == ["ada@example.test"])


CHECKS = [full_pass, continued_pass, interrupted_change, missed_entry, missing_index]
