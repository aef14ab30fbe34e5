#!/usr/bin/env python3
"""Brings a stack to the state that a file describes: roles, webhooks, tenants with their settings, connections and role mappings.

Every request is a PUT under a name that the file gives. What is as it should be stays as it is, so the file can be applied
again and again. What the file does not name is left alone.

usage: apply.py FILE [URL]   URL: the root of the API, default: http://127.0.0.1:8080/api/v1; ROLLCALL_SERVICE_KEY: the key
"""
import json, os, sys, urllib.error, urllib.parse, urllib.request


class Api:
    """The API with a service key."""

    def __init__(self, root, key):
        self.root, self.key = root.rstrip("/"), key

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.root}{path}", method=method, data=data)
        request.add_header("Authorization", f"Bearer {self.key}")
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.loads(response.read() or "null")
        except urllib.error.HTTPError as refused:
            problem = json.loads(refused.read() or "{}")
            sys.exit(f"{method} {path}: {refused.code} {problem.get('detail', '')}")


def resources(desired):
    """Lists the resources as pairs of a path and a body, in an order in which each finds what it names."""
    if "roles" in desired:
        yield "/roles", desired["roles"]
    for id, webhook in desired.get("webhooks", {}).items():
        yield f"/webhooks/{id}", webhook
    for tenant, parts in desired.get("tenants", {}).items():
        root = f"/tenants/{tenant}"
        yield root, parts["tenant"]
        if "roles" in parts:
            yield f"{root}/roles", parts["roles"]
        for id, connection in parts.get("connections", {}).items():
            yield f"{root}/connections/{id}", connection
        for group, roles in parts.get("role_mappings", {}).items():
            name = urllib.parse.quote(group, safe="")
            yield f"{root}/groups/role-mapping?name={name}", {"role_ids": roles}
        for id, webhook in parts.get("webhooks", {}).items():
            yield f"{root}/webhooks/{id}", webhook


def apply(api, desired):
    """Applies the state. Returns how many resources were created."""
    created = 0
    for path, body in resources(desired):
        status, answer = api.call("PUT", path, body)
        created += status == 201
        print(f"{'created' if status == 201 else 'in place':8} {path}")
        if "secret" in answer:
            # It is shown once: here you would store it where the receiver reads it.
            print(f"         its signing secret begins with {answer['secret'][:10]}")
    return created


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        state = json.load(file)
    url = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8080/api/v1"
    apply(Api(url, os.environ["ROLLCALL_SERVICE_KEY"]), state)
