"""Every granted action is needed: taken away, the check named here fails; and nothing is granted that is not named here."""
import console, story, upkeep
from stack import actions

# what misses which of a function's actions; those of DynamoDB unless another service is named
NEEDED = {
    "TokenAuthorizerFunction": {story.revoked: "PutItem", story.first_customer: "UpdateItem"},
    "UsersFunction": {
        story.first_customer: "BatchGetItem GetItem PutItem Query UpdateItem",
        story.users: "BatchWriteItem DeleteItem",
    },
    "GroupsFunction": {story.groups: "BatchGetItem BatchWriteItem DeleteItem GetItem PutItem Query UpdateItem"},
    "DiscoveryFunction": {story.odd_users: "BatchGetItem BatchWriteItem DeleteItem GetItem PutItem Query UpdateItem"},
    "SsoFunction": {story.application: "BatchGetItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem"},
    "PortalFunction": {story.admins: "BatchGetItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem"},
    "ConsoleFunction": {console.console: "BatchGetItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem"},
    "IssueServiceKeyFunction": {story.service_keys: "DeleteItem PutItem Query"},
    "JournalRelayFunction": {story.told: "BatchGetItem GetItem PutItem UpdateItem events:PutEvents"},
    "RoleReconcilerFunction": {
        story.reconciled: "BatchGetItem GetItem PutItem",
        upkeep.full_pass: "Query",
        upkeep.left_open: "DeleteItem UpdateItem",
        upkeep.handed_on: "sqs:SendMessage",
    },
    "MailerFunction": {story.invited: "GetItem PutItem Query ses:SendEmail", story.invited_late: "BatchGetItem"},
}
# what AWS does in the role's name: it writes logs and traces, reads queues and the stream, keeps what was given up on. The
# emulator does these without asking
TELLS = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}
TAKES = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
STREAMS = {f"dynamodb:{name}" for name in ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"]}
BY_AWS = {
    "JournalRelayFunction": STREAMS | {"sqs:SendMessage"}, "RoleReconcilerFunction": TAKES, "MailerFunction": TAKES,
}


def check(stack, emulator, say):
    """Fails when an action can go and its check does not fail, or is granted and not named."""
    wrong = []
    for function, exercises in NEEDED.items():
        named = {full(action): exercise for exercise, several in exercises.items() for action in several.split()}
        granted = {action for _, document in stack.policies(function) for action in actions(document)}
        if attached := stack.attached(function):
            wrong.append(f"{function}: policies that are not its own: {attached}")
        if granted != set(named) | TELLS | BY_AWS.get(function, set()):
            wrong.append(f"{function}: granted {sorted(granted)}, named {sorted(named)}")
        for action, exercise in sorted(named.items()):
            begun = emulator.log_size()
            # what does not come has not come because of the refusal only where that is in the log: see `eventually`
            story.given_up = lambda: f"to perform: {action} " in emulator.logged(begun)
            with stack.without(function, action):
                missed = failure(exercise, stack, emulator)
            story.given_up = lambda: False
            calm(stack)
            say(f"{'ok ' if missed else 'IDLE'} {function} without {action}: {missed or f'{exercise.__name__} passes'}")
            if not missed:
                wrong.append(f"{function}: {exercise.__name__} passes without {action}")
    assert not wrong, "\n".join(wrong)


def full(action):
    return action if ":" in action else f"dynamodb:{action}"


def failure(exercise, stack, emulator):
    """How the check fails, if it does. What merely comes late does not count; what is no answer at all ends the run."""
    try:
        exercise(stack, emulator)
    except story.Late:
        return None
    except AssertionError as error:
        return f"{exercise.__name__}: {str(error).splitlines()[0][:120]}"


def calm(stack):
    """Forgets what could not be followed up."""
    sqs = stack.aws.client("sqs")
    for queue in ["RoleQueue", "MailQueue"]:
        sqs.purge_queue(QueueUrl=stack.resources[queue])
