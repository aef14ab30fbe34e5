// Drives every operation of the API with the TypeScript client of `openapi-typescript` and `openapi-fetch`.
//
// usage: node round_trip.js WORK   WORK: a folder with `local.json` and `openapi.json`
//
// Prints the ids of the operations that succeeded, and the statuses of the refusals, as JSON.
import assert from "node:assert/strict";
import { type Api, Scim, client, driven, local, ok, problem, refused } from "./client.js";
import * as bySession from "./session.js";
import * as byTenant from "./tenant.js";

async function main(): Promise<void> {
  const key = client(local.service_key);
  const [acme, globex] = local.tenants;
  assert(acme && globex);
  const session = await signedIn(key, acme.id);
  await bySession.administer(session, ...(await prepared(key, acme)));
  await byTenant.administer(key, globex.id, ...(await prepared(key, globex)));
  await tenants(key);
  await stack(key);
  await refusals(key, session);
  assert.equal((await ok(session.GET("/api/v1/sessions/current", {}))).tenant, acme.id);
  await ok(session.DELETE("/api/v1/sessions/current", {}));
  await ok(key.GET("/api/v1/openapi.json", {}));
  console.log(JSON.stringify({ driven: [...driven].sort(), refused: [...refused].sort() }));
}

/** Signs in an owner. */
async function signedIn(key: Api, tenant: string): Promise<Api> {
  const at = { params: { path: { tenant } } };
  const body = { user_name: "root@example.com" };
  const { user, session } = await ok(key.POST("/api/v1/tenants/{tenant}/sso/logins", { ...at, body }));
  const person = { params: { path: { tenant, id: user.id } } };
  await ok(key.PUT("/api/v1/tenants/{tenant}/users/{id}/role", { ...person, body: { role_id: "owner" } }));
  const seen = await ok(key.POST("/api/v1/sessions/introspect", { body: { token: session.token } }));
  assert(seen.active && seen.tenant === tenant && seen.role === "owner");
  return client(session.token);
}

/** Grants support access to a tenant, and returns how people come into it, one of them already in. */
async function prepared(key: Api, tenant: (typeof local.tenants)[number]) {
  const at = { params: { path: { tenant: tenant.id } } };
  const asked = { operator: "sue@vendor.example", reason: "case 7", role_id: "admin" };
  await ok(key.POST("/api/v1/tenants/{tenant}/support-access", { ...at, body: asked }));
  const scim = new Scim(tenant);
  const logIn = async (name: string): Promise<string> => {
    const body = { user_name: `${name}@example.com` };
    return (await ok(key.POST("/api/v1/tenants/{tenant}/sso/logins", { ...at, body }))).user.id;
  };
  return [scim, await scim.user("ada"), logIn] as const;
}

async function tenants(key: Api): Promise<void> {
  const settings = { retention_days: 30 };
  const created = await ok(key.POST("/api/v1/tenants", { body: { id: "initech", display_name: "Initech", settings } }));
  assert(created.settings.retention_days === 30 && created.settings.rate_limit);
  assert((await ok(key.GET("/api/v1/tenants", {}))).items.some((tenant) => tenant.id === "initech"));
  const initech = { params: { path: { tenant: "initech" } } };
  const ceilings = { people: 1000, tokens: null };
  const limited = await ok(key.PATCH("/api/v1/tenants/{tenant}", { ...initech, body: { ceilings } }));
  const renamed = await ok(key.PATCH("/api/v1/tenants/{tenant}", { ...initech, body: { display_name: "Initech Inc." } }));
  assert.deepEqual(renamed, { ...limited, display_name: "Initech Inc." });
  assert.deepEqual(await ok(key.GET("/api/v1/tenants/{tenant}", initech)), renamed);
  const tenant = "hooli";
  const at = { params: { path: { tenant } } };
  await ok(key.PUT("/api/v1/tenants/{tenant}", { ...at, body: { display_name: "Hooli" } }));
  const { id } = await ok(key.POST("/api/v1/tenants/{tenant}/connections", { ...at, body: { name: "IdP", provider: "other" } }));
  const connection = { params: { path: { tenant, id } } };
  await ok(key.POST("/api/v1/tenants/{tenant}/connections/{id}/bindings", { ...connection, body: { bindings: [] } }));
  const link = await ok(key.POST("/api/v1/tenants/{tenant}/portal-links", { ...at, body: { role_id: "admin" } }));
  assert.match(link.url ?? "", /^http/);
  for (const { id } of (await ok(key.GET("/api/v1/tenants/{tenant}/portal-links", at))).items) {
    await ok(key.DELETE("/api/v1/tenants/{tenant}/portal-links/{id}", { params: { path: { tenant, id } } }));
  }
  await ok(key.GET("/api/v1/tenants/{tenant}/export", at));
  await feed(key, tenant);
  await ok(key.DELETE("/api/v1/tenants/{tenant}", initech));
  await ok(key.POST("/api/v1/tenants/{tenant}/erasure", initech));
  await ok(key.GET("/api/v1/tenants/{tenant}/erasure", initech));
}

