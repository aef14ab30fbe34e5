// What an admin does with a session.
import assert from "node:assert/strict";
import { type Api, type Scim, arrived, ok } from "./client.js";

type LogIn = (name: string) => Promise<string>;

/** Drives what an admin does, in a tenant with one person. */
export async function administer(api: Api, scim: Scim, person: string, logIn: LogIn): Promise<void> {
  await connections(api);
  await settings(api);
  await groups(api, await scim.group("Engineers", person), person);
  await people(api, scim, person, logIn);
  await logs(api);
  await webhooks(api);
  await imports(api);
}

async function connections(api: Api): Promise<void> {
  const { id } = await ok(api.POST("/api/v1/scim/connections", { body: { name: "IdP", provider: "okta" } }));
  const at = { params: { path: { id } } };
  const list = await ok(api.GET("/api/v1/scim/connections", {}));
  assert(list.items.some((one) => one.id === id));
  const changed = await ok(api.PATCH("/api/v1/scim/connections/{id}", { ...at, body: { name: "Renamed" } }));
  assert.deepEqual(await ok(api.GET("/api/v1/scim/connections/{id}", at)), changed);
  const chosen = { params: { path: { id: "chosen" } } };
  await ok(api.PUT("/api/v1/scim/connections/{id}", { ...chosen, body: { name: "Chosen", provider: "entra" } }));
  await ok(api.DELETE("/api/v1/scim/connections/{id}", chosen));
  await ok(api.GET("/api/v1/scim/connections/{id}/quirks", at));
  assert.deepEqual((await ok(api.GET("/api/v1/scim/connections/{id}/held", at))).items, []);
  await ok(api.POST("/api/v1/scim/connections/{id}/held", { ...at, body: { decision: "apply" } }));
  assert.deepEqual((await ok(api.GET("/api/v1/scim/connections/{id}/observed", at))).items, []);
  const remedy = { params: { path: { id }, query: { remedy: "confirm" as const } } };
  await ok(api.GET("/api/v1/scim/connections/{id}/remedies", remedy));
  await ok(api.POST("/api/v1/scim/connections/{id}/remedies", { ...at, body: { remedy: "confirm" } }));
  await ok(api.GET("/api/v1/scim/connections/{id}/held", at));
  await ok(api.POST("/api/v1/scim/connections/{id}/held", { ...at, body: { decision: "discard" } }));
  const token = await ok(api.POST("/api/v1/scim/connections/{id}/tokens", { ...at, body: { label: "first" } }));
  assert.match(token.token ?? "", /^rcs_/);
  await ok(api.GET("/api/v1/scim/connections/{id}/tokens", at));
  const issued = { params: { path: { id: token.id } } };
  await ok(api.GET("/api/v1/scim/tokens/{id}", issued));
  await ok(api.DELETE("/api/v1/scim/tokens/{id}", issued));
}

async function settings(api: Api): Promise<void> {
  const before = await ok(api.GET("/api/v1/settings", {}));
  const limit = { per_minute: 600, burst: 60 };
  await ok(api.PATCH("/api/v1/settings", { body: { rate_limit: limit, session_minutes: 60 } }));
  // What is left out stays as it is, and null is a value of its own.
  const after = await ok(api.PATCH("/api/v1/settings", { body: { retention_days: 400, session_minutes: null } }));
  assert.deepEqual({ ...after }, { ...before, rate_limit: limit, retention_days: 400, session_minutes: null });
  // Only the application removes the limit.
  const refused = await api.PATCH("/api/v1/settings", { body: { rate_limit: null } });
  assert.equal(refused.response.status, 403);
  assert((await ok(api.PUT("/api/v1/settings", { body: {} }))).rate_limit);
}

