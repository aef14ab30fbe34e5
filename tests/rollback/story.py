"""What happens to two customers while the version changes to and fro."""
import json, os, subprocess, sys
from types import SimpleNamespace

from service import PATCH, SCIM, USER, Fault, compare, known

ENTERPRISE = f"{SCIM}schemas:extension:enterprise:2.0:User"
# An extension of the customer: the earlier version keeps it as sent, and this version lets the application declare it.
BADGES = "urn:example:scim:badges:2.0:User"
# The customers: one with one connection, and one with two, whose people have no owner that the earlier version stored.
ONE, TWO = "rolled-one", "rolled-two"
# One that this version makes and deletes.
GONE = "rolled-gone"
# So many people are in one group that a change of it needs several transactions.
CROWD = 130
# Of whom what only this version knows is compared.
KNOWN = ["ada", "cy", "hal", "kim", "mia", "ned", "guest", "ß", "ss", "by-client", "by-chosen", "fay"]
ACTOR = r"(audit|events).[-0-9a-f.]*.actor.(id|session|email) is gone"
# What the earlier version shows otherwise, as the section "Roll back" of infra/README.md says.
UNKNOWN = {
    ONE: lambda s: [
        # It does not know blocks, connections whose ids somebody has chosen, roles of a catalogue or
        # several by hand, and who acted in particular.
        rf"(people|roles).{s.people['hal']}.(state|role|effective|grants)",
        r"tokens.[^.]*.*'connection_id': 'chosen'",
        r"roles.[^.]*.grants: .*'auditor'",
        rf"roles.{s.people['ned']}.grants",
        ACTOR,
    ],
    TWO: lambda s: [ACTOR],
}
# What counts again once this version runs: the block, and the roles that the earlier version left out or gave in their place.
KNOWN_AGAIN = {
    ONE: lambda s: [rf"(people|roles).{s.people['hal']}.(state|role|effective|grants)", rf"roles.{s.people['ned']}.grants",
                    r"roles.[^.]*.grants: .*'auditor'"],
    TWO: lambda s: [],
}


def check(what, is_so):
    if not is_so:
        raise Fault(what)


