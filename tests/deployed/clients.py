"""Provisions with an OAuth client, and imports people, against the deployed stack."""
import json, urllib.parse

import provisioning


def oauth_client(stack, _):
    """an OAuth client fetches an access token with its secret and reads people with it, until it is revoked"""
    customer = provisioning.Customer(stack, "oauth")
    ada = customer.push("ada@example.test")
    path = f"/scim/connections/{customer.connection}/tokens"
    client = customer.admin("POST", path, {"label": "client", "kind": "oauth_client"}).expect(201).body
    form = {"grant_type": "client_credentials", "client_id": client["id"], "client_secret": client["token"]}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    fetch = lambda form: stack.call(
        "POST", "/scim/v2/oauth/token", headers=headers, text=urllib.parse.urlencode(form)
    )
    token = fetch(form).expect(200).body["access_token"]
    read = lambda: stack.call("GET", f"/scim/v2/Users/{ada}", token)
    assert read().expect(200).body["id"] == ada
    fetch({**form, "client_secret": "wrong"}).expect(401)
    customer.admin("DELETE", f"/scim/tokens/{client['id']}").expect(204)
    fetch(form).expect(401)


def imported(stack, _):
    """an import takes a part, and the same part again changes nothing"""
    customer = provisioning.Customer(stack, "import")
    path = f"/tenants/{customer.tenant}/imports/first"
    customer.app("PUT", path, {}).expect(201)
    rows = [{"user_name": f"person-{number}@example.test", "groups": ["Everybody"]} for number in range(3)]
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    send = lambda: stack.call("PUT", f"/api/v1{path}/parts/1", customer.key, text=text).expect(200).body
    for repeated in [False, True]:
        part = send()
        assert (part["counts"]["created"], part["repeated"]) == (3, repeated), part
    assert customer.app("GET", path).expect(200).body["next_part"] == 2


CHECKS = [oauth_client, imported]
