"""Rollcall from the application's side: the calls of its API, and what the application remembers in SQLite."""
import contextlib, datetime, hashlib, json, os, sqlite3, time

import httpx2

# One customer. An application with many finds the tenant and the connection by the domain or the path of the sign-in page.
TENANT, CONNECTION = os.environ["ROLLCALL_TENANT"], os.environ["ROLLCALL_CONNECTION"]
# The key needs the scopes `sign_in`, `introspect`, `events`, `directory`, no more.
api = httpx2.Client(
    base_url=os.environ["ROLLCALL_URL"], headers={"Authorization": f"Bearer {os.environ['ROLLCALL_KEY']}"}, timeout=10
)

SCHEMA = """
PRAGMA journal_mode = WAL;
-- How far the event feed is handled, in the same database as the effects: one transaction commits both.
CREATE TABLE IF NOT EXISTS feed (tenant TEXT PRIMARY KEY, after TEXT NOT NULL);
-- Effects of events: a log, which shows each event that is handled twice because it has no unique index; and people.
CREATE TABLE IF NOT EXISTS activity (sequence INTEGER NOT NULL, type TEXT NOT NULL, whom TEXT, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS people (id TEXT PRIMARY KEY, name TEXT, last_event TEXT);
-- Webhook deliveries that were received, by `webhook-id`: the same one can arrive again.
CREATE TABLE IF NOT EXISTS deliveries (id TEXT PRIMARY KEY, type TEXT NOT NULL, whom TEXT, received_at REAL NOT NULL);
-- Introspections to remember for `cache_seconds`; `generation` counts what has made some of them invalid.
CREATE TABLE IF NOT EXISTS checks (token TEXT PRIMARY KEY, person TEXT, answer TEXT NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS generation (only INTEGER PRIMARY KEY CHECK (only = 1), value INTEGER NOT NULL);
INSERT OR IGNORE INTO generation VALUES (1, 0);
"""


@contextlib.contextmanager
def transaction():
    """A transaction that commits at the end of the block, or not at all."""
    db = sqlite3.connect(os.environ["DATABASE"], timeout=10, isolation_level=None)
    try:
        # IMMEDIATE, because a transaction that reads first and writes later would fail beside another writer.
        db.execute("BEGIN IMMEDIATE")
        yield db
        db.execute("COMMIT")
    finally:
        db.close()


def prepare():
    with contextlib.closing(sqlite3.connect(os.environ["DATABASE"], timeout=10)) as db:
        db.executescript(SCHEMA)


def sign_in(claims):
    """Says who has signed in, by the verified claims of the ID token. Returns the response, which may be a refusal."""
    login = {
        "connection": CONNECTION,
        "subject": claims["sub"],
        # Okta pushes `sub` as `externalId`. What to pass for other providers is in infra/signing-in.md.
        "external_id": claims["sub"],
        # A person without a name is found by `sub`.
        "user_name": claims.get("preferred_username", claims["sub"]),
    }
    # What the provider does not say is left out; an empty list of groups would say that there are none.
    login |= {key: claims[key] for key in ["email", "email_verified", "groups"] if key in claims}
    return api.post(f"/tenants/{TENANT}/sso/logins", json=login)


def digest(token):
    """What the database knows a session by, so that nobody can sign in with what is in it."""
    return hashlib.sha256(token.encode()).hexdigest()


def check(token):
    """Returns what a session allows now, or `None` if it has ended. If Rollcall cannot be asked, nobody gets in."""
    hashed = digest(token)
    with transaction() as db:
        found = db.execute("SELECT answer FROM checks WHERE token = ? AND until > ?", (hashed, time.time())).fetchone()
        if found:
            return json.loads(found[0])
        before = db.execute("SELECT value FROM generation").fetchone()
    answer = api.post("/sessions/introspect", json={"token": token}).raise_for_status().json()
    # A session of another customer is none here.
    if not answer["active"] or answer["tenant"] != TENANT:
        return None
    if answer["cache_seconds"]:
        end = datetime.datetime.fromisoformat(answer["expires_at"]).timestamp()
        until = min(end, time.time() + answer["cache_seconds"])
        row = (hashed, answer.get("user", {}).get("id"), json.dumps(answer), until)
        with transaction() as db:
            # An event that has arrived since may be younger than the answer: then, ask again next time.
            if db.execute("SELECT value FROM generation").fetchone() == before:
                db.execute("INSERT OR REPLACE INTO checks VALUES (?, ?, ?, ?)", row)
    return answer


def sign_out(token):
    """Ends a session, here and in Rollcall. Its own token is the credential."""
    ended = api.delete("/sessions/current", headers={"Authorization": f"Bearer {token}"})
    if ended.status_code != 401:  # it has ended before
        ended.raise_for_status()
    with transaction() as db:
        db.execute("DELETE FROM checks WHERE token = ?", (digest(token),))


def forget(db, event):
    """Forgets the introspections that an event may have changed: of the person, or all if it is about something else."""
    db.execute("UPDATE generation SET value = value + 1")
    subject = event.get("subject", {})
    if subject.get("type") == "user":
        db.execute("DELETE FROM checks WHERE person = ?", (subject["id"],))
    else:
        db.execute("DELETE FROM checks")