def write(earlier):
    """The earlier version writes what it can write."""
    s = SimpleNamespace(people={}, groups={}, sessions={}, owner={}, tokens={}, connections={}, keys={})
    settings = {"sso_default_role": "viewer", "rate_limit": None, "retention_days": 120}
    for tenant in [ONE, TWO]:
        new = {"id": tenant, "display_name": tenant.title()}
        earlier.api("POST", "/tenants", None, new).expect(201)
        s.owner[tenant] = earlier.portal(tenant)
        earlier.api("PATCH", "/settings", s.owner[tenant], settings).expect(200)
    for tenant, name, provider in [(ONE, "okta", "okta"), (TWO, "left", "entra"), (TWO, "right", "okta")]:
        made = earlier.api("POST", "/scim/connections", s.owner[tenant], {"name": name, "provider": provider}).expect(201)
        s.connections[name] = made.body["id"]
        path = f"/scim/connections/{made.body['id']}/tokens"
        s.tokens[name] = earlier.api("POST", path, s.owner[tenant], {"label": "live"}).expect(201).body["token"]
        made = earlier.api("POST", path, s.owner[tenant], {"label": "revoked", "expires_at": "2099-01-01T00:00:00Z"})
        s.tokens[f"{name}-revoked"] = made.expect(201).body["token"]
        earlier.api("DELETE", f"/scim/tokens/{made.body['id']}", s.owner[tenant]).expect(204)

    okta = s.tokens["okta"]
    for name in ["ada", "bob", "cy", "dee", "eve", "gus", "hal", "ivy", "kim", "lea", "mia", "ned", "groß", "ΣΊΣΥΦΟΣ"]:
        emails = [{"value": f"{name}@example.com", "type": "work", "primary": True}]
        extra = {ENTERPRISE: {"department": "R&D", "manager": {"value": "x-boss"}}, BADGES: {"badge": f"b-{name}", "secret": "s"}}
        s.people[name] = earlier.push(okta, name, emails=emails, schemas=[USER, ENTERPRISE, BADGES], **extra)
    crowd = [earlier.push(okta, f"crowd-{n:03}") for n in range(CROWD)]
    s.groups["admins"] = earlier.group(okta, "Admins", s.people["bob"], s.people["hal"])
    s.groups["engineers"] = earlier.group(okta, "Engineering", *(s.people[n] for n in ["ada", "bob", "cy", "mia", "ned"]))
    s.groups["everyone"] = earlier.group(okta, "Everyone", *crowd)
    s.groups["empty"] = earlier.group(okta, "Empty")
    doomed = earlier.group(okta, "Doomed", s.people["cy"])
    for group, role in [("admins", "admin"), ("engineers", "member")]:
        path = f"/scim/groups/{s.groups[group]}/role-mapping"
        earlier.api("PUT", path, s.owner[ONE], {"role_id": role}).expect(200)
    for name in ["ada", "bob", "dee", "eve", "gus", "hal", "ivy", "kim", "lea", "mia", "fay"]:
        s.sessions[name] = earlier.session(ONE, name, external_id=f"x-{name}", email=f"{name}@example.com")
    s.people["fay"] = next(p["id"] for p in earlier.pages("/users", s.owner[ONE]) if p["user_name"] == "fay")
    for name, role in [("ada", "owner"), ("gus", "admin"), ("fay", "member")]:
        earlier.api("PUT", f"/users/{s.people[name]}/role", s.owner[ONE], {"role_id": role}).expect(200)
    s.sessions["signed-out"] = earlier.session(ONE, "ada", groups=["Engineering"])
    earlier.api("DELETE", "/sessions/current", s.sessions["signed-out"]).expect(204)
    earlier.set(okta, s.people["dee"], "active", False)
    earlier.scim(okta, "DELETE", f"/Users/{s.people['eve']}").expect(204)
    earlier.scim(okta, "DELETE", f"/Groups/{doomed}").expect(204)
    for value in ["Dr.", "Prof."]:
        earlier.set(okta, s.people["ada"], "title", value)

    for side, name in [("left", "tom"), ("right", "una")]:
        s.people[name] = earlier.push(s.tokens[side], name)
        s.groups[name] = earlier.group(s.tokens[side], f"Team of {name}", s.people[name])
        s.sessions[name] = earlier.session(TWO, name)
    s.link = earlier.api("POST", f"/tenants/{ONE}/portal-links", None, {"role_id": "admin"}).expect(201).body["url"]
    ended(earlier, s)
    s.before = listings(earlier, s)
    return s


def listings(service, s):
    for tenant in [ONE, TWO]:
        service.settled(tenant)
    return {tenant: service.listing(tenant, s.tokens[side], s.owner[tenant]) for tenant, side in [(ONE, "okta"), (TWO, "left")]}


def ended(service, s):
    """Nothing that has ended lets anybody in, whichever version runs."""
    for name in ["dee", "eve", "signed-out", *(n for n in s.sessions if n.startswith("ended-"))]:
        check(f"{service.name}: the session of {name} is active", not service.is_active(s.sessions[name]))
    for name in [n for n in s.tokens if n.endswith("-revoked")]:
        service.scim(s.tokens[name], "GET", "/Users").expect(401)
    service.log_in(ONE, "dee").expect(403)
    service.log_in(ONE, "someone", external_id="x-dee").expect(403)
    service.scim(s.tokens["okta"], "GET", f"/Users/{s.people['eve']}").expect(404)


