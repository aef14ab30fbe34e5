"""Takes every granted action away, one at a time, and looks for the check that misses it."""
import contextlib, json

import story

# which checks exercise a function; the first that fails names what the action is for
EXERCISES = {
    "TokenAuthorizerFunction": [story.first_customer, story.rate_limit, story.revoked],
    "UsersFunction": [story.first_customer, story.users],
    "GroupsFunction": [story.roles, story.groups],
    "DiscoveryFunction": [story.odd_users, story.odd_groups],
    "SsoFunction": [story.first_customer, story.roles, story.application],
    "PortalFunction": [story.first_customer, story.roles, story.admins],
    "IssueServiceKeyFunction": [story.first_customer],
    "JournalRelayFunction": [story.roles],
    "RoleReconcilerFunction": [story.reconciled, story.full_pass],
    "MailerFunction": [story.roles],
}
PATIENCE = 10
# what Lambda itself does in the role's name, where the emulator asks nobody: it sends records given up on to a queue
UNSEEN = {("JournalRelayFunction", "sqs:SendMessage")}


def check(stack, emulator, say):
    """Fails when an action can go and nobody notices."""
    story.PATIENCE = PATIENCE
    idle = []
    iam = stack.aws.client("iam")
    for function, exercises in EXERCISES.items():
        role = stack.resources[f"{function}Role"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for action in actions(document):
                if (function, action) in UNSEEN:
                    continue
                so_far = emulator.logged()
                with without(iam, role, name, document, action):
                    missed = first_failure(exercises, stack, emulator)
                # what does not come may be late for another reason: then the refusal has to be in the log
                log = emulator.logged()[len(so_far):]
                shown = missed and ("not within" not in missed or f"to perform: {action} " in log)
                calm(stack)
                say(f"{'ok ' if shown else 'IDLE'} {function} without {action}: {missed or 'nobody notices'}")
                if not shown:
                    idle.append(f"{function}: {action}")
    assert not idle, f"granted and not needed: {idle}"


def calm(stack):
    """Forgets what could not be followed up."""
    sqs = stack.aws.client("sqs")
    for queue in ["RoleQueue", "MailQueue"]:
        sqs.purge_queue(QueueUrl=stack.resources[queue])


def actions(document):
    return sorted({action for statement in document["Statement"] for action in listed(statement["Action"])})


def listed(action):
    return [action] if isinstance(action, str) else action


@contextlib.contextmanager
def without(iam, role, name, document, action):
    """Takes the action out of the policy for a while."""
    statements = [{**one, "Action": [a for a in listed(one["Action"]) if a != action]} for one in document["Statement"]]
    less = {**document, "Statement": [one for one in statements if one["Action"]]}
    put = lambda policy: iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
    if less["Statement"]:
        put(less)
    else:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    try:
        yield
    finally:
        put(document)


def first_failure(exercises, stack, emulator):
    for exercise in exercises:
        try:
            exercise(stack, emulator)
        except Exception as error:  # whatever it is, it was noticed
            return f"{exercise.__name__}: {str(error).splitlines()[0][:120] if str(error) else type(error).__name__}"
    return None
