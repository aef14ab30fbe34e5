"""Drives every operation of the API with the Python client that `openapi-python-client` generates.

usage: round_trip.py WORK   WORK: a folder with `local.json` and `openapi.json`; the generated package can be imported

Prints the ids of the operations that succeeded, and the statuses of the refusals, as JSON.
"""
import importlib, io, json, pathlib, re, sys, time, urllib.request
from typing import Any

import httpx
from rollcall_client import AuthenticatedClient, Client, models
from rollcall_client.types import UNSET, File

WORK = pathlib.Path(sys.argv[1])
DOCUMENT = json.loads((WORK / "openapi.json").read_text())
LOCAL = json.loads((WORK / "local.json").read_text())
ROOT = DOCUMENT["servers"][0]["url"].rstrip("/")
USER, GROUP = (f"urn:ietf:params:scim:schemas:core:2.0:{name}" for name in ["User", "Group"])
SCHEMA = "urn:example:scim:{}:2.0:User"

# Where each operation is in the generated package: below its tag.
MODULES = {
    operation["operationId"]: operation["tags"][0].replace(" ", "_").replace("-", "_")
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
}
driven: set[str] = set()
refused: set[int] = set()


def operation(request: httpx.Request) -> str:
    """Returns the id of the operation that a request is for."""
    path = request.url.raw_path.decode().split("?")[0].removeprefix(httpx.URL(ROOT).path.rstrip("/"))
    for template in sorted(DOCUMENT["paths"], key=lambda path: path.count("{")):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return str(DOCUMENT["paths"][template][request.method.lower()]["operationId"])
    raise AssertionError(f"the document does not have {request.method} {path}")


def record(response: httpx.Response) -> None:
    if response.is_success:
        driven.add(operation(response.request))


HOOKS = {"event_hooks": {"response": [record]}}
TIMEOUT = httpx.Timeout(30)


def client(token: str) -> AuthenticatedClient:
    return AuthenticatedClient(ROOT, token, httpx_args=HOOKS, timeout=TIMEOUT, raise_on_unexpected_status=True)


def call(caller: AuthenticatedClient | Client, name: str, /, *path: str | int, **arguments: Any) -> Any:
    """Calls an operation, and returns the whole response."""
    module = importlib.import_module(f"rollcall_client.api.{MODULES[name]}.{name}")
    return module.sync_detailed(*path, client=caller, **arguments)


def ok(caller: AuthenticatedClient | Client, name: str, /, *path: str | int, **arguments: Any) -> Any:
    """Calls an operation that must succeed with a body of its declared type, and returns the body."""
    response = call(caller, name, *path, **arguments)
    status = int(response.status_code)
    assert 200 <= status < 300, f"{name}: {status} {response.content.decode()}"
    assert (response.parsed is None) == (status == 204), f"{name}: {status} was not parsed"
    return response.parsed


def problem(status: int, caller: AuthenticatedClient, name: str, /, *path: str, **arguments: Any) -> models.Problem:
    """Calls an operation that must be refused with a declared problem document."""
    response = call(caller, name, *path, **arguments)
    assert response.status_code == status, f"{name}: {response.status_code} {response.content.decode()}"
    assert isinstance(response.parsed, models.Problem), f"{name}: {status} is not declared"
    assert response.parsed.status == status
    refused.add(status)
    return response.parsed


class Door:
    """One of the two doors of a tenant: a session, or the service key with the tenant in the path."""

    def __init__(self, caller: AuthenticatedClient, tenant: str | None) -> None:
        self.caller = caller
        self.suffix = "" if tenant is None else "_of_tenant"
        self.path = [] if tenant is None else [tenant]

    def __call__(self, name: str, /, *path: str | int, **arguments: Any) -> Any:
        return ok(self.caller, name + self.suffix, *self.path, *path, **arguments)

    def arrived(self, name: str, /, *path: str | int) -> Any:
        """Repeats an operation until what follows an earlier change exists, for ten seconds at most."""
        for _ in range(100):
            if int(call(self.caller, name + self.suffix, *self.path, *path).status_code) != 404:
                break
            time.sleep(0.1)
        return self(name, *path)