def lift(this, s):
    """This version reads everything, without a migration, and binds people at their next sign-in."""
    for tenant, before in listings(this, s).items():
        compare(f"{tenant} after the upgrade", s.before[tenant], before)
    ended(this, s)
    for name in ["ada", "bob", "gus", "hal", "fay", "tom", "una"]:
        check(f"the session of {name} has ended by the upgrade", this.is_active(s.sessions[name]))
    this.open(s.link)
    at = f"/tenants/{ONE}"
    for name in ["ada", "bob", "gus", "hal", "fay", "ivy", "kim", "lea", "mia"]:
        sign_in = {"external_id": f"x-{name}", "subject": f"s-{name}", "connection": s.connections["okta"]}
        if name in ["fay"]:
            del sign_in["external_id"]
        for is_firm in [False, True]:
            found = this.log_in(ONE, name, **sign_in).expect(200).body
            check(f"{name} is signed in as somebody else", found["user"]["id"] == s.people[name])
            person = this.api("GET", f"{at}/users/{s.people[name]}").expect(200).body
            subjects = [(one["connection_id"], one["firm"]) for one in person["subjects"]]
            check(f"{name} is bound as {subjects}", subjects == [(s.connections["okta"], is_firm)])
        s.sessions[f"{name}-bound"] = found["session"]["token"]
    # Nobody else's subject signs in as somebody who is bound.
    this.log_in(ONE, "ada", external_id="x-ada", subject="s-mallory", connection=s.connections["okta"]).expect(409)

    # The identity provider goes on, with the versions that it has read before.
    before = s.before[ONE]["Users"][s.people["cy"]]
    match = {"If-Match": before["meta"]["version"]}
    change = {"schemas": [PATCH], "Operations": [{"op": "add", "path": "nickName", "value": "C"}]}
    changed = this.scim(s.tokens["okta"], "PATCH", f"/Users/{before['id']}", change, headers=match).expect(200).body
    check("the pushed extension has changed", changed[BADGES] == before[BADGES])
    this.scim(s.tokens["okta"], "PATCH", f"/Users/{before['id']}", change | {"x": 1}, headers=match).expect(412)
    this.scim(s.tokens["okta"], "PUT", f"/Users/{before['id']}", changed).expect(200)
    # Nobody noted who pushed whom, so each of two connections writes everybody.
    for side, name in [("left", "una"), ("right", "tom")]:
        this.set(s.tokens[side], s.people[name], "title", side)
        this.patch(s.tokens[side], f"/Groups/{s.groups[name]}", {"op": "replace", "path": "displayName", "value": name}).expect(204)


