// What an admin does, by a service key: the same as in `session.ts`, by the other door.
import assert from "node:assert/strict";
import { type Api, type Scim, arrived, ok } from "./client.js";

type LogIn = (name: string) => Promise<string>;

/** Drives what an admin does, in a tenant with one person. */
export async function administer(api: Api, tenant: string, scim: Scim, person: string, logIn: LogIn): Promise<void> {
  await connections(api, tenant);
  await settings(api, tenant);
  await groups(api, tenant, await scim.group("Engineers", person), person);
  await people(api, tenant, scim, person, logIn);
  await logs(api, tenant);
  await webhooks(api, tenant);
  await imports(api, tenant);
}

async function connections(api: Api, tenant: string): Promise<void> {
  const here = { params: { path: { tenant } } };
  const { id } = await ok(api.POST("/api/v1/tenants/{tenant}/connections", { ...here, body: { name: "IdP", provider: "okta" } }));
  const at = { params: { path: { tenant, id } } };
  const list = await ok(api.GET("/api/v1/tenants/{tenant}/connections", here));
  assert(list.items.some((one) => one.id === id));
  const changed = await ok(api.PATCH("/api/v1/tenants/{tenant}/connections/{id}", { ...at, body: { name: "Renamed" } }));
  assert.deepEqual(await ok(api.GET("/api/v1/tenants/{tenant}/connections/{id}", at)), changed);
  const chosen = { params: { path: { tenant, id: "chosen" } } };
  await ok(api.PUT("/api/v1/tenants/{tenant}/connections/{id}", { ...chosen, body: { name: "Chosen", provider: "entra" } }));
  await ok(api.DELETE("/api/v1/tenants/{tenant}/connections/{id}", chosen));
  await ok(api.GET("/api/v1/tenants/{tenant}/connections/{id}/quirks", at));
  assert.deepEqual((await ok(api.GET("/api/v1/tenants/{tenant}/connections/{id}/held", at))).items, []);
  await ok(api.POST("/api/v1/tenants/{tenant}/connections/{id}/held", { ...at, body: { decision: "apply" } }));
  assert.deepEqual((await ok(api.GET("/api/v1/tenants/{tenant}/connections/{id}/observed", at))).items, []);
  const remedy = { params: { path: { tenant, id }, query: { remedy: "confirm" as const } } };
  await ok(api.GET("/api/v1/tenants/{tenant}/connections/{id}/remedies", remedy));
  await ok(api.POST("/api/v1/tenants/{tenant}/connections/{id}/remedies", { ...at, body: { remedy: "confirm" } }));
  await ok(api.GET("/api/v1/tenants/{tenant}/connections/{id}/held", at));
  await ok(api.POST("/api/v1/tenants/{tenant}/connections/{id}/held", { ...at, body: { decision: "discard" } }));
  const token = await ok(api.POST("/api/v1/tenants/{tenant}/connections/{id}/tokens", { ...at, body: { label: "first" } }));
  assert.match(token.token ?? "", /^rcs_/);
  await ok(api.GET("/api/v1/tenants/{tenant}/connections/{id}/tokens", at));
  const issued = { params: { path: { tenant, id: token.id } } };
  await ok(api.GET("/api/v1/tenants/{tenant}/tokens/{id}", issued));
  await ok(api.DELETE("/api/v1/tenants/{tenant}/tokens/{id}", issued));
}

async function settings(api: Api, tenant: string): Promise<void> {
  const here = { params: { path: { tenant } } };
  const before = await ok(api.GET("/api/v1/tenants/{tenant}/settings", here));
  const limit = { per_minute: 600, burst: 60 };
  await ok(api.PATCH("/api/v1/tenants/{tenant}/settings", { ...here, body: { rate_limit: limit, session_minutes: 60 } }));
  // What is left out stays as it is, and null is a value of its own.
  const after = await ok(api.PATCH("/api/v1/tenants/{tenant}/settings", { ...here, body: { retention_days: 400, session_minutes: null } }));
  assert.deepEqual({ ...after }, { ...before, rate_limit: limit, retention_days: 400, session_minutes: null });
  assert.equal((await ok(api.PATCH("/api/v1/tenants/{tenant}/settings", { ...here, body: { rate_limit: null } }))).rate_limit, null);
  assert((await ok(api.PUT("/api/v1/tenants/{tenant}/settings", { ...here, body: {} }))).rate_limit);
}

