"""Tests the deployed API for one customer, from the first service key to a deactivated person, and the effects: events
on the bus, reconciled roles and mail."""
import itertools, json, time, urllib.parse, uuid

import runbook
from gateway import scim_error
from stack import Answer

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SCIM_BASE, API_BASE = "/scim/v2", "/api/v1"
# The function for all paths below a base URL that match no other route.
FALLBACKS = {SCIM_BASE: "ScimFallbackFunction", API_BASE: "ApiFallbackFunction"}
TIMEOUT = 180
NUMBERS = itertools.count(1)


# Whether `eventually` can stop waiting; `privileges` sets this when the log shows the refusal that it caused.
can_stop_waiting = lambda: False


class Timeout(AssertionError):
    """A condition did not become true in time, for an unknown reason."""


def eventually(what, ready):
    """Waits for an effect of a change, which arrives through the stream, the bus and the queues."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        if found := ready():
            return found
        assert not can_stop_waiting(), f"{what}: an action was refused"
        if time.monotonic() > deadline:
            raise Timeout(f"{what}: not within {TIMEOUT} s")
        time.sleep(0.25)


def service_key(stack):
    return stack.invoke("IssueServiceKeyFunction", {"label": "deploy test"})["service_key"]


class Customer:
    """A tenant with an admin's session, a connection and a token, all created through the API."""

    def __init__(self, stack, name, key=None, **settings):
        self.stack, self.key = stack, key or service_key(stack)
        self.tenant = f"{name}-{time.time_ns()}-{next(NUMBERS)}"
        settings = {"sso_default_role": "admin", "rate_limit": None, **settings}
        self.app("POST", "/tenants", {"id": self.tenant, "display_name": name, "settings": settings}).expect(201)
        self.session = self.login("root@example.test").expect(200).body["session"]["token"]
        self.connect()

    def connect(self):
        """Makes a connection and a token."""
        connection = self.admin("POST", "/scim/connections", {"name": "IdP", "provider": "okta"}).expect(201).body
        token = self.admin("POST", f"/scim/connections/{connection['id']}/tokens", {"label": "first"}).expect(201).body
        self.connection, self.token_id, self.token = connection["id"], token["id"], token["token"]

    def reconnect(self):
        """Replaces the connection by another one."""
        self.admin("DELETE", f"/scim/connections/{self.connection}").expect(204)
        self.connect()

    def app(self, method, path, body=None):
        return self.stack.call(method, f"/api/v1{path}", self.key, body)

    def admin(self, method, path, body=None):
        return self.stack.call(method, f"/api/v1{path}", self.session, body)

    def idp(self, method, path, body=None):
        return self.stack.call(method, f"/scim/v2{path}", self.token, body)

    def login(self, name, **assertion):
        return self.app("POST", f"/tenants/{self.tenant}/sso/logins", {"user_name": name, **assertion})

    def introspect(self, session):
        return self.app("POST", "/sessions/introspect", {"token": session}).expect(200).body

    def push(self, name, **attributes):
        body = {"schemas": [USER], "userName": name, "active": True, **attributes}
        return self.idp("POST", "/Users", body).expect(201).body["id"]

    def push_group(self, name, *members):
        body = {"schemas": [GROUP], "displayName": name, "members": [{"value": member} for member in members]}
        return self.idp("POST", "/Groups", body).expect(201).body["id"]

    def patch(self, path, *operations):
        return self.idp("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})

    def read(self, user):
        return self.idp("GET", f"/Users/{user}").expect(200).body

    def map(self, group, role):
        return self.admin("PUT", f"/scim/groups/{group}/role-mapping", {"role_id": role}).expect(200).body

    def feed(self):
        """Returns all events, read page by page."""
        events, after = [], 0
        path = f"/tenants/{self.tenant}/events"
        while page := self.app("GET", f"{path}?after={after}&limit=10").expect(200).body["items"]:
            events += page
            after = page[-1]["sequence"]
        return events


def double_slash(stack, method, base, path, token, body=None):
    """Calls a function as API Gateway does for a path with an extra slash, such as `//Users`, and returns its response,
    or `None` if the authorizer refuses the request.

    API Gateway sends such paths to the function for all other routes. The emulator finds the normal route instead, so
    this calls the authorizer and that function directly, with the events that API Gateway would create.
    """
    path, _, query = f"{base}/{path}".partition("?")
    media_type = "application/scim+json" if base == SCIM_BASE else "application/json"
    headers = {"Host": stack.host, "X-Forwarded-Proto": "http", "Content-Type": media_type}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    context = {
        "resourcePath": f"{base}/{{proxy+}}", "httpMethod": method, "path": f"/{stack.stage}{path}",
        "stage": stack.stage, "requestId": str(uuid.uuid4()), "protocol": "HTTP/1.1", "identity": {},
    }
    request = {
        "resource": f"{base}/{{proxy+}}", "path": path, "httpMethod": method,
        "headers": headers, "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": dict(urllib.parse.parse_qsl(query)) or None,
        "multiValueQueryStringParameters": urllib.parse.parse_qs(query) or None,
        "pathParameters": {"proxy": path.removeprefix(f"{base}/")}, "stageVariables": None,
    }
    if base == SCIM_BASE:
        arn = f"arn:aws:execute-api:us-east-1:000000000000:{stack.resources['Api']}/{stack.stage}/{method}{path}"
        verdict = stack.ask("TokenAuthorizerFunction", {
            "type": "REQUEST", "methodArn": arn, **request, "requestContext": context,
        })
        if verdict is None:
            return None
        context["authorizer"] = {"principalId": verdict["principalId"], **(verdict.get("context") or {})}
    event = {
        **request, "requestContext": context, "isBase64Encoded": False,
        "body": None if body is None else json.dumps(body),
    }
    return Answer(f"{method} {path}", stack.invoke(FALLBACKS[base], event))


class DoubleSlashCustomer(Customer):
    """A customer whose identity provider and application have an extra slash in their base URLs."""

    def app(self, method, path, body=None):
        return double_slash(self.stack, method, API_BASE, path, self.key, body)

    def admin(self, method, path, body=None):
        return double_slash(self.stack, method, API_BASE, path, self.session, body)

    def idp(self, method, path, body=None):
        return double_slash(self.stack, method, SCIM_BASE, path, self.token, body)


class DoubleSlashIdp(Customer):
    """A customer whose identity provider has an extra slash in its base URL."""

    idp = DoubleSlashCustomer.idp


class BulkIdp(Customer):
    """A customer whose identity provider sends each change as a bulk request."""

    def idp(self, method, path, body=None):
        if method == "GET":
            return super().idp(method, path)
        operation = {"method": method, "path": path, "bulkId": "1", "data": body}
        answer = super().idp("POST", "/Bulk", {"schemas": [BULK], "Operations": [operation]}).expect(200)
        [done] = answer.body["Operations"]
        body = done.get("response") or {"id": done["location"].rsplit("/", 1)[-1]}
        return Answer(f"{method} {path} in bulk", {"statusCode": int(done["status"]), "body": json.dumps(body)})


class Target:
    """A queue that receives all events on the bus."""

    def __init__(self, stack):
        self.sqs, events = stack.aws.client("sqs"), stack.aws.client("events")
        self.queue = self.sqs.create_queue(QueueName=f"target-{time.time_ns()}")["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]
        arn = attributes["QueueArn"]
        allowed = {
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage", "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self.sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"Policy": policy})
        bus = stack.outputs()["EventBusName"]
        events.put_rule(Name="target", EventBusName=bus, EventPattern=json.dumps({"source": ["rollcall"]}))
        events.put_targets(Rule="target", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        self.seen = []

    @staticmethod
    def remove(stack):
        events, bus = stack.aws.client("events"), stack.outputs()["EventBusName"]
        events.remove_targets(Rule="target", EventBusName=bus, Ids=["queue"])
        events.delete_rule(Name="target", EventBusName=bus)

    def events(self, tenant):
        """Returns the events of a tenant so far, in the order of arrival."""
        while messages := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.seen.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [event for event in self.seen if tenant in json.dumps(event["detail"])]

    def types(self, tenant):
        return [event["detail-type"] for event in self.events(tenant)]

    def created(self, tenant, user):
        """Returns the event for the creation of one person; there is also one for the admin of `Customer`."""
        of = lambda event: event["detail-type"] == "user.created" and event["detail"]["subject"]["id"] == user
        return next(filter(of, self.events(tenant)), None)


def mails(emulator):
    # A busy emulator may not respond in time; `eventually` then asks again.
    sent = emulator.get("/_ministack/ses/messages") or {"messages": {}}
    return [mail for account in sent["messages"].values() for mail in account]


def first_customer(stack, _):
    """a service key, a tenant, a connection and a token are created, and the identity provider pushes a person"""
    customer = Customer(stack, "first")
    ada = customer.push("ada@example.test")
    assert customer.read(ada)["meta"]["location"] == f"{stack.base}/scim/v2/Users/{ada}"
    found = customer.idp("GET", "/Users?filter=userName%20eq%20%22ADA@example.test%22").expect(200).body
    assert found["totalResults"] == 1, found
    scim_error(customer.idp("GET", "/Nothing"), 404)
    scim_error(customer.idp("DELETE", "/Users"), 405, ["allow"])
    scim_error(customer.idp("GET", "/Users/nobody"), 404)
    sent = {"Content-Type": "application/scim+json"}
    scim_error(stack.call("POST", "/scim/v2/Users", customer.token, text="{", headers=sent), 400)
    assert customer.idp("GET", "//Users/").expect(200).body["totalResults"] == 2


def service_keys(stack, _):
    """a service key is issued, listed and revoked by direct invocation, and refused from the next request"""
    function, label = "IssueServiceKeyFunction", f"leaked-{time.time_ns()}"
    key = stack.invoke(function, {"label": label})["service_key"]
    tenants = lambda: stack.call("GET", "/api/v1/tenants?limit=1", key)
    tenants().expect(200)
    listed = stack.invoke(function, {"list": True})["service_keys"]
    found = [one["id"] for one in listed if one["label"] == label]
    assert len(found) == 1 and key not in json.dumps(listed), listed
    assert stack.invoke(function, {"revoke": found[0]}) == {"revoked": found[0]}
    tenants().expect(401)


def revoked(stack, _):
    """a revoked token is refused from the next request; SCIM accepts no other kind of credential"""
    customer = Customer(stack, "revoked")
    customer.idp("GET", "/Users").expect(200)
    customer.admin("DELETE", f"/scim/tokens/{customer.token_id}").expect(204)
    scim_error(customer.idp("GET", "/Users"), 401, ["www-authenticate"])
    refused = customer.admin("GET", "/requests?failed=true").expect(200).body["items"]
    assert any(request["status"] == 401 for request in refused), f"the refusal is not in the request log: {refused}"
    scim_error(stack.call("GET", "/scim/v2/Users", customer.session), 401, ["www-authenticate"])
    scim_error(stack.call("GET", "/scim/v2/Users", customer.key), 401, ["www-authenticate"])
    customer.app("GET", "/nowhere").expect(404)
    stack.call("GET", "/api/v1/tenants").expect(401)


def rate_limit(stack, _):
    """a token over its rate limit gets 429 with Retry-After"""
    customer = Customer(stack, "metered", rate_limit={"per_minute": 6, "burst": 3})
    answers = [customer.idp("GET", "/Users") for _ in range(10)]
    assert answers[0].status == 200, answers[0].text
    late = [answer for answer in answers if answer.status == 429]
    assert late, [answer.status for answer in answers]
    scim_error(late[0], 429, ["retry-after"])


def new_limit(stack, _):
    """a new limit holds for a token from its next request"""
    customer = Customer(stack, "limited")
    customer.idp("GET", "/Users").expect(200)
    limit = {"rate_limit": {"per_minute": 1, "burst": 0}}
    customer.app("PATCH", f"/tenants/{customer.tenant}/settings", limit).expect(200)
    answers = [customer.idp("GET", "/Users").status for _ in range(3)]
    assert answers == [200, 429, 429], answers


def oversize(stack, _):
    """a body that is too large gets 413"""
    customer = Customer(stack, "large")
    sent = {"Content-Type": "application/scim+json"}
    scim_error(stack.call("POST", "/scim/v2/Users", customer.token, text=" " * 2_000_000, headers=sent), 413)


def roles(stack, emulator):
    """a push, a mapping, a sign-in and a deactivation change the role and end the session, with events in order"""
    target = Target(stack)
    customer = Customer(stack, "roles", sso_default_role="admin", invitations=True)
    name = f"grace-{time.time_ns()}@example.test"
    grace = customer.push(name, emails=[{"value": name, "primary": True}], displayName="Grace")
    # Wait before she signs in, because people who have signed in get no invitation.
    eventually("an invitation", lambda: any(name in mail["To"] for mail in mails(emulator)))
    group = customer.push_group("Engineers", grace)
    assert customer.map(group, "member")["role_id"] == "member"

    login = customer.login(name, groups=["Engineers"]).expect(200).body
    session = login["session"]["token"]
    assert (login["role"], login["routing"]["source"]) == ("member", "scim-group:Engineers"), login
    customer.map(group, "viewer")
    assert customer.introspect(session)["role"] == "viewer"

    customer.patch(f"/Users/{grace}", {"op": "replace", "path": "active", "value": False}).expect(200)
    assert customer.introspect(session) == {"active": False}
    customer.login(name).expect(403)

    wanted = {
        "user.created", "group.created", "group.member_added", "group.mapping_changed", "auth.login",
        "user.deactivated",
    }
    eventually("events on the bus", lambda: wanted <= set(target.types(customer.tenant)))
    complete = lambda events: wanted <= {event["type"] for event in events} and events
    feed = eventually("events in the feed", lambda: complete(customer.feed()))
    assert [event["sequence"] for event in feed] == list(range(1, len(feed) + 1)), feed


def identity(stack, _):
    """a sign-in is never taken for somebody with another subject or external id, nor for somebody who left"""
    customer = Customer(stack, "identity")

    def refused(status, problem, name, **assertion):
        answer = customer.login(name, **assertion).expect(status).body
        assert answer["type"].endswith(problem) and ada not in json.dumps(answer), answer

    def signed_in(name, **assertion):
        answer = customer.login(name, **assertion).expect(200).body
        assert answer["user"]["id"] == ada, answer

    ada = customer.push("ada@example.test", externalId="x-1")
    same, other = ({"connection": customer.connection, "subject": subject} for subject in ["s-1", "s-2"])
    for _ in range(2):
        signed_in("ada@example.test", **same)
    # The address is given to somebody else.
    refused(409, "identity-conflict", "ada@example.test", **other)
    refused(409, "identity-conflict", "ada@example.test", external_id="x-2")
    # The address changes; the subject stays.
    customer.patch(f"/Users/{ada}", {"op": "replace", "path": "userName", "value": "lovelace@example.test"}).expect(200)
    signed_in("lovelace@example.test", **same)
    customer.idp("DELETE", f"/Users/{ada}").expect(204)
    refused(403, "person-inactive", "lovelace@example.test", **same)
    again = customer.push("lovelace@example.test", externalId="x-1")
    assert again != ada, "an id was given again"


def event_delivery(stack, _):
    """a change becomes an event on the bus and in the feed"""
    target = Target(stack)
    customer = Customer(stack, "delivery")
    ada = customer.push("ada")
    eventually("her event on the bus", lambda: target.created(customer.tenant, ada))
    eventually("her event in the feed", lambda: any(event["subject"]["id"] == ada for event in customer.feed()))


def found_by_words(customer):
    """Returns the people with two words of names. Only the index finds words in another order than the name's."""
    found = customer.admin("GET", "/users?text=lovelace%20ada").expect(200).body["items"]
    return [person["user_name"] for person in found]


def search(stack, _):
    """a person is found by words of their name once the relay has indexed them"""
    customer = Customer(stack, "search")
    customer.push("ada@example.test", displayName="Ada Lovelace")
    eventually("her name in the index", lambda: found_by_words(customer) == ["ada@example.test"])


def invitation(stack, emulator):
    """a pushed person gets an invitation by mail if the tenant enables invitations"""
    customer = Customer(stack, "invited", invitations=True)
    name = f"ada-{time.time_ns()}@example.test"
    customer.push(name, emails=[{"value": name, "primary": True}], displayName="Ada")
    eventually("an invitation", lambda: any(name in mail["To"] for mail in mails(emulator)))


def invitation_of_group_member(stack, emulator):
    """a person who is already in a group when their event is processed still gets an invitation"""
    target = Target(stack)
    customer = Customer(stack, "late", invitations=False)
    name = f"grace-{time.time_ns()}@example.test"
    grace = customer.push(name, emails=[{"value": name, "primary": True}])
    customer.push_group("Engineers", grace)
    event = eventually("her event on the bus", lambda: target.created(customer.tenant, grace))
    customer.admin("PATCH", "/settings", {"invitations": True}).expect(200)
    stack.aws.client("sqs").send_message(QueueUrl=stack.resources["MailQueue"], MessageBody=json.dumps(event))
    eventually("an invitation", lambda: any(name in mail["To"] for mail in mails(emulator)))


def mailed_link(stack, emulator):
    """a portal link that the application wants mailed reaches the person, and opens the console"""
    customer = Customer(stack, "mailed", invitations=False)
    name = f"it-{time.time_ns()}@example.test"
    new = {"role_id": "admin", "email": name, "mail": True}
    made = customer.app("POST", f"/tenants/{customer.tenant}/portal-links", new).expect(201).body
    assert "url" not in made, "the answer has the link"
    sent = lambda: next((mail for mail in mails(emulator) if name in mail["To"]), None)
    assert "/console/open?link=rcl_" in json.dumps(eventually("the mail with the link", sent))


def webhook(stack, _):
    """events are sent to a webhook; one whose host does not exist waits, is tried again, and waits longer"""
    customer = Customer(stack, "hooked")
    # No resolver knows names below `.invalid` (RFC 2606).
    made = customer.admin("POST", "/webhooks", {"name": "SIEM", "url": "https://hooks.invalid/"}).expect(201).body
    path = f"/webhooks/{made['id']}"
    read = lambda: customer.admin("GET", path).expect(200).body
    eventually("a failed delivery", lambda: read()["failures"] >= 1)
    assert read()["last_failure"] in ["address", "connection"], read()

    def tried_again():
        # As the schedule does.
        order = {"QueueUrl": stack.resources["WebhookQueue"], "MessageBody": '{"waiting": {}}'}
        stack.aws.client("sqs").send_message(**order)
        time.sleep(2)
        return read()["failures"] >= 3

    eventually("more failed deliveries", tried_again)
    assert customer.admin("GET", f"{path}/deliveries").expect(200).body["items"]
    customer.admin("DELETE", path).expect(204)

    # One of the stack gets the events of this tenant too.
    made = customer.app("POST", "/webhooks", {"name": "All", "url": "https://hooks.invalid/"}).expect(201).body
    customer.push("ada")
    of_stack = f"/webhooks/{made['id']}/deliveries?for_tenant={customer.tenant}"
    eventually("a failed delivery", lambda: customer.app("GET", of_stack).status == 200 and customer.app("GET", of_stack).body["items"])
    customer.app("DELETE", f"/webhooks/{made['id']}").expect(204)


def awaited_mapping(stack, _):
    """a mapping by name awaits its group, and the reconciler maps the group once it is pushed"""
    customer = Customer(stack, "awaited")
    name, root = f"Awaited {time.time_ns()}", f"/tenants/{customer.tenant}/groups"
    path = f"{root}/role-mapping?name={urllib.parse.quote(name)}"
    customer.app("PUT", path, {"role_ids": ["viewer"]}).expect(201)
    awaited = lambda: customer.app("GET", f"{root}/role-mappings/awaited").expect(200).body["items"]
    assert len(awaited()) == 1, awaited()
    customer.push_group(name, customer.push("ada"))
    eventually("its mapping", lambda: awaited() == [])


def reconciliation(stack, _):
    """the reconciler reads a mapping change from its queue, updates the roles and announces them"""
    target = Target(stack)
    customer = Customer(stack, "reconciled")
    people = [customer.push(f"person-{number}") for number in range(5)]
    group = customer.push_group("Readers", *people)
    customer.map(group, "viewer")
    done = lambda: target.types(customer.tenant).count("user.role_changed") >= len(people)
    eventually("changed roles on the bus", done)
    progress = lambda: customer.admin("GET", f"/scim/groups/{group}/reconciliation").body
    eventually("a finished reconciliation", lambda: progress().get("finished_at"))
    print("         reconciliation:", json.dumps(progress()))


def users(stack, _, kind=Customer):
    """people are read, listed, sorted, replaced and deleted, and a deleted name is available immediately"""
    customer = kind(stack, "users")
    people = [customer.push(f"person-{number}", externalId=f"x-{number}") for number in range(6)]
    query = "sortBy=userName&count=3&filter=userName%20sw%20%22person%22"
    found = customer.idp("GET", f"/Users?{query}").expect(200).body["Resources"]
    assert [one["userName"] for one in found] == ["person-0", "person-1", "person-2"]
    assert customer.idp("GET", "/Users?startIndex=3&count=3").expect(200).body["totalResults"] == 7
    assert customer.idp("GET", "/Users?startIndex=6&count=3").expect(200).body["itemsPerPage"] == 2
    assert customer.idp("GET", "/Users?filter=externalId%20eq%20%22x-3%22").expect(200).body["totalResults"] == 1
    assert customer.idp("GET", "/Users?filter=title%20co%20%22x%22").expect(200).body["totalResults"] == 0
    renamed = {"schemas": [USER], "userName": "renamed", "externalId": "y"}
    customer.idp("PUT", f"/Users/{people[0]}", renamed).expect(200)
    customer.idp("DELETE", f"/Users/{people[0]}").expect(204)
    scim_error(customer.idp("GET", f"/Users/{people[0]}"), 404)
    customer.push("renamed")
    # What the connection of before owned goes to the next one.
    customer.reconnect()
    customer.patch(f"/Users/{people[1]}", {"op": "replace", "path": "title", "value": "Dr."}).expect(200)
    # The last part, because it takes longest and few actions need it: the person is in more groups than one transaction
    # can change.
    join_many_groups(customer, people[1])
    group = customer.push_group("Everybody", *people[1:])
    customer.idp("DELETE", f"/Users/{people[1]}").expect(204)
    scim_error(customer.idp("GET", f"/Users/{people[1]}"), 404)
    members = customer.idp("GET", f"/Groups/{group}").expect(200).body["members"]
    assert len(members) == 4, members


def groups(stack, _, kind=Customer):
    """a group that is larger than one transaction is filled, renamed, emptied and deleted"""
    customer, people = crowd(stack, kind)
    name = f"large-{time.time_ns()}"
    group = customer.push_group(name, *people)
    assert len(customer.idp("GET", f"/Groups/{group}").expect(200).body["members"]) == 60
    customer.patch(f"/Groups/{group}", {"op": "replace", "path": "displayName", "value": f"{name}-r"}).expect(204)
    customer.patch(f"/Groups/{group}", {"op": "remove", "path": "members", "value": [{"value": people[0]}]}).expect(204)
    customer.patch(f"/Groups/{group}", {"op": "remove", "path": "members"}).expect(204)
    assert "members" not in customer.idp("GET", f"/Groups/{group}").expect(200).body
    customer.idp("GET", f"/Groups?filter=displayName%20eq%20%22{name}-R%22").expect(200)
    customer.patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": people[1]}]}).expect(204)
    customer.map(group, "viewer")
    customer.reconnect()
    customer.idp("DELETE", f"/Groups/{group}").expect(204)
    assert all(one["value"] != group for one in customer.read(people[1]).get("groups", []))


def group_cursors(stack, _):
    """groups are read page by page, by cursor"""
    customer = Customer(stack, "group-cursors")
    for number in range(3):
        customer.push_group(f"page-{number}")
    first = customer.idp("GET", "/Groups?cursor=&count=2").expect(200).body
    second = customer.idp("GET", f"/Groups?cursor={first['nextCursor']}&count=2").expect(200).body
    assert [len(page["Resources"]) for page in (first, second)] == [2, 1]
    assert "nextCursor" not in second


def double_slash_users(stack, emulator):
    """a base URL with an extra slash works for people"""
    users(stack, emulator, DoubleSlashIdp)


def double_slash_groups(stack, emulator):
    """a base URL with an extra slash works for groups"""
    groups(stack, emulator, DoubleSlashIdp)


def bulk(stack, emulator):
    """people and groups are changed by bulk requests"""
    groups(stack, emulator, BulkIdp)
    users(stack, emulator, BulkIdp)


def double_slash_api(stack, emulator):
    """a base URL with an extra slash works for the application and for admins"""
    application(stack, emulator, DoubleSlashCustomer)
    admins(stack, emulator, DoubleSlashCustomer)


def declared_schemas(stack, _):
    """a tenant's own schema is shown to its token, and enforced"""
    customer = Customer(stack, "schemas")
    urn = "urn:example:scim:deployed:2.0:User"
    schema = {"name": "Deployed", "attributes": [{"name": "level", "type": "integer"}]}
    customer.app("PUT", f"/tenants/{customer.tenant}/schemas/{urn}", schema).expect(200)
    assert customer.idp("GET", f"/Schemas/{urn}").expect(200).body["id"] == urn
    user = {"schemas": [USER, urn], "userName": "ada", urn: {"level": "high"}}
    assert customer.idp("POST", "/Users", user).expect(400).body["scimType"] == "invalidValue"


def public_spellings(stack, _):
    """with an extra slash, discovery needs no token, and everything else needs one"""
    for path in ["/ServiceProviderConfig", "/Schemas/", "/ResourceTypes/User"]:
        for token in [None, "rcs_acme_unknown"]:
            assert double_slash(stack, "GET", SCIM_BASE, path, token).expect(200).body
    for path in ["/Users", "/Schemas/x/y", "/Nothing"]:
        for token in [None, "rcs_acme_unknown"]:
            assert double_slash(stack, "GET", SCIM_BASE, path, token) is None, (path, token)
    # Even if it were called, the function would serve nothing without the verdict of the authorizer.
    context = {"httpMethod": "GET", "identity": {}, "requestId": "r", "authorizer": {"principalId": "public"}}
    event = {"path": "/scim/v2//Users", "httpMethod": "GET", "headers": {}, "requestContext": context}
    scim_error(Answer("GET //Users", stack.invoke("ScimFallbackFunction", event)), 401)


def application(stack, _, kind=Customer):
    """the application reads, renames and deletes tenants, creates portal links and reads the feed"""
    customer = kind(stack, "application")
    assert customer.app("GET", f"/tenants/{customer.tenant}").expect(200).body["id"] == customer.tenant
    customer.app("GET", "/tenants?limit=1").expect(200)
    customer.app("PATCH", f"/tenants/{customer.tenant}", {"display_name": "another"}).expect(200)
    link = customer.app("POST", f"/tenants/{customer.tenant}/portal-links", {"role_id": "owner"}).expect(201).body["url"]
    assert "/console/open?link=" in link, link
    customer.app("GET", f"/tenants/{customer.tenant}/events?limit=1").expect(200)
    customer.app("DELETE", f"/tenants/{customer.tenant}").expect(204)
    scim_error(Customer.idp(customer, "GET", "/Users"), 401, ["www-authenticate"])


def direct_checks(stack, _):
    """the application checks sessions without API Gateway, with the event of infra/README.md"""
    customer, event = Customer(stack, "direct"), runbook.event("Checks without API Gateway")
    function = stack.outputs()["IntrospectionFunctionArn"]

    def check(key):
        event["headers"]["Authorization"] = f"Bearer {key}"
        event["body"] = json.dumps({"token": customer.session})
        answer = stack.aws.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        text = answer["Payload"].read()
        assert "FunctionError" not in answer, text
        return Answer("a direct check", json.loads(text))

    assert check(customer.key).expect(200).body["active"]
    check("rck_nobodys").expect(401)


def admins(stack, _, kind=Customer):
    """an admin, or the application for them, reads people, groups and logs, changes settings and a role"""
    customer = kind(stack, "admins")
    ada = customer.push("ada")
    group = customer.push_group("All", ada)
    customer.map(group, "viewer")
    connection = f"/scim/connections/{customer.connection}"
    for path in ["/scim/connections", connection, f"{connection}/tokens", "/scim/groups/role-mappings", "/scim/roles",
                 f"/scim/groups/{group}/members", "/users?state=invited", f"/users/{ada}", f"/users/{ada}/role",
                 f"/users/{ada}/identity", "/settings", "/audit", "/requests", "/health", "/users?filter=userName%20eq%20%22ada%22"]:
        customer.admin("GET", path).expect(200)
    assert customer.admin("GET", "/requests").body["items"], "the request log is empty"
    for path in ["connections", f"users/{ada}", "groups/role-mappings", "settings", "audit"]:
        customer.app("GET", f"/tenants/{customer.tenant}/{path}").expect(200)
    customer.admin("PUT", f"/users/{ada}/role", {"role_id": "member"}).expect(200)
    customer.map(group, None)
    customer.admin("PATCH", "/settings", {"retention_days": 400}).expect(200)
    customer.admin("PATCH", connection, {"name": "renamed"}).expect(200)
    customer.admin("DELETE", connection).expect(204)
    scim_error(Customer.idp(customer, "GET", "/Users"), 401, ["www-authenticate"])
    customer.admin("DELETE", "/sessions/current").expect(204)
    customer.admin("GET", "/settings").expect(401)


def removal(stack, _, kind=Customer):
    """an admin deletes a person who is in more groups than one transaction can change"""
    customer = kind(stack, "removal")
    ada = in_many_groups(customer)
    customer.admin("DELETE", f"/users/{ada}").expect(204)
    scim_error(Customer.idp(customer, "GET", f"/Users/{ada}"), 404)


def double_slash_removal(stack, emulator):
    """a base URL with an extra slash works for the removal of a person"""
    removal(stack, emulator, DoubleSlashCustomer)


def in_many_groups(customer):
    """Pushes a person who is in more groups than one transaction can change."""
    ada = customer.push("ada")
    join_many_groups(customer, ada)
    return ada


def join_many_groups(customer, person):
    """Pushes more groups of a person than one transaction can change."""
    for number in range(55):
        customer.push_group(f"Group {number}", person)


def crowd(stack, kind=Customer):
    """Returns a customer with more people than one transaction can add to a group, and the people. The checks of a stack
    share them, because to push so many takes longer than most checks."""
    if kind not in stack.crowds:
        customer = kind(stack, "crowd")
        stack.crowds[kind] = customer, [customer.push(f"person-{number}") for number in range(60)]
    return stack.crowds[kind]


CHECKS = [
    first_customer, service_keys, revoked, rate_limit, new_limit, oversize, users, groups, double_slash_users,
    double_slash_groups, group_cursors, bulk, double_slash_api, declared_schemas, public_spellings, application,
    direct_checks, admins, removal, double_slash_removal, event_delivery, search, invitation, invitation_of_group_member,
    mailed_link, webhook, roles, identity, awaited_mapping, reconciliation,
]
# Enough to see that an update has changed nothing: people, roles, sign-ins, sessions, events, mail and search.
ONE_OF_EACH_KIND = [first_customer, roles, identity, reconciliation, search]