async function groups(api: Api, id: string, person: string): Promise<void> {
  const at = { params: { path: { id } } };
  const attributes = { include: "attributes" };
  const list = await ok(api.GET("/api/v1/scim/groups", { params: { query: attributes } }));
  assert.equal(list.items.find((one) => one.id === id)?.attributes?.displayName, "Engineers");
  const whole = { params: { ...at.params, query: attributes } };
  assert.equal((await ok(api.GET("/api/v1/scim/groups/{id}", whole))).attributes?.displayName, "Engineers");
  await ok(api.PUT("/api/v1/scim/groups/{id}/role-mapping", { ...at, body: { role_id: "admin" } }));
  assert.equal((await ok(api.GET("/api/v1/scim/groups/{id}", at))).role_id, "admin");
  const members = await ok(api.GET("/api/v1/scim/groups/{id}/members", at));
  assert.deepEqual(members.items.map((one) => one.id), [person]);
  await arrived(() => api.GET("/api/v1/scim/groups/{id}/reconciliation", at));
  assert.equal((await ok(api.GET("/api/v1/scim/groups/role-mappings", {}))).items.length, 1);
  const named = { params: { query: { name: "Later" } } };
  await ok(api.PUT("/api/v1/scim/groups/role-mapping", { ...named, body: { role_ids: ["member"] } }));
  assert.deepEqual((await ok(api.GET("/api/v1/scim/groups/role-mapping", named))).role_ids, ["member"]);
  assert.equal((await ok(api.GET("/api/v1/scim/groups/role-mappings/awaited", {}))).items.length, 1);
  await ok(api.GET("/api/v1/scim/roles", {}));
}

async function people(api: Api, scim: Scim, id: string, logIn: LogIn): Promise<void> {
  const at = { params: { path: { id } } };
  const asked = { params: { query: { limit: 5, include: "groups" } } };
  assert((await ok(api.GET("/api/v1/users", asked))).items.length > 0);
  assert.equal((await ok(api.GET("/api/v1/users/{id}", at))).user_name, "ada@example.com");
  assert.equal((await ok(api.GET("/api/v1/picker", { params: { query: { text: "ada" } } }))).items.length, 1);
  await ok(api.PUT("/api/v1/users/{id}/role", { ...at, body: { role_ids: ["member", "viewer"] } }));
  assert((await ok(api.GET("/api/v1/users/{id}/role", at))).roles.includes("viewer"));
  await ok(api.PUT("/api/v1/users/{id}/role", { ...at, body: { role_id: null } }));
  await logIn("ada");
  const sessions = await ok(api.GET("/api/v1/users/{id}/sessions", at));
  const session = sessions.items[0]?.id ?? "";
  await ok(api.DELETE("/api/v1/users/{id}/sessions/{session}", { params: { path: { id, session } } }));
  await ok(api.POST("/api/v1/users/{id}/sessions/end", at));
  await ok(api.GET("/api/v1/users/{id}/identity", at));
  await ok(api.POST("/api/v1/users/{id}/block", at));
  await ok(api.POST("/api/v1/users/{id}/unblock", at));
  await ok(api.POST("/api/v1/users/{id}/bind-anew", at));
  await ok(api.POST("/api/v1/users/{id}/confirm", at));
  await ok(api.GET("/api/v1/users/{id}/export", at));
  await ok(api.DELETE("/api/v1/users/{id}", at));
  await ok(api.POST("/api/v1/users/{id}/restore", at));
  await ok(api.DELETE("/api/v1/users/{id}", at));
  await ok(api.POST("/api/v1/users/{id}/admit-as-new", at));
  const ghost = { params: { path: { id: await logIn("ghost") } } };
  await ok(api.POST("/api/v1/users/{id}/merge", { ...ghost, body: { into: await scim.user("grace") } }));
  const leaver = { params: { path: { id: await scim.user("leaver") } } };
  await ok(api.POST("/api/v1/users/{id}/erasure", leaver));
  await ok(api.GET("/api/v1/users/{id}/erasure", leaver));
}