def use(this, s):
    """This version does everything that the earlier one does not know."""
    at, okta, owner = f"/tenants/{ONE}", s.tokens["okta"], s.owner[ONE]
    person = lambda name: f"{at}/users/{s.people[name]}"
    connection = f"{at}/connections/{s.connections['okta']}"
    call = lambda method, path, body=None, status=(200, 201, 202, 204): this.api(method, path, None, body).expect(*status).body

    # People: blocked, deleted, restored, erased, renamed, bound anew, merged, adopted.
    call("POST", f"{person('hal')}/block", {})
    s.sessions["ended-hal"] = s.sessions["hal-bound"]
    call("DELETE", person("ivy"))
    s.sessions["ended-ivy"] = s.sessions["ivy-bound"]
    call("DELETE", person("kim"))
    s.sessions["ended-kim"] = s.sessions["kim-bound"]
    call("POST", f"{person('kim')}/restore", {})
    call("POST", f"{person('lea')}/erasure", {})
    s.sessions["ended-lea"] = s.sessions["lea-bound"]
    this.set(okta, s.people["mia"], "userName", "mia.married")
    s.sessions["guest"] = this.session(ONE, "guest", connection=s.connections["okta"], subject="s-guest")
    s.people["guest"] = this.push(okta, "guest")
    s.people["ß"] = this.push(okta, "Weiß")
    s.people["Maß"] = this.push(okta, "Maß")
    s.people["ss"] = this.push(okta, "weiss")
    call("PUT", f"{person('ned')}/role", {"role_ids": ["member", "viewer"]})
    s.sessions["ended-ned"] = this.session(ONE, "ned", subject="s-ned", connection=s.connections["okta"])
    call("POST", f"{person('ned')}/sessions/end", {})

    # Roles: a catalogue of the tenant, several roles of a group, and a mapping that awaits its group.
    roles = [{k: v for k, v in role.items() if k not in ("mappable",)} for role in call("GET", f"{at}/roles")["items"]]
    roles.append({"id": "auditor", "name": "Auditor", "rank": 150, "by_mapping": True, "by_hand": True, "permissions": ["logs:read"]})
    call("PUT", f"{at}/roles", {"items": roles})
    call("PUT", f"{at}/groups/{s.groups['everyone']}/role-mapping", {"role_ids": ["auditor", "member"]})
    call("PUT", f"{at}/groups/role-mapping?name=Later", {"role_ids": ["auditor"]})
    # Rules, an alias, an OAuth client, a connection with a chosen id.
    call("PATCH", f"{at}/settings", {"match_email": True, "deleted_people": "restore", "session_minutes": 600})
    call("PATCH", connection, {"alias": "okta-alias", "external_id": "unrelated"})
    client = call("POST", f"{connection}/tokens", {"label": "client", "kind": "oauth_client"})
    s.client = {"grant_type": "client_credentials", "client_id": client["id"], "client_secret": client["token"]}
    access = this.send("POST", "/scim/v2/oauth/token", form=s.client).expect(200).body["access_token"]
    s.people["by-client"] = this.push(access, "by-client")
    call("PUT", f"{at}/connections/chosen", {"name": "Chosen", "provider": "other"})
    s.tokens["chosen"] = call("POST", f"{at}/connections/chosen/tokens", {"label": "chosen"})["token"]
    s.people["by-chosen"] = this.push(s.tokens["chosen"], "by-chosen")
    # Extension schemas, with unique values.
    attributes = [{"name": "badge", "type": "string", "uniqueness": "server"}, {"name": "secret", "type": "string"}]
    call("PUT", f"{at}/schemas/{BADGES}", {"name": "Badges", "attributes": attributes})
    this.set(okta, s.people["cy"], f"{BADGES}:badge", "unique")
    # Webhooks, service keys, support access, links, an import.
    call("PUT", f"{at}/webhooks/siem", {"name": "SIEM", "url": "http://127.0.0.1:9/", "types": ["user.deleted"]})
    s.keys["narrow"] = call("POST", "/service-keys", {"label": "narrow", "scopes": ["events"], "tenant": ONE})
    s.new_link = call("POST", f"{at}/portal-links", {"role_id": "admin", "email": "root@example.com", "expires_in": 86_400})["url"]
    call("PUT", f"{at}/imports/import", {"mode": "import"})
    rows = [{"user_name": f"imported-{n}", "application_id": f"a-{n}", "groups": ["Imported"], "roles": ["member"]} for n in range(3)]
    done = call("PUT", f"{at}/imports/import/parts/1", "\n".join(map(json.dumps, rows)))
    check(f"an import has created {done['counts']}", done["counts"]["created"] == len(rows))
    # What ends here must have ended for the earlier version too.
    s.keys["revoked"] = call("POST", "/service-keys", {"label": "revoked"})
    call("DELETE", f"/service-keys/{s.keys['revoked']['id']}")
    s.keys["until"] = call("POST", "/service-keys", {"label": "until", "expires_at": "2099-01-01T00:00:00Z"})
    call("POST", f"{at}/portal-links", {"role_id": "admin"})
    s.ended_link = call("POST", f"{at}/portal-links", {"role_id": "owner", "expires_in": 86_400})
    for link in call("GET", f"{at}/portal-links")["items"]:
        if link["expires_at"] == s.ended_link["expires_at"]:
            call("DELETE", f"{at}/portal-links/{link['id']}")
    s.sessions["ended-one"] = this.session(ONE, "cy")
    for session in call("GET", f"{person('cy')}/sessions")["items"]:
        call("DELETE", f"{person('cy')}/sessions/{session['id']}")
    support = {"operator": "sue@vendor.example", "reason": "case 7", "role_id": "admin"}
    s.support_link = call("POST", f"{at}/support-access", support)["url"]
    s.support_session = this.open(call("POST", f"{at}/support-access", support)["url"])
    this.api("GET", "/users", s.support_session).expect(200)
    call("PUT", f"{at}/connections/doomed", {"name": "Doomed", "provider": "other"})
    s.tokens["doomed-revoked"] = call("POST", f"{at}/connections/doomed/tokens", {"label": "doomed"})["token"]
    call("DELETE", f"{at}/connections/doomed")
    made = call("POST", f"{connection}/tokens", {"label": "revoked here"})
    s.tokens["here-revoked"] = made["token"]
    call("DELETE", f"{at}/tokens/{made['id']}")
    call("POST", "/tenants", {"id": GONE, "display_name": "Gone"})
    left = call("POST", f"/tenants/{GONE}/connections", {"name": "left", "provider": "okta"})
    s.tokens["gone-revoked"] = call("POST", f"/tenants/{GONE}/connections/{left['id']}/tokens", {"label": "left"})["token"]
    s.sessions["ended-gone"] = this.session(GONE, "ada")
    call("DELETE", f"/tenants/{GONE}")
    # Bulk, and a page by a cursor.
    operations = [{"method": "POST", "path": "/Users", "bulkId": "b", "data": {"schemas": [USER], "userName": "in-bulk"}}]
    bulk = {"schemas": [f"{SCIM}api:messages:2.0:BulkRequest"], "Operations": operations}
    s.people["in-bulk"] = this.scim(okta, "POST", "/Bulk", bulk).expect(200).body["Operations"][0]["location"].rsplit("/", 1)[1]
    this.scim(okta, "GET", "/Users?cursor=&count=10").expect(200)
    # A large change.
    crowd = [m for m in s.before[ONE]["members"][s.groups["everyone"]]["members"]]
    members = [{"value": one} for one in [*crowd[10:], *(s.people[n] for n in ["ada", "ß", "by-client"])]]
    this.patch(okta, f"/Groups/{s.groups['everyone']}", {"op": "replace", "path": "members", "value": members}).expect(204)
    call("PATCH", f"/tenants/{TWO}/connections/{s.connections['left']}", {"replaces": [s.connections["right"]]})
    this.log_in(ONE, "hal", subject="s-hal", connection=s.connections["okta"]).expect(403)
    this.log_in(ONE, "ivy").expect(403)
    s.sessions["ghost"] = this.session(ONE, "ghost", subject="s-ghost", connection=s.connections["okta"])
    ended(this, s)
    s.middle = listings(this, s)
    s.newer = {name: this.newer(ONE, [s.people[name] for name in KNOWN]) for name in [ONE]}[ONE]
    verify(this, "after the upgrade")