class Scim:
    """What the identity provider of a tenant pushes."""

    def __init__(self, tenant: dict[str, str]) -> None:
        self.base, self.token = tenant["scim_base_url"], tenant["scim_token"]

    def post(self, path: str, body: dict[str, Any]) -> str:
        request = urllib.request.Request(self.base + path, json.dumps(body).encode(), method="POST")
        request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=30) as response:
            return str(json.load(response)["id"])

    def user(self, name: str) -> str:
        return self.post("/Users", {"schemas": [USER], "userName": f"{name}@example.com", "displayName": name, "externalId": name})

    def group(self, name: str, *members: str) -> str:
        of = [{"value": member} for member in members]
        return self.post("/Groups", {"schemas": [GROUP], "displayName": name, "members": of})


def connections(door: Door) -> None:
    new = models.NewConnection(name="IdP", provider=models.Provider.OKTA)
    made = door("create_connection", body=new).id
    assert made in [one.id for one in door("list_connections").items]
    change = models.ConnectionChange(name="Renamed")
    changed = door("change_connection", made, body=change)
    assert (changed.name, changed.provider) == ("Renamed", models.Provider.OKTA)
    assert door("read_connection", made) == changed
    desired = models.DesiredConnection(name="Chosen", provider=models.Provider.ENTRA)
    door("put_connection", "chosen", body=desired)
    door("read_quirks", made)
    assert door("list_held_changes", made).items == []
    decided = door("decide_held_changes", made, body=models.HeldDecision(decision=models.DecisionKind.APPLY))
    assert decided.changes == 0
    assert door("list_observed_changes", made).items == []
    door("preview_remedy", made, remedy=models.RemedyKind.CONFIRM)
    door("apply_remedy", made, body=models.ChosenRemedy(remedy=models.RemedyKind.CONFIRM))
    token = door("create_token", made, body=models.NewToken(label="first"))
    assert token.token.startswith("rcs_")
    assert token.id in [one.id for one in door("list_tokens", made).items]
    door("read_token", token.id)
    door("revoke_token", token.id)
    door("delete_connection", "chosen")


def settings(door: Door) -> None:
    before = door("read_settings")
    limited = models.RateLimit(per_minute=600, burst=60)
    door("change_settings", body=models.SettingsChange(rate_limit=limited, session_minutes=60))
    # What is left out stays as it is, and null is a value of its own.
    after = door("change_settings", body=models.SettingsChange(retention_days=400, session_minutes=None))
    assert after.rate_limit == limited and after.retention_days == 400 and after.session_minutes is None
    assert after.sso_default_role == before.sso_default_role
    # Only the application removes the limit.
    if door.suffix:
        assert door("change_settings", body=models.SettingsChange(rate_limit=None)).rate_limit is None
    assert door("put_settings", body=models.SettingsChange()).rate_limit is not None


def groups(door: Door, scim: Scim, person: str) -> None:
    group = scim.group("Engineers", person)
    listed = {one.id: one for one in door("list_groups", include="attributes").items}
    assert listed[group].attributes["displayName"] == "Engineers"
    door("set_role_mapping", group, body=models.NewMapping(role_id="admin"))
    assert door("read_group", group).role_id == "admin"
    assert door("read_group", group, include="attributes").attributes["displayName"] == "Engineers"
    assert [one.id for one in door("list_group_members", group).items] == [person]
    door.arrived("read_reconciliation", group)
    assert [one.group.id for one in door("list_role_mappings").items] == [group]
    door("put_named_mapping", name="Later", body=models.DesiredMapping(role_ids=["member"]))
    assert door("read_named_mapping", name="Later").role_ids == ["member"]
    assert len(door("list_awaited_mappings").items) == 1
    assert door("list_roles").items


