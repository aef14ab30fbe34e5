"""The console, as a browser has it: opened by a portal link, page by page, and one change."""
import re, urllib.parse

from story import Customer

FORM = "application/x-www-form-urlencoded"


class Browser:
    """Somebody with a cookie."""

    def __init__(self, stack, link):
        self.stack, self.cookie = stack, None
        self.cookie = self.post("/open", link=link).headers["set-cookie"].split(";")[0]

    def get(self, path):
        page = self.stack.call("GET", f"/console{path}", headers={"Cookie": self.cookie})
        # by 286 a part of a page says that it will not change any more
        page.expect(286 if page.status == 286 else 200)
        assert page.headers["content-type"].startswith("text/html"), page.headers
        assert "default-src 'none'" in page.headers["content-security-policy"], page.headers
        return page.text

    def post(self, path, **form):
        headers = {"Content-Type": FORM, "Origin": f"http://{self.stack.host}", **({"Cookie": self.cookie} if self.cookie else {})}
        return self.stack.call("POST", f"/console{path}", text=urllib.parse.urlencode(form), headers=headers).expect(303)


def console(stack, _):
    """an admin opens the console by a link, sees every page, maps a group to a role and revokes a token there"""
    customer = Customer(stack, "console")
    ada = customer.push("ada")
    group = customer.push_group("Engineers", ada)
    link = customer.app("POST", f"/tenants/{customer.tenant}/portal-links", {"role_id": "owner"}).expect(201).body["url"]
    assert link.startswith(f"{stack.base}/console/open?link="), link
    browser = Browser(stack, link.partition("link=")[2])
    own, mapped = f"/connections/{customer.connection}", f"/groups/{group}"
    for path in ["", own, f"{own}/checklist", "/tokens", "/groups", mapped, f"{mapped}/members", "/people", f"/people/{ada}",
                 "/activity", "/activity/chart", "/activity/audit", "/health", "/settings"]:
        browser.get(path)
    preview = browser.get(f"{mapped}?role=viewer")
    form_token = re.search(r'name="form_token" value="([^"]+)"', preview)[1]
    browser.post(f"{mapped}/role", form_token=form_token, role="viewer", **{"from": "none"})
    assert customer.admin("GET", f"/users/{ada}/role").expect(200).body["effective"] == "viewer"
    browser.post(f"/tokens/{customer.token_id}/revoke", form_token=form_token)
    customer.idp("GET", "/Users").expect(401)
    stack.call("GET", "/console").expect(401)


CHECKS = [console]