async function groups(api: Api, tenant: string, id: string, person: string): Promise<void> {
  const here = { params: { path: { tenant } } };
  const at = { params: { path: { tenant, id } } };
  const attributes = { include: "attributes" };
  const asked = { params: { ...here.params, query: attributes } };
  const list = await ok(api.GET("/api/v1/tenants/{tenant}/groups", asked));
  assert.equal(list.items.find((one) => one.id === id)?.attributes?.displayName, "Engineers");
  const whole = { params: { ...at.params, query: attributes } };
  assert.equal((await ok(api.GET("/api/v1/tenants/{tenant}/groups/{id}", whole))).attributes?.displayName, "Engineers");
  await ok(api.PUT("/api/v1/tenants/{tenant}/groups/{id}/role-mapping", { ...at, body: { role_id: "admin" } }));
  assert.equal((await ok(api.GET("/api/v1/tenants/{tenant}/groups/{id}", at))).role_id, "admin");
  const members = await ok(api.GET("/api/v1/tenants/{tenant}/groups/{id}/members", at));
  assert.deepEqual(members.items.map((one) => one.id), [person]);
  await arrived(() => api.GET("/api/v1/tenants/{tenant}/groups/{id}/reconciliation", at));
  assert.equal((await ok(api.GET("/api/v1/tenants/{tenant}/groups/role-mappings", here))).items.length, 1);
  const named = { params: { path: { tenant }, query: { name: "Later" } } };
  await ok(api.PUT("/api/v1/tenants/{tenant}/groups/role-mapping", { ...named, body: { role_ids: ["member"] } }));
  assert.deepEqual((await ok(api.GET("/api/v1/tenants/{tenant}/groups/role-mapping", named))).role_ids, ["member"]);
  assert.equal((await ok(api.GET("/api/v1/tenants/{tenant}/groups/role-mappings/awaited", here))).items.length, 1);
  await ok(api.GET("/api/v1/tenants/{tenant}/roles", here));
}

async function people(api: Api, tenant: string, scim: Scim, id: string, logIn: LogIn): Promise<void> {
  const at = { params: { path: { tenant, id } } };
  const asked = { params: { path: { tenant }, query: { limit: 5, include: "groups" } } };
  assert((await ok(api.GET("/api/v1/tenants/{tenant}/users", asked))).items.length > 0);
  assert.equal((await ok(api.GET("/api/v1/tenants/{tenant}/users/{id}", at))).user_name, "ada@example.com");
  const text = { params: { path: { tenant }, query: { text: "ada" } } };
  assert.equal((await ok(api.GET("/api/v1/tenants/{tenant}/picker", text))).items.length, 1);
  await ok(api.PUT("/api/v1/tenants/{tenant}/users/{id}/role", { ...at, body: { role_ids: ["member", "viewer"] } }));
  assert((await ok(api.GET("/api/v1/tenants/{tenant}/users/{id}/role", at))).roles.includes("viewer"));
  await ok(api.PUT("/api/v1/tenants/{tenant}/users/{id}/role", { ...at, body: { role_id: null } }));
  await logIn("ada");
  const sessions = await ok(api.GET("/api/v1/tenants/{tenant}/users/{id}/sessions", at));
  const session = sessions.items[0]?.id ?? "";
  await ok(api.DELETE("/api/v1/tenants/{tenant}/users/{id}/sessions/{session}", { params: { path: { tenant, id, session } } }));
  await ok(api.POST("/api/v1/tenants/{tenant}/users/{id}/sessions/end", at));
  await ok(api.GET("/api/v1/tenants/{tenant}/users/{id}/identity", at));
  await ok(api.POST("/api/v1/tenants/{tenant}/users/{id}/block", at));
  await ok(api.POST("/api/v1/tenants/{tenant}/users/{id}/unblock", at));
  await ok(api.POST("/api/v1/tenants/{tenant}/users/{id}/bind-anew", at));
  await ok(api.POST("/api/v1/tenants/{tenant}/users/{id}/confirm", at));
  await ok(api.GET("/api/v1/tenants/{tenant}/users/{id}/export", at));
  await ok(api.DELETE("/api/v1/tenants/{tenant}/users/{id}", at));
  await ok(api.POST("/api/v1/tenants/{tenant}/users/{id}/restore", at));
  await ok(api.DELETE("/api/v1/tenants/{tenant}/users/{id}", at));
  await ok(api.POST("/api/v1/tenants/{tenant}/users/{id}/admit-as-new", at));
  const ghost = { params: { path: { tenant, id: await logIn("ghost") } } };
  await ok(api.POST("/api/v1/tenants/{tenant}/users/{id}/merge", { ...ghost, body: { into: await scim.user("grace") } }));
  const leaver = { params: { path: { tenant, id: await scim.user("leaver") } } };
  await ok(api.POST("/api/v1/tenants/{tenant}/users/{id}/erasure", leaver));
  await ok(api.GET("/api/v1/tenants/{tenant}/users/{id}/erasure", leaver));
}