def people(door: Door, scim: Scim, person: str, log_in: Any) -> None:
    assert person in [one.id for one in door("list_users", limit=5, include="groups").items]
    assert door("read_user", person).user_name == "ada@example.com"
    assert door("pick_users", text="ada").items
    door("give_user_role", person, body=models.NewRole(role_ids=["member", "viewer"]))
    assert "viewer" in door("read_user_role", person).roles
    assert door("give_user_role", person, body=models.NewRole(role_id=None)).roles
    log_in("ada")
    sessions = door("list_user_sessions", person).items
    door("end_user_session", person, sessions[0].id)
    door("end_user_sessions", person)
    door("read_user_identity", person)
    door("block_user", person)
    door("unblock_user", person)
    door("bind_user_anew", person)
    door("confirm_user", person)
    door("export_user", person)
    door("delete_user", person)
    assert door("restore_user", person).id == person
    door("delete_user", person)
    door("admit_as_new", person)
    ghost = log_in("ghost").user.id
    door("merge_user", ghost, body=models.Merge(into=scim.user("grace")))
    leaver = scim.user("leaver")
    door("erase_user", leaver)
    door("read_user_erasure", leaver)


def logs(door: Door) -> None:
    assert door("list_audit", limit=1).next_ is not UNSET
    door("list_requests", limit=1)
    assert door("review_access", limit=1).items
    assert door("report_offboarding", limit=1).evidence.feed_sequence > 0
    findings = door("read_health").findings
    put_off = door("snooze_finding", findings[0].id, body=models.NewSnooze(reason="known", days=7))
    assert put_off.state == models.FindingState.SNOOZED
    door("unsnooze_finding", findings[0].id)


def webhooks(door: Door) -> None:
    # Nobody listens there.
    made = door("create_webhook", body=models.NewWebhook(name="SIEM", url="http://127.0.0.1:9/"))
    assert made.secret.startswith("whsec_")
    assert [one.id for one in door("list_webhooks").items] == [made.id]
    chosen = models.DesiredWebhook(name="Chosen", url="http://127.0.0.1:9/")
    assert door("put_webhook", "chosen", body=chosen).secret.startswith("whsec_")
    again, read = door("put_webhook", "chosen", body=chosen), door("read_webhook", "chosen")
    assert (again.id, again.name, again.url) == (read.id, read.name, read.url)
    door("delete_webhook", "chosen")
    door("pause_webhook", made.id)
    assert door("read_webhook", made.id).state == models.WebhookState.PAUSED
    door("change_webhook", made.id, body=models.WebhookChange(types=["user.created"]))
    door("rotate_webhook_secret", made.id)
    door("replay_webhook", made.id, body=models.Replay(after="0"))
    door("resume_webhook", made.id)
    door("test_webhook", made.id)
    door("list_webhook_deliveries", made.id)
    door("delete_webhook", made.id)


