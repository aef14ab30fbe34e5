"""Checks that every granted action is needed and listed here: without the action, the check that is listed fails."""
import contextlib

import console, erasing, full_pass, provisioning, restoring
from stack import actions

# For each function: the checks, and the actions without which they fail. Actions without a service are DynamoDB's.
NEEDED = {
    "TokenAuthorizerFunction": {
        provisioning.revoked: "PutItem",
        provisioning.first_customer: "UpdateItem",
        provisioning.new_limit: "GetItem",
    },
    "UsersFunction": {
        provisioning.first_customer: "BatchGetItem GetItem PutItem Query UpdateItem",
        provisioning.users: "BatchWriteItem ConditionCheckItem DeleteItem secretsmanager:GetSecretValue",
    },
    "GroupsFunction": {
        provisioning.groups: "BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem",
        provisioning.group_cursors: "secretsmanager:GetSecretValue",
    },
    "BulkFunction": {
        provisioning.bulk:
            "BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem "
            "secretsmanager:GetSecretValue",
    },
    "DiscoveryFunction": {provisioning.declared_schemas: "GetItem"},
    "ScimFallbackFunction": {
        provisioning.double_slash_users:
            "BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem "
            "secretsmanager:GetSecretValue",
    },
    "SsoFunction": {
        provisioning.application:
            "BatchGetItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem secretsmanager:GetSecretValue",
    },
    "PortalFunction": {
        provisioning.admins:
            "BatchGetItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem secretsmanager:GetSecretValue",
        provisioning.removal: "BatchWriteItem",
    },
    "ApiFallbackFunction": {
        provisioning.double_slash_api:
            "BatchGetItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem secretsmanager:GetSecretValue",
        provisioning.double_slash_removal: "BatchWriteItem",
    },
    "ConsoleFunction": {
        console.console:
            "BatchGetItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem secretsmanager:GetSecretValue",
        console.removal: "BatchWriteItem",
    },
    "IssueServiceKeyFunction": {provisioning.service_keys: "DeleteItem PutItem Query"},
    "RestoreFunction": {
        restoring.prepared:
            "BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem "
            "secretsmanager:GetSecretValue",
    },
    "JournalRelayFunction": {
        provisioning.event_delivery: "BatchGetItem GetItem PutItem UpdateItem events:PutEvents",
        provisioning.search: "BatchWriteItem ConditionCheckItem",
    },
    "RoleReconcilerFunction": {
        provisioning.reconciliation: "BatchGetItem GetItem PutItem",
        provisioning.awaited_mapping: "ConditionCheckItem",
        full_pass.full_pass: "Query",
        full_pass.interrupted_change: "DeleteItem UpdateItem",
        full_pass.missing_index: "BatchWriteItem",
        full_pass.continued_pass: "sqs:SendMessage",
        erasing.erasure: "Scan",
    },
    "WebhookSenderFunction": {
        provisioning.webhook:
            "BatchGetItem ConditionCheckItem DeleteItem GetItem PutItem Query UpdateItem secretsmanager:GetSecretValue",
    },
    "MailerFunction": {
        provisioning.invitation: "ConditionCheckItem GetItem PutItem ses:SendEmail",
        provisioning.invitation_of_group_member: "BatchGetItem",
        provisioning.mailed_link: "secretsmanager:GetSecretValue",
    },
}
# Actions that AWS performs with the role of a function: it writes logs and traces, reads queues and the stream, and
# stores dead letters. The emulator performs them without a permission check.
LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}
QUEUE_CONSUMER = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
STREAM_CONSUMER = {f"dynamodb:{name}" for name in ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"]}
BY_AWS = {
    "JournalRelayFunction": STREAM_CONSUMER | {"sqs:SendMessage"},
    "RoleReconcilerFunction": QUEUE_CONSUMER,
    "MailerFunction": QUEUE_CONSUMER,
    "WebhookSenderFunction": QUEUE_CONSUMER,
}


# Actions whose absence no client notices: without the keys of the stack, the authorizer reads each token from the table;
# it logs a refusal that names somebody in one batch; the mailer looks for admins only after many refused sign-ins, and marks
# a mail as sent only after it; and the reconciler needs the keys only when a held deletion takes effect, a day after it was
# sent.
UNNOTICED = {
    "TokenAuthorizerFunction": {"dynamodb:BatchWriteItem", "secretsmanager:GetSecretValue"},
    "RoleReconcilerFunction": {"secretsmanager:GetSecretValue"},
    "MailerFunction": {"dynamodb:Query", "dynamodb:UpdateItem"},
}


def check(stack, emulator, say):
    """Fails if a check passes without an action that it should need, or if a granted action is not listed here."""
    wrong = []
    for function, exercises in NEEDED.items():
        named = {full(action): exercise for exercise, several in exercises.items() for action in several.split()}
        granted = {action for _, document in stack.policies(function) for action in actions(document)}
        if attached := stack.attached(function):
            wrong.append(f"{function} has policies that it shares with others: {attached}")
        expected = set(named) | LOGGING | BY_AWS.get(function, set()) | UNNOTICED.get(function, set())
        if granted != expected:
            wrong.append(f"{function}: granted {sorted(granted)}, but named {sorted(named)}")
        for action, exercise in sorted(named.items()):
            begun = emulator.log_size()
            # `eventually` stops waiting once the log shows that the action was refused.
            provisioning.can_stop_waiting = lambda: f"to perform: {action} " in emulator.logged(begun)
            with stack.without(function, action), forgetful(stack, function, action):
                missed = failure(exercise, stack, emulator)
            provisioning.can_stop_waiting = lambda: False
            purge_queues(stack)
            result = missed or f"{exercise.__name__} passes"
            say(f"{'ok ' if missed else 'UNUSED'} {function} without {action}: {result}")
            if not missed:
                wrong.append(f"{function}: {exercise.__name__} passes without {action}")
    assert not wrong, "\n".join(wrong)


@contextlib.contextmanager
def forgetful(stack, function, action):
    """Restarts a function that remembers what this action has read, or that it failed."""
    restart = stack.restart if action == "secretsmanager:GetSecretValue" else lambda _: None
    restart(function)
    try:
        yield
    finally:
        restart(function)


def full(action):
    return action if ":" in action else f"dynamodb:{action}"


def failure(exercise, stack, emulator):
    """Returns how the check fails, or `None`. A timeout does not count; any other exception ends the run."""
    try:
        exercise(stack, emulator)
    except provisioning.Timeout:
        return None
    except AssertionError as error:
        return f"{exercise.__name__}: {str(error).splitlines()[0][:120]}"


def purge_queues(stack):
    """Removes messages that could not be processed."""
    sqs = stack.aws.client("sqs")
    for queue in ["RoleQueue", "MailQueue", "WebhookQueue"]:
        sqs.purge_queue(QueueUrl=stack.resources[queue])