/** The cursor of a page, and of a snapshot, is what the next request takes. */
async function feed(key: Api, tenant: string): Promise<void> {
  const path = { tenant };
  const snapshot = await ok(key.GET("/api/v1/tenants/{tenant}/directory", { params: { path } }));
  assert(snapshot.items.some((item) => item.type === "role" && item.rank > 0));
  const types = ["connection.created", "tenant.created"];
  const query = { after: "0", types };
  const page = await ok(key.GET("/api/v1/tenants/{tenant}/events", { params: { path, query } }));
  assert.deepEqual(page.items.map((event) => event.type).sort(), types);
  for (const after of [page.next, snapshot.events_after]) {
    const next = await ok(key.GET("/api/v1/tenants/{tenant}/events", { params: { path, query: { after } } }));
    assert.equal(next.head, page.head);
  }
  const verified = await ok(key.GET("/api/v1/tenants/{tenant}/events/verification", { params: { path } }));
  assert.deepEqual(verified.faults, []);
}

async function stack(key: Api): Promise<void> {
  const everywhere = { params: { path: { id: "everywhere" } } };
  await ok(key.PUT("/api/v1/webhooks/{id}", { ...everywhere, body: { name: "All", url: "http://127.0.0.1:9/" } }));
  assert.deepEqual((await ok(key.GET("/api/v1/webhooks/{id}/paused-tenants", everywhere))).items, []);
  const changes = await ok(key.GET("/api/v1/webhooks/{id}/changes", everywhere));
  assert.deepEqual(changes.items.map((one) => one.type), ["stack_webhook.created"]);
  await ok(key.DELETE("/api/v1/webhooks/{id}", everywhere));
  const { id } = await ok(key.POST("/api/v1/service-keys", { body: { label: "reader", scopes: ["events"] } }));
  const at = { params: { path: { id } } };
  await ok(key.GET("/api/v1/service-keys", {}));
  await ok(key.GET("/api/v1/service-keys/{id}", at));
  await ok(key.DELETE("/api/v1/service-keys/{id}", at));
  await ok(key.GET("/api/v1/service-keys/history", {}));
  const tenant = "hooli";
  const roles = await ok(key.GET("/api/v1/roles", {}));
  const auditor = { id: "auditor", name: "Auditor", rank: 15, permissions: ["logs:read"] };
  const body = { items: [...roles.items, auditor] };
  await ok(key.PUT("/api/v1/roles", { body }));
  await ok(key.PUT("/api/v1/tenants/{tenant}/roles", { params: { path: { tenant } }, body }));
  const branding = { product_name: "Plumbline", accent: "#5b21b6" };
  await ok(key.PUT("/api/v1/branding", { body: branding }));
  await ok(key.GET("/api/v1/branding", {}));
  await ok(key.PUT("/api/v1/tenants/{tenant}/branding", { params: { path: { tenant } }, body: branding }));
  await ok(key.GET("/api/v1/tenants/{tenant}/branding", { params: { path: { tenant } } }));
  const badges = { name: "Badges", attributes: [{ name: "badge", type: "string" as const }] };
  const urn = "urn:example:scim:badges:2.0:User";
  const declared = { params: { path: { urn } } };
  await ok(key.PUT("/api/v1/schemas/{urn}", { ...declared, body: badges }));
  await ok(key.GET("/api/v1/schemas/{urn}", declared));
  await ok(key.GET("/api/v1/schemas", {}));
  await ok(key.DELETE("/api/v1/schemas/{urn}", declared));
  const own = { params: { path: { tenant, urn: "urn:example:scim:own:2.0:User" } } };
  await ok(key.PUT("/api/v1/tenants/{tenant}/schemas/{urn}", { ...own, body: badges }));
  await ok(key.GET("/api/v1/tenants/{tenant}/schemas/{urn}", own));
  await ok(key.GET("/api/v1/tenants/{tenant}/schemas", { params: { path: { tenant } } }));
  await ok(key.DELETE("/api/v1/tenants/{tenant}/schemas/{urn}", own));
}

/** Each kind of refusal is declared, and its type leads to a page. */
async function refusals(key: Api, session: Api): Promise<void> {
  const path = { tenant: "hooli" };
  await problem(400, key.GET("/api/v1/tenants", { params: { query: { limit: 0 } } }));
  await problem(401, client("nonsense").GET("/api/v1/settings", {}));
  await problem(403, session.GET("/api/v1/tenants", {}));
  const nobody = { params: { path: { tenant: "nobody" } } };
  const missing = await problem(404, key.GET("/api/v1/tenants/{tenant}", nobody));
  await problem(409, key.POST("/api/v1/tenants", { body: { id: "hooli", display_name: "Hooli" } }));
  const ahead = { params: { path, query: { after: "99999999" } } };
  const gone = await problem(410, key.GET("/api/v1/tenants/{tenant}/events", ahead));
  const there = { params: { path, query: { after: gone.next ?? "" } } };
  await ok(key.GET("/api/v1/tenants/{tenant}/events", there));
  await problem(413, key.POST("/api/v1/tenants", { body: { id: "large", display_name: "x".repeat(1 << 20) } }));
  const once = { params: { path, header: { "Idempotency-Key": "once" } } };
  const create = (name: string) =>
    key.POST("/api/v1/tenants/{tenant}/connections", { ...once, body: { name, provider: "okta" } });
  assert.equal((await ok(create("A"))).id, (await ok(create("A"))).id);
  await problem(422, create("B"));
  const kinds = await ok(key.GET("/api/v1/problems", {}));
  const kind = kinds.items.find((one) => one.type === missing.type);
  assert(kind);
  const named = { params: { path: { name: kind.name } } };
  assert.deepEqual(await ok(key.GET("/api/v1/problems/{name}", named)), kind);
  const page = await fetch(missing.type, { headers: { Accept: "text/html" } });
  assert.match(await page.text(), /<h1>not-found<\/h1>/);
}

await main();