def roll_back(earlier, s):
    """The earlier version runs on what this one has written."""
    okta = s.tokens["okta"]
    for tenant, now in listings(earlier, s).items():
        compare(f"{tenant} after the roll-back", known(s.middle[tenant], s.before[tenant]), now, explained=UNKNOWN[tenant](s))
    ended(earlier, s)
    for name in ["ada", "bob", "gus", "fay", "guest", "ghost", "tom", "una", "ada-bound", "mia-bound"]:
        check(f"the session of {name} has ended by the roll-back", earlier.is_active(s.sessions[name]))
    # Everybody who may sign in does, under the name that they have, except where it compares names otherwise.
    for person in earlier.pages("/users", s.owner[ONE]):
        found = earlier.log_in(ONE, person["user_name"])
        if person["state"] == "inactive":
            found.expect(403)
        elif person["id"] not in [s.people["ß"], s.people["Maß"]]:
            is_same = found.expect(200).body["user"]["id"] == person["id"]
            check(f"{person['user_name']} is signed in as somebody else", is_same)
    # It writes everybody and every group.
    for user in earlier.resources(okta, "/Users"):
        earlier.set(okta, user["id"], "nickName", "rolled back")
        earlier.scim(okta, "PUT", f"/Users/{user['id']}", earlier.scim(okta, "GET", f"/Users/{user['id']}").body).expect(200)
    for group in earlier.resources(okta, "/Groups"):
        path, member = f"/Groups/{group['id']}", {"value": s.people["cy"]}
        earlier.patch(okta, path, {"op": "add", "path": "members", "value": [member]}).expect(204)
        earlier.scim(okta, "PUT", path, group).expect(200)
    earlier.scim(s.tokens["chosen"], "GET", f"/Users/{s.people['by-chosen']}").expect(200)
    # It takes a name that it compares otherwise for somebody new.
    other = earlier.log_in(ONE, "Maß").expect(200).body["user"]["id"]
    check("it has found the name", other != s.people["Maß"])
    s.people["late"] = earlier.push(okta, "late")
    s.sessions["late"] = earlier.session(ONE, "late")
    earlier.set(okta, s.people["bob"], "active", False)
    s.sessions["ended-bob"] = s.sessions["bob-bound"]
    earlier.scim(okta, "DELETE", f"/Users/{s.people['gus']}").expect(204)
    s.sessions["ended-gus"] = s.sessions["gus-bound"]
    earlier.log_in(ONE, "bob").expect(403)
    earlier.console(s.owner[ONE], [s.people["ada"], s.people["hal"]], [s.groups["admins"], s.groups["everyone"]])
    ended(earlier, s)
    # It accepts no key that may do less than it knows, and no support access.
    for name, key in s.keys.items():
        earlier.api("GET", "/tenants", key["service_key"]).expect(401)
    seen = earlier.api("POST", "/sessions/introspect", None, {"token": s.support_session}).expect(200).body
    check(f"support access has {seen}", not {"role", "user"} & {name for name, value in seen.items() if value})
    for path in ["/users", "/settings", "/audit", "/scim/connections"]:
        earlier.api("GET", path, s.support_session).expect(403)
    earlier.send("POST", "/console/open", form={"link": s.ended_link["url"].rsplit("=", 1)[1]}).expect(401, 403, 404, 410)
    s.after = listings(earlier, s)


