"""Tests the console as a browser uses it: opens it with a portal link, loads every page and makes changes."""
import re, urllib.parse

from gateway import scim_error
from provisioning import Customer, in_many_groups

FORM = "application/x-www-form-urlencoded"


class Browser:
    """A client that keeps cookies, without regard to their paths."""

    def __init__(self, stack, link):
        self.stack, self.cookies = stack, {}
        self.post("/open", link=link)

    def call(self, method, path, headers, text=None):
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.stack.call(method, f"/console{path}", text=text, headers=headers)
        for cookie in answer.cookies:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in cookie:
                del self.cookies[name]
        return answer

    def get(self, path):
        page = self.call("GET", path, {})
        # Status 286 means that this part of a page will not change any more.
        page.expect(286 if page.status == 286 else 200)
        assert page.headers["content-type"].startswith("text/html"), page.headers
        assert "default-src 'none'" in page.headers["content-security-policy"], page.headers
        return page.text

    def post(self, path, status=303, **form):
        headers = {"Content-Type": FORM, "Origin": f"http://{self.stack.host}"}
        return self.call("POST", path, headers, urllib.parse.urlencode(form)).expect(status)


def console(stack, _):
    """an admin opens the console with a link, loads every page, maps a group to a role and revokes a token"""
    customer = Customer(stack, "console")
    ada = customer.push("ada")
    group = customer.push_group("Engineers", ada)
    created = customer.app("POST", f"/tenants/{customer.tenant}/portal-links", {"role_id": "owner"}).expect(201)
    link = created.body["url"]
    assert link.startswith(f"{stack.base}/console/open?link="), link
    browser = Browser(stack, link.partition("link=")[2])
    own, mapped = f"/connections/{customer.connection}", f"/groups/{group}"
    for path in ["", own, f"{own}/setup", f"{own}/test", f"{own}/checklist", "/connections/new?provider=okta",
                 "/tokens", "/groups", mapped, f"{mapped}/members", "/people", f"/people/{ada}", "/activity",
                 "/activity/chart", "/activity/audit", "/health", "/settings"]:
        browser.get(path)
    preview = browser.get(f"{mapped}?role=viewer")
    form_token = re.search(r'name="form_token" value="([^"]+)"', preview)[1]
    browser.post(f"{mapped}/role", form_token=form_token, role="viewer", **{"from": "none"})
    assert customer.admin("GET", f"/users/{ada}/role").expect(200).body["effective"] == "viewer"
    result = browser.post(f"{own}/test", form_token=form_token).headers["location"]
    played = browser.get(result.partition("/console")[2])
    assert re.search(r"All \d+ requests went as Okta expects", played), played
    form = {"form_token": form_token, "connection": customer.connection, "label": "by a form"}
    form["form_id"] = re.search(r'name="form_id" value="([^"]+)"', browser.get("/tokens"))[1]
    issued = browser.post("/tokens", **form).headers["location"].partition("/console")[2]
    for _ in range(2):
        assert "rcs_" in browser.get(issued), "the new token is not shown"
    browser.post(f"/tokens/{customer.token_id}/revoke", form_token=form_token)
    customer.idp("GET", "/Users").expect(401)
    stack.call("GET", "/console").expect(401)


def removal(stack, _):
    """an admin deletes a person who is in more groups than one transaction can change"""
    customer = Customer(stack, "console-removal")
    ada = in_many_groups(customer)
    link = customer.app("POST", f"/tenants/{customer.tenant}/portal-links", {"role_id": "owner"}).expect(201)
    browser = Browser(stack, link.body["url"].partition("link=")[2])
    form_token = re.search(r'name="form_token" value="([^"]+)"', browser.get(f"/people/{ada}"))[1]
    browser.post(f"/people/{ada}/delete", form_token=form_token)
    scim_error(customer.idp("GET", f"/Users/{ada}"), 404)


CHECKS = [console, removal]
