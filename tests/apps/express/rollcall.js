// Rollcall from the application's side: the calls of its API, and what the application remembers in SQLite.
import { createHash } from "node:crypto";
import Database from "libsql";

const env = process.env;
// One customer. An application with many finds the tenant and the connection by the domain or the path of the sign-in page.
export const TENANT = env.ROLLCALL_TENANT;

export const db = new Database(env.DATABASE, { timeout: 10_000 });
db.exec(`
  PRAGMA journal_mode = WAL;
  -- How far the event feed is handled, in the same database as the effects: one transaction commits both.
  CREATE TABLE IF NOT EXISTS feed (tenant TEXT PRIMARY KEY, after TEXT NOT NULL);
  -- Effects of events: a log, which shows each event that is handled twice because it has no unique index; and people.
  CREATE TABLE IF NOT EXISTS activity (sequence INTEGER NOT NULL, type TEXT NOT NULL, whom TEXT, at TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS people (id TEXT PRIMARY KEY, name TEXT, last_event TEXT);
  -- Webhook deliveries that were received, by webhook-id: the same one can arrive again.
  CREATE TABLE IF NOT EXISTS deliveries (id TEXT PRIMARY KEY, type TEXT NOT NULL, whom TEXT, received_at REAL NOT NULL);
  -- Introspections to remember for cache_seconds; generation counts what has made some of them invalid.
  CREATE TABLE IF NOT EXISTS checks (token TEXT PRIMARY KEY, person TEXT, answer TEXT NOT NULL, until REAL NOT NULL);
  CREATE TABLE IF NOT EXISTS generation (only INTEGER PRIMARY KEY CHECK (only = 1), value INTEGER NOT NULL);
  INSERT OR IGNORE INTO generation VALUES (1, 0);
`);

/** Runs a function in a transaction. IMMEDIATE, because one that reads first would fail beside another writer. */
export const transaction = (work) => db.transaction(work).immediate();

/** Calls the API. The key needs the scopes `sign_in`, `introspect`, `events`, `directory`, no more. */
export async function call(method, path, body, credential = env.ROLLCALL_KEY) {
  const headers = { authorization: `Bearer ${credential}`, "content-type": "application/json" };
  const signal = AbortSignal.timeout(10_000);
  const response = await fetch(env.ROLLCALL_URL + path, { method, headers, signal, body: body && JSON.stringify(body) });
  return { status: response.status, body: response.status === 204 ? null : await response.json() };
}

/** Calls the API where only success is expected. */
export async function ask(method, path, body) {
  const response = await call(method, path, body);
  if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${response.body.detail}`);
  return response.body;
}

/** Says who has signed in, by the verified claims of the ID token. The response may be a refusal. */
export function signIn({ sub, preferred_username, email, email_verified, groups }) {
  // Okta pushes `sub` as `externalId`. What to pass for other providers is in infra/signing-in.md. JSON leaves out what the
  // provider does not say; an empty list of groups would say that there are none. A person without a name is found by `sub`.
  const who = { subject: sub, external_id: sub, user_name: preferred_username ?? sub, email, email_verified, groups };
  return call("POST", `/tenants/${TENANT}/sso/logins`, { connection: env.ROLLCALL_CONNECTION, ...who });
}

/** What the database knows a session by, so that nobody can sign in with what is in it. */
const digest = (token) => createHash("sha256").update(token).digest("hex");
const generation = () => db.prepare("SELECT value FROM generation").get().value;

/** Returns what a session allows now, or null if it has ended. If Rollcall cannot be asked, nobody gets in. */
export async function check(token) {
  const hashed = digest(token);
  const found = db.prepare("SELECT answer FROM checks WHERE token = ? AND until > ?").get(hashed, Date.now());
  if (found) return JSON.parse(found.answer);
  const before = generation();
  const answer = await ask("POST", "/sessions/introspect", { token });
  // A session of another customer is none here.
  if (!answer.active || answer.tenant !== TENANT) return null;
  if (answer.cache_seconds) {
    const until = Math.min(Date.parse(answer.expires_at), Date.now() + answer.cache_seconds * 1000);
    const row = [hashed, answer.user?.id ?? null, JSON.stringify(answer), until];
    transaction(() => {
      // An event that has arrived since may be younger than the answer: then, ask again next time.
      if (generation() === before) db.prepare("INSERT OR REPLACE INTO checks VALUES (?, ?, ?, ?)").run(...row);
    });
  }
  return answer;
}

/** Ends a session, here and in Rollcall. Its own token is the credential. */
export async function signOut(token) {
  const { status } = await call("DELETE", "/sessions/current", undefined, token);
  if (status >= 300 && status !== 401) throw new Error(`sign-out: ${status}`); // 401: it has ended before
  db.prepare("DELETE FROM checks WHERE token = ?").run(digest(token));
}

/** Forgets the introspections that an event may have changed: of the person, or all if it is about something else. */
export function forget({ subject }) {
  db.prepare("UPDATE generation SET value = value + 1").run();
  if (subject?.type === "user") db.prepare("DELETE FROM checks WHERE person = ?").run(subject.id);
  else db.prepare("DELETE FROM checks").run();
}
