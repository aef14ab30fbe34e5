"""What the hourly pass over everybody does, ordered here as the schedule orders it."""
from gateway import changed
from story import Customer, eventually

ORDER = '{"full_pass":{}}'


def waiting(stack, queue, *kinds):
    """How many messages a queue holds."""
    names = kinds or ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    held = stack.aws.client("sqs").get_queue_attributes(QueueUrl=stack.resources[queue], AttributeNames=list(names))["Attributes"]
    return sum(int(held[name]) for name in names)


def order(stack):
    stack.aws.client("sqs").send_message(QueueUrl=stack.resources["RoleQueue"], MessageBody=ORDER)


def full_pass(stack, _):
    """the full pass is taken from the queue and leaves nothing behind"""
    order(stack)
    eventually("an empty queue", lambda: waiting(stack, "RoleQueue") == 0)
    for queue in ["RoleDeadLetters", "MailDeadLetters", "UnrelayedQueue"]:
        assert waiting(stack, queue) == 0, queue


def handed_on(stack, _):
    """a full pass that is out of time hands on what is left, and ends all the same"""
    # a second of work, and the 15 that are kept back
    with changed(stack, "RoleReconcilerFunction", Timeout=16):
        order(stack)
        eventually("an empty queue", lambda: waiting(stack, "RoleQueue") == 0)


def left_open(stack, _):
    """a large change of members that was stopped half-way is completed by the full pass"""
    customer = Customer(stack, "left-open")
    people = [customer.push(f"person-{number}") for number in range(60)]
    with stack.without("GroupsFunction", "dynamodb:DeleteItem"):
        body = {"displayName": "Large", "members": [{"value": person} for person in people]}
        customer.idp("POST", "/Groups", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], **body}).expect(500)
    open_intents = lambda: stack.aws.client("dynamodb").query(
        TableName=stack.resources["Table"], KeyConditionExpression="PK = :intents",
        ExpressionAttributeValues={":intents": {"S": f"T#{customer.tenant}#I"}},
    )["Count"]
    assert open_intents() == 1
    order(stack)
    eventually("no open intent", lambda: open_intents() == 0)
    found = customer.idp("GET", "/Groups?filter=displayName%20eq%20%22large%22").expect(200).body["Resources"]
    assert len(found[0]["members"]) == 60, found
    # the pass goes on with other tenants, and must not meet those of the next check
    eventually("an empty queue", lambda: waiting(stack, "RoleQueue") == 0)


def overlooked(stack, _):
    """a journal entry that the stream never told of, as after a restore, gets its place by the full pass"""
    customer = Customer(stack, "overlooked")
    customer.push("ada@example.test")
    table, dynamodb = stack.resources["Table"], stack.aws.client("dynamodb")
    journal = {":journal": {"S": f"T#{customer.tenant}#J"}}
    entries = lambda: dynamodb.query(
        TableName=table, KeyConditionExpression="PK = :journal", ExpressionAttributeValues=journal, ConsistentRead=True
    )["Items"]
    placed = lambda: all("placed_at" in entry for entry in entries())
    eventually("a place for every entry", placed)
    # older than whatever may still be on its way
    old = {**entries()[0], "SK": {"S": "0190a8c0-0000-7000-8000-000000000000"}}
    dynamodb.put_item(TableName=table, Item=old)
    # so that the stream has told of the one before
    customer.push("grace@example.test")
    eventually("a place for every entry", placed)
    key = {name: old[name] for name in ["PK", "SK"]}
    dynamodb.update_item(TableName=table, Key=key, UpdateExpression="REMOVE placed_at")
    order(stack)
    eventually("its place", lambda: "placed_at" in entries()[0])
    assert "reminded_at" not in entries()[0], entries()[0]
    assert customer.feed()[-1]["id"] == old["SK"]["S"]


CHECKS = [full_pass, handed_on, left_open, overlooked]
