"""A version of the local run that runs over the database, what it lists, and how two listings compare."""
import http.client, json, re, signal, subprocess, time, urllib.parse

SCIM = "urn:ietf:params:scim:"
USER, GROUP = f"{SCIM}schemas:core:2.0:User", f"{SCIM}schemas:core:2.0:Group"
PATCH = f"{SCIM}api:messages:2.0:PatchOp"
# The cookie of the console.
COOKIE = "rollcall"
# What changes by itself: uses, follow-ups, and what is derived from the time.
RESTLESS = {"last_used_at", "last_login_at", "delivered_at", "failures", "failing_since", "last_failure", "retry_at"}


class Fault(Exception):
    """What was expected did not happen."""


class Answer:
    def __init__(self, what, response):
        self.what, self.status, self.text = what, response.status, response.read().decode()
        self.headers = response.headers
        if self.status >= 500:
            raise Fault(f"{what}: {self.status} {self.text[:500]}")

    @property
    def body(self):
        return json.loads(self.text or "null")

    def expect(self, *statuses):
        if self.status not in statuses:
            raise Fault(f"{self.what}: {self.status} instead of {' or '.join(map(str, statuses))}: {self.text[:500]}")
        return self


class Service:
    """A version that runs over the database."""

    def __init__(self, name, binary, folder, port, is_earlier=False):
        self.is_earlier = is_earlier
        self.name, self.port, self.log = name, port, folder / f"{name}.log"
        command = [binary, "--port", str(port), "--data-dir", folder / "data"]
        self.errors = open(self.log, "w")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        # When the service is ready, it prints how to stop it. Later lines are errors.
        if not any("Ctrl-C" in line for line in self.process.stdout):
            raise Fault(f"{name} does not start: {self.log.read_text()}")
        local = json.loads((folder / "data" / "local.json").read_text())
        self.key, self.seeded = local["service_key"], local["tenants"]
        print(f"{name} runs", flush=True)

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        self.process.send_signal(signal.SIGINT)
        rest = self.process.communicate(timeout=60)[0] or ""
        self.errors.close()
        faults = [line for line in (rest + self.log.read_text()).splitlines() if "ERROR" in line or "panicked" in line]
        if faults and not failed:
            raise Fault(f"{self.name} logs {len(faults)} errors, first: {faults[0][:1000]}")

    def send(self, method, path, token=None, body=None, headers=(), form=None):
        headers = dict(headers)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None
        if form is not None:
            data, headers["Content-Type"] = urllib.parse.urlencode(form), "application/x-www-form-urlencoded"
        elif body is not None:
            data = body if isinstance(body, str) else json.dumps(body)
            headers.setdefault("Content-Type", "application/scim+json" if path.startswith("/scim") else "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, data and data.encode(), headers)
        return Answer(f"{self.name}: {method} {path}", connection.getresponse())

    def api(self, method, path, token=None, body=None, **options):
        return self.send(method, f"/api/v1{path}", token or self.key, body, **options)

    def scim(self, token, method, path, body=None, **options):
        return self.send(method, f"/scim/v2{path}", token, body, **options)

    def log_in(self, tenant, name, **more):
        return self.api("POST", f"/tenants/{tenant}/sso/logins", None, {"user_name": name} | more)

    def session(self, tenant, name, **more):
        return self.log_in(tenant, name, **more).expect(200).body["session"]["token"]

    def is_active(self, session):
        return self.api("POST", "/sessions/introspect", None, {"token": session}).expect(200).body["active"]

    def portal(self, tenant, role="owner"):
        """Opens the console by a portal link. Returns the session."""
        body = {"role_id": role}
        url = self.api("POST", f"/tenants/{tenant}/portal-links", None, body).expect(200, 201).body["url"]
        return self.open(url)

    def open(self, url):
        link = re.search(r"rcl_[A-Za-z0-9_-]+", url)[0]
        opened = self.send("POST", "/console/open", form={"link": link}).expect(200, 303)
        return re.search(r"rcx_[A-Za-z0-9_.-]+", str(opened.headers))[0]

    def console(self, session, people, groups):
        """Reads the pages of the console."""
        pages = ["", "/people", "/groups", "/activity", "/activity/audit", "/health"]
        pages += [f"/people/{id}" for id in people] + [f"/groups/{id}" for id in groups]
        for page in pages:
            self.send("GET", f"/console{page}", headers={"Cookie": f"{COOKIE}={session}"}).expect(200)

    def push(self, token, name, **more):
        user = {"schemas": [USER], "userName": name, "externalId": f"x-{name}", "active": True, "displayName": name.title()}
        return self.scim(token, "POST", "/Users", user | more).expect(201).body["id"]

    def group(self, token, name, *members):
        body = {"schemas": [GROUP], "displayName": name, "externalId": f"g-{name}", "members": [{"value": m} for m in members]}
        return self.scim(token, "POST", "/Groups", body).expect(201).body["id"]

    def patch(self, token, path, *operations):
        body = {"schemas": [PATCH], "Operations": operations}
        return self.scim(token, "PATCH", path, body)

    def set(self, token, user, name, value):
        return self.patch(token, f"/Users/{user}", {"op": "replace", "path": name, "value": value}).expect(200)

    def pages(self, path, token):
        """Reads every page of a list of the API."""
        items, after = [], None
        while True:
            query = {"limit": 100} | ({"after": after} if after else {})
            joint = "&" if "?" in path else "?"
            page = self.api("GET", f"{path}{joint}{urllib.parse.urlencode(query)}", token).expect(200).body
            items, after = items + page["items"], page.get("next")
            if not after:
                return items

    def resources(self, token, path):
        items, start = [], 1
        while True:
            page = self.scim(token, "GET", f"{path}?startIndex={start}&count=50").expect(200).body
            items += page.get("Resources", [])
            start += 50
            if start > page["totalResults"]:
                if len(items) != page["totalResults"]:
                    raise Fault(f"{self.name}: {path} lists {len(items)} of {page['totalResults']}")
                return items

    def tokens_of(self, connection, session):
        path = f"/scim/connections/{connection}/tokens"
        # The earlier version finds no connection whose id somebody has chosen, though it lists it.
        if self.api("GET", path, session).status == 404 and self.is_earlier and "-" not in connection:
            return []
        return self.pages(path, session)

    def events(self, tenant):
        events, after = [], "0"
        while page := self.api("GET", f"/tenants/{tenant}/events?after={after}&limit=500").expect(200).body["items"]:
            events, after = events + page, page[-1]["sequence"]
        return events

    def settled(self, tenant):
        """Waits until the relay and the reconciler have followed up."""
        last, since = None, time.monotonic()
        deadline = since + 60
        while time.monotonic() < deadline:
            now = len(self.events(tenant))
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > 2:
                return
            time.sleep(0.2)
        raise Fault(f"{self.name}: the feed of {tenant} does not come to rest")

    def listing(self, tenant, token, session):
        """Reads everything that the earlier version lists, by kind and id."""
        connections = self.pages("/scim/connections", session)
        # What somebody sees in the log of requests is no state; it must only not get lost.
        lists = {
            "Users": self.resources(token, "/Users"),
            "Groups": self.resources(token, "/Groups"),
            "people": self.pages("/users", session),
            "mappings": [one | {"id": one["group"]["id"]} for one in self.pages("/scim/groups/role-mappings", session)],
            "connections": connections,
            "tokens": [t for c in connections for t in self.tokens_of(c["id"], session)],
            "settings": [self.api("GET", "/settings", session).expect(200).body | {"id": "settings"}],
            "audit": self.pages("/audit", session),
            "events": self.events(tenant),
            "requests": [{"id": one["id"]} for one in self.pages("/requests", session)],
        }
        for user in lists["Users"]:
            role = self.api("GET", f"/users/{user['id']}/role", session).expect(200).body
            lists.setdefault("roles", []).append(role | {"id": user["id"]})
        for group in lists["Groups"]:
            members = self.pages(f"/scim/groups/{group['id']}/members", session)
            lists.setdefault("members", []).append({"id": group["id"], "members": sorted(m["id"] for m in members)})
        return {kind: {item["id"]: item for item in items} for kind, items in lists.items()}

    def newer(self, tenant, people):
        """Reads what only this version lists."""
        at = f"/tenants/{tenant}"
        read = lambda path: self.api("GET", path).expect(200).body
        lists = {f"identity of {id}": read(f"{at}/users/{id}/identity") for id in people}
        lists |= {f"person {id}": read(f"{at}/users/{id}") for id in people}
        paths = ["", "/roles", "/schemas", "/webhooks", "/imports/import", "/settings", "/connections"]
        lists |= {path: read(f"{at}{path}") for path in paths}
        lists |= {f"stack {path}": read(path) for path in ["/service-keys", "/roles", "/schemas"]}
        lists["awaited"] = read(f"{at}/groups/role-mappings/awaited")
        return lists


def same(before, after, place, faults, passed=frozenset()):
    """Notes where `after` lacks what `before` has. `after` may have more members."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            if name in RESTLESS | passed:
                continue
            if name not in after:
                if value not in (None, [], {}):
                    faults.append(f"{place}.{name} is gone: {value!r}")
            else:
                same(value, after[name], f"{place}.{name}", faults, passed)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after)):
            same(one, other, f"{place}[{number}]", faults, passed)
    elif before != after:
        faults.append(f"{place}: {before!r} became {after!r}")


def known(listing, earlier):
    """Returns the part of a listing whose attributes an earlier listing has. Documents of SCIM are whole."""
    part = {}
    for kind, items in listing.items():
        names = {name for item in earlier[kind].values() for name in item}
        is_document = kind in ("Users", "Groups")
        shown = lambda item: item if is_document else {name: v for name, v in item.items() if name in names}
        part[kind] = {id: shown(item) for id, item in items.items()}
    return part


def compare(what, before, after, passed=frozenset(), explained=()):
    """Fails unless everything is as before. `passed` names attributes to leave out; `explained` are patterns of places at
    which a difference is expected, each of which must occur."""
    faults = []
    for kind, items in before.items():
        same(items, after[kind], kind, faults, passed)
    idle = [pattern for pattern in explained if not any(re.match(pattern, fault) for fault in faults)]
    faults = [fault for fault in faults if not any(re.match(pattern, fault) for pattern in explained)]
    if faults or idle:
        # One of each kind.
        kinds = {re.sub(r"[0-9a-f-]{36}", "*", fault.split(":")[0]): fault for fault in reversed(faults)}
        lines = [*(fault[:500] for fault in kinds.values()), *(f"nothing is explained by {pattern}" for pattern in idle)]
        raise Fault("\n  ".join([f"{what}: {len(faults)} differences", *lines]))
    print(f"{what}: {sum(len(items) for items in before.values())} records are as before", flush=True)