async function logs(api: Api): Promise<void> {
  const first = await ok(api.GET("/api/v1/audit", { params: { query: { limit: 1 } } }));
  await ok(api.GET("/api/v1/audit", { params: { query: { limit: 1, after: first.next ?? "" } } }));
  await ok(api.GET("/api/v1/requests", {}));
  assert((await ok(api.GET("/api/v1/evidence/access-review", {}))).items.length > 0);
  assert((await ok(api.GET("/api/v1/evidence/offboarding", {}))).evidence.feed_sequence > 0);
  const [finding] = (await ok(api.GET("/api/v1/health", {}))).findings;
  const put = { params: { path: { id: finding!.id } } };
  assert.equal((await ok(api.POST("/api/v1/health/findings/{id}/snooze", { ...put, body: { reason: "known" } }))).state, "acknowledged");
  await ok(api.DELETE("/api/v1/health/findings/{id}/snooze", put));
  const access = await ok(api.GET("/api/v1/support-access", {}));
  for (const { id } of access.items) {
    await ok(api.DELETE("/api/v1/support-access/{id}", { params: { path: { id } } }));
  }
}

async function webhooks(api: Api): Promise<void> {
  // Nobody listens there.
  const made = await ok(api.POST("/api/v1/webhooks", { body: { name: "SIEM", url: "http://127.0.0.1:9/" } }));
  assert.match(made.secret ?? "", /^whsec_/);
  const at = { params: { path: { id: made.id } } };
  await ok(api.GET("/api/v1/webhooks", {}));
  const chosen = { params: { path: { id: "chosen" } } };
  await ok(api.PUT("/api/v1/webhooks/{id}", { ...chosen, body: { name: "Chosen", url: "http://127.0.0.1:9/" } }));
  await ok(api.DELETE("/api/v1/webhooks/{id}", chosen));
  assert.equal((await ok(api.POST("/api/v1/webhooks/{id}/pause", at))).state, "paused");
  await ok(api.GET("/api/v1/webhooks/{id}", at));
  await ok(api.PATCH("/api/v1/webhooks/{id}", { ...at, body: { types: ["user.created"] } }));
  await ok(api.POST("/api/v1/webhooks/{id}/secret", at));
  await ok(api.POST("/api/v1/webhooks/{id}/replay", { ...at, body: { after: "0" } }));
  await ok(api.POST("/api/v1/webhooks/{id}/resume", at));
  await ok(api.POST("/api/v1/webhooks/{id}/test", at));
  await ok(api.GET("/api/v1/webhooks/{id}/deliveries", at));
  await ok(api.DELETE("/api/v1/webhooks/{id}", at));
}

/** An import of two people, and a report that has met one of them. */
async function imports(api: Api): Promise<void> {
  for (const [id, mode, names] of [["first", "import", ["barbara", "mary"]], ["second", "report", ["barbara"]]] as const) {
    const at = { params: { path: { id } } };
    await ok(api.PUT("/api/v1/imports/{id}", { ...at, body: { mode } }));
    const part = { params: { path: { id, number: 1 } } };
    const body = names.map((name) => JSON.stringify({ user_name: `${name}@example.com` })).join("\n");
    // The client would send text as JSON.
    const sent = { headers: { "Content-Type": "application/octet-stream" }, bodySerializer: (rows: string) => rows };
    const done = await ok(api.PUT("/api/v1/imports/{id}/parts/{number}", { ...part, ...sent, body }));
    assert.equal(done.counts.rows, names.length);
    const read = await ok(api.GET("/api/v1/imports/{id}/parts/{number}", part));
    assert.deepEqual(read.counts, done.counts);
    assert.equal((await ok(api.GET("/api/v1/imports/{id}", at))).next_part, 2);
  }
  const second = { params: { path: { id: "second" } } };
  const left = (await ok(api.GET("/api/v1/imports/{id}/unmatched", second))).items.map((person) => person.user_name);
  assert(left.includes("mary@example.com") && !left.includes("barbara@example.com"));
}