async function logs(api: Api, tenant: string): Promise<void> {
  const here = { params: { path: { tenant } } };
  const first = await ok(api.GET("/api/v1/tenants/{tenant}/audit", { params: { path: { tenant }, query: { limit: 1 } } }));
  await ok(api.GET("/api/v1/tenants/{tenant}/audit", { params: { path: { tenant }, query: { limit: 1, after: first.next ?? "" } } }));
  await ok(api.GET("/api/v1/tenants/{tenant}/requests", here));
  assert((await ok(api.GET("/api/v1/tenants/{tenant}/evidence/access-review", here))).items.length > 0);
  assert((await ok(api.GET("/api/v1/tenants/{tenant}/evidence/offboarding", here))).evidence.feed_sequence > 0);
  const [finding] = (await ok(api.GET("/api/v1/tenants/{tenant}/health", here))).findings;
  const put = { params: { path: { tenant, id: finding!.id } } };
  const known = { ...put, body: { reason: "known" } };
  assert.equal((await ok(api.POST("/api/v1/tenants/{tenant}/health/findings/{id}/snooze", known))).state, "acknowledged");
  await ok(api.DELETE("/api/v1/tenants/{tenant}/health/findings/{id}/snooze", put));
  const access = await ok(api.GET("/api/v1/tenants/{tenant}/support-access", here));
  for (const { id } of access.items) {
    await ok(api.DELETE("/api/v1/tenants/{tenant}/support-access/{id}", { params: { path: { tenant, id } } }));
  }
}

async function webhooks(api: Api, tenant: string): Promise<void> {
  const here = { params: { path: { tenant } } };
  // Nobody listens there.
  const made = await ok(api.POST("/api/v1/tenants/{tenant}/webhooks", { ...here, body: { name: "SIEM", url: "http://127.0.0.1:9/" } }));
  assert.match(made.secret ?? "", /^whsec_/);
  const at = { params: { path: { tenant, id: made.id } } };
  await ok(api.GET("/api/v1/tenants/{tenant}/webhooks", here));
  const chosen = { params: { path: { tenant, id: "chosen" } } };
  await ok(api.PUT("/api/v1/tenants/{tenant}/webhooks/{id}", { ...chosen, body: { name: "Chosen", url: "http://127.0.0.1:9/" } }));
  await ok(api.DELETE("/api/v1/tenants/{tenant}/webhooks/{id}", chosen));
  assert.equal((await ok(api.POST("/api/v1/tenants/{tenant}/webhooks/{id}/pause", at))).state, "paused");
  await ok(api.GET("/api/v1/tenants/{tenant}/webhooks/{id}", at));
  await ok(api.PATCH("/api/v1/tenants/{tenant}/webhooks/{id}", { ...at, body: { types: ["user.created"] } }));
  await ok(api.POST("/api/v1/tenants/{tenant}/webhooks/{id}/secret", at));
  await ok(api.POST("/api/v1/tenants/{tenant}/webhooks/{id}/replay", { ...at, body: { after: "0" } }));
  await ok(api.POST("/api/v1/tenants/{tenant}/webhooks/{id}/resume", at));
  await ok(api.POST("/api/v1/tenants/{tenant}/webhooks/{id}/test", at));
  await ok(api.GET("/api/v1/tenants/{tenant}/webhooks/{id}/deliveries", at));
  await ok(api.DELETE("/api/v1/tenants/{tenant}/webhooks/{id}", at));
}

/** An import of two people, and a report that has met one of them. */
async function imports(api: Api, tenant: string): Promise<void> {
  for (const [id, mode, names] of [["first", "import", ["barbara", "mary"]], ["second", "report", ["barbara"]]] as const) {
    const at = { params: { path: { tenant, id } } };
    await ok(api.PUT("/api/v1/tenants/{tenant}/imports/{id}", { ...at, body: { mode } }));
    const part = { params: { path: { tenant, id, number: 1 } } };
    const body = names.map((name) => JSON.stringify({ user_name: `${name}@example.com` })).join("\n");
    // The client would send text as JSON.
    const sent = { headers: { "Content-Type": "application/octet-stream" }, bodySerializer: (rows: string) => rows };
    const done = await ok(api.PUT("/api/v1/tenants/{tenant}/imports/{id}/parts/{number}", { ...part, ...sent, body }));
    assert.equal(done.counts.rows, names.length);
    const read = await ok(api.GET("/api/v1/tenants/{tenant}/imports/{id}/parts/{number}", part));
    assert.deepEqual(read.counts, done.counts);
    assert.equal((await ok(api.GET("/api/v1/tenants/{tenant}/imports/{id}", at))).next_part, 2);
  }
  const second = { params: { path: { tenant, id: "second" } } };
  const left = (await ok(api.GET("/api/v1/tenants/{tenant}/imports/{id}/unmatched", second))).items.map((person) => person.user_name);
  assert(left.includes("mary@example.com") && !left.includes("barbara@example.com"));
}