def application(key: AuthenticatedClient) -> None:
    """Drives what only the application's backend may do."""
    changed = models.SettingsChange(retention_days=30)
    created = ok(key, "create_tenant", body=models.NewTenant(id="initech", display_name="Initech", settings=changed))
    assert created.settings.retention_days == 30 and created.settings.rate_limit is not None
    assert "initech" in [tenant.id for tenant in ok(key, "list_tenants").items]
    ceilings = models.CeilingsChange(people=1000, tokens=None)
    limited = ok(key, "change_tenant", "initech", body=models.TenantChange(ceilings=ceilings))
    assert limited.ceilings.people == 1000 and limited.ceilings.tokens is None
    renamed = ok(key, "change_tenant", "initech", body=models.TenantChange(display_name="Initech Inc."))
    assert (renamed.display_name, renamed.ceilings, renamed.settings) == ("Initech Inc.", limited.ceilings, created.settings)
    assert ok(key, "read_tenant", "initech") == renamed
    ok(key, "put_tenant", "hooli", body=models.DesiredTenant(display_name="Hooli"))
    made = ok(key, "create_connection_of_tenant", "hooli", body=models.NewConnection(name="IdP", provider=models.Provider.OTHER))
    ok(key, "bind_subjects", "hooli", made.id, body=models.NewBindings(bindings=[]))
    link = ok(key, "create_portal_link", "hooli", body=models.NewPortalLink(role_id="admin"))
    assert link.url.startswith("http")
    for listed in ok(key, "list_portal_links", "hooli").items:
        ok(key, "end_portal_link", "hooli", listed.id)
    assert ok(key, "export_tenant", "hooli").items
    snapshot = ok(key, "read_directory", "hooli")
    page = ok(key, "list_events", "hooli", after="0", types=["connection.created", "tenant.created"])
    assert {event.type_ for event in page.items} == {"connection.created", "tenant.created"}
    # The cursor of a page, and of a snapshot, is what the next request takes.
    assert ok(key, "list_events", "hooli", after=page.next_).head == page.head
    ok(key, "list_events", "hooli", after=snapshot.events_after)
    assert ok(key, "verify_events", "hooli").faults == []
    ok(key, "delete_tenant", "initech")
    ok(key, "erase_tenant", "initech")
    ok(key, "read_tenant_erasure", "initech")


def stack(key: AuthenticatedClient) -> None:
    """Drives what belongs to the whole stack, and to the schemas and roles of a tenant."""
    ok(key, "put_webhook", "everywhere", body=models.DesiredWebhook(name="All", url="http://127.0.0.1:9/"))
    assert ok(key, "list_paused_tenants", "everywhere").items == []
    assert [one.type_ for one in ok(key, "list_webhook_changes", "everywhere").items] == ["stack_webhook.created"]
    ok(key, "delete_webhook", "everywhere")
    issued = ok(key, "create_service_key", body=models.NewServiceKey(label="reader", scopes=["events"]))
    assert issued.id in [one.id for one in ok(key, "list_service_keys").items]
    ok(key, "read_service_key", issued.id)
    ok(key, "revoke_service_key", issued.id)
    assert ok(key, "list_service_key_changes").items
    before = ok(key, "read_stack_roles")
    auditor = models.NewCatalogueRole(id="auditor", name="Auditor", rank=15, permissions=["logs:read"])
    for name, path in [("define_stack_roles", []), ("define_roles_of_tenant", ["hooli"])]:
        same = [models.NewCatalogueRole.from_dict(role.to_dict()) for role in before.items]
        ok(key, name, *path, body=models.NewCatalogue(items=[*same, auditor]))
    for name, path in [("stack_branding", []), ("branding_of_tenant", ["hooli"])]:
        ok(key, f"put_{name}", *path, body=models.NewBranding(product_name="Plumbline", accent="#5b21b6"))
        assert ok(key, f"read_{name}", *path).product_name == "Plumbline"
    badge = models.NewSchemaAttribute(name="badge", type_=models.AttributeType.STRING)
    new = models.NewSchema(name="Badges", attributes=[badge])
    for kind, plural, path in [("stack_schema", "stack_schemas", []), ("schema", "schemas", ["hooli"])]:
        suffix, urn = ("_of_tenant" if path else ""), SCHEMA.format(kind)
        ok(key, f"declare_{kind}{suffix}", *path, urn, body=new)
        assert ok(key, f"read_{kind}{suffix}", *path, urn).attributes[0].name == "badge"
        assert urn in [one.urn for one in ok(key, f"list_{plural}{suffix}", *path).items]
        ok(key, f"withdraw_{kind}{suffix}", *path, urn)