def upgrade_again(this, s, root):
    """This version goes on, with all that it had written."""
    at = f"/tenants/{ONE}"
    for tenant, now in listings(this, s).items():
        compare(f"{tenant} after the second upgrade", s.after[tenant], now, explained=KNOWN_AGAIN[tenant](s))
    newer = this.newer(ONE, [s.people[name] for name in KNOWN])
    # Everybody has signed in since, which gave some of them the default role; and the webhook goes on.
    compare("what only this version knows", s.newer, newer, frozenset({"role_announced_at", "state", "role", "roles", "after"}))
    ended(this, s)
    # What the earlier version did not know holds again.
    this.log_in(ONE, "hal", subject="s-hal", connection=s.connections["okta"]).expect(403)
    this.log_in(ONE, "ada", subject="s-mallory", connection=s.connections["okta"]).expect(409)
    found = this.log_in(ONE, "anything", subject="s-ada", connection=s.connections["okta"]).expect(200).body
    check("the subject finds somebody else", found["user"]["id"] == s.people["ada"])
    this.log_in(ONE, "Maß").expect(200, 409)
    this.send("POST", "/scim/v2/oauth/token", form=s.client).expect(200)
    this.scim(s.tokens["chosen"], "GET", "/Users?count=1").expect(200)
    this.api("GET", f"{at}/events?after=0", s.keys["narrow"]["service_key"]).expect(200)
    this.open(s.new_link)
    this.api("GET", "/users", s.support_session).expect(200)
    this.api("GET", "/tenants", s.keys["until"]["service_key"]).expect(200)
    this.api("GET", "/tenants", s.keys["revoked"]["service_key"]).expect(401)
    taken = {"schemas": [USER, BADGES], "userName": "taken", BADGES: {"badge": "unique"}}
    this.scim(s.tokens["okta"], "POST", "/Users", taken).expect(409)
    this.push(s.tokens["okta"], "last")
    this.settled(ONE)
    this.api("GET", f"{at}/health").expect(200)
    # A changed catalogue looks at everybody's roles again, as the hourly pass does after an earlier version has run.
    roles = [{k: v for k, v in role.items() if k != "mappable"} for role in this.api("GET", f"{at}/roles").body["items"]]
    roles[0]["description"] = "Looked at again"
    this.api("PUT", f"{at}/roles", None, {"items": roles}).expect(200)
    this.settled(ONE)
    # What events have told of roles is what counts: the filter goes by the former, the answers by the latter.
    people = this.pages(f"{at}/users", this.key)
    for role in ["viewer", "member", "auditor", "admin", "owner"]:
        told = {one["id"] for one in this.pages(f"{at}/users?role={role}", this.key)}
        counts = {one["id"] for one in people if role in one["roles"]}
        check(f"{role}: told of {told - counts} in vain, not told of {counts - told}", told == counts)
    verify(this, "after the second upgrade")
    outside = [sys.executable, root / "infra" / "verify-events", f"http://127.0.0.1:{this.port}/api/v1", ONE]
    ended_with = subprocess.run(outside, env=os.environ | {"ROLLCALL_KEY": this.key}, capture_output=True, text=True)
    check(f"infra/verify-events: {ended_with.stdout}{ended_with.stderr}", ended_with.returncode == 0)
    print(ended_with.stdout.strip())


def verify(this, when):
    after, faults = 0, []
    while True:
        page = this.api("GET", f"/tenants/{ONE}/events/verification?after={after}").expect(200).body
        faults += page["faults"]
        if page["next"] == str(after):
            check(f"the feed has faults {when}: {faults[:10]}", not faults)
            return
        after = page["next"]