def imports(door: Door) -> None:
    """Drives an import of two people, and a report that has met one of them."""
    for id, mode, names in [("first", models.ImportMode.IMPORT, ["barbara", "mary"]), ("second", models.ImportMode.REPORT, ["barbara"])]:
        door("put_import", id, body=models.DesiredImport(mode=mode))
        rows = "".join(json.dumps({"user_name": f"{name}@example.com"}) + "\n" for name in names)
        done = door("put_import_part", id, 1, body=File(io.BytesIO(rows.encode())))
        assert (done.counts.rows, done.counts.created) == (len(names), 2 if id == "first" else 0)
        assert door("read_import_part", id, 1).counts == done.counts
        assert door("read_import", id).next_part == 2
    left = [person.user_name for person in door("list_unmatched_people", "second").items]
    assert "mary@example.com" in left and "barbara@example.com" not in left


def refusals(key: AuthenticatedClient, session: AuthenticatedClient) -> None:
    """Each kind of refusal parses, and its type leads to a page."""
    nowhere = "018f0000-0000-7000-8000-000000000000"
    problem(400, key, "list_tenants", limit=0)
    problem(401, client("nonsense"), "read_settings")
    problem(403, session, "list_tenants")
    missing = problem(404, key, "read_tenant", "nobody")
    problem(409, key, "create_tenant", body=models.NewTenant(id="hooli", display_name="Hooli"))
    gone = problem(410, key, "list_events", "hooli", after="99999999")
    assert ok(key, "list_events", "hooli", after=gone.next_)
    large = models.NewTenant(id="large", display_name="x" * (1 << 20))
    problem(413, key, "create_tenant", body=large)
    new = models.NewConnection(name="A", provider=models.Provider.OKTA)
    ok(key, "create_connection_of_tenant", "hooli", body=new, idempotency_key="once")
    again = call(key, "create_connection_of_tenant", "hooli", body=new, idempotency_key="once")
    assert again.headers["Idempotency-Replayed"] == "true"
    other = models.NewConnection(name="B", provider=models.Provider.OKTA)
    problem(422, key, "create_connection_of_tenant", "hooli", body=other, idempotency_key="once")
    problem(404, key, "read_user_of_tenant", "hooli", nowhere)
    kinds = ok(Client(ROOT, httpx_args=HOOKS, timeout=TIMEOUT), "list_problems")
    page = next(kind for kind in kinds.items if kind.type_ == missing.type_)
    assert ok(key, "read_problem", page.name) == page
    with urllib.request.urlopen(urllib.request.Request(missing.type_, headers={"Accept": "text/html"})) as html:
        assert b"<h1>not-found</h1>" in html.read()


def main() -> None:
    key = client(LOCAL["service_key"])
    for tenant, is_session in zip(LOCAL["tenants"], [True, False]):
        id, scim = tenant["id"], Scim(tenant)

        def log_in(name: str) -> Any:
            return ok(key, "log_in", id, body=models.Login(user_name=f"{name}@example.com"))

        signed_in = log_in("root")
        owner = models.NewRole(role_id="owner")
        ok(key, "give_user_role_of_tenant", id, signed_in.user.id, body=owner)
        session = client(signed_in.session.token)
        seen = ok(key, "introspect_session", body=models.Introspection(token=signed_in.session.token))
        assert seen.active and seen.tenant == id and seen.role == "owner"
        door = Door(session, None) if is_session else Door(key, id)
        person = scim.user("ada")
        connections(door)
        settings(door)
        groups(door, scim, person)
        people(door, scim, person, log_in)
        logs(door)
        webhooks(door)
        imports(door)
        asked = models.NewSupportAccess(operator="sue@vendor.example", reason="case 7", role_id="admin")
        ok(key, "grant_support_access", id, body=asked)
        for access in door("list_support_access").items:
            door("end_support_access", access.id)
        if is_session:
            assert ok(session, "read_session").user.id == signed_in.user.id
            kept = session
    application(key)
    stack(key)
    refusals(key, kept)
    ok(key, "read_openapi")
    ok(kept, "end_session")
    print(json.dumps({"driven": sorted(driven), "refused": sorted(refused)}))


main()
