// Follows the event feed, and handles each event exactly once, however often this process is killed.
//
// It is a process of its own: the web server may run many times, and one of these is enough. A second one does no harm.
import { setTimeout as sleep } from "node:timers/promises";
import { TENANT, ask, call, db, forget, transaction } from "./rollcall.js";

const LIMIT = process.env.FEED_LIMIT ?? 500;
const statement = (sql) => db.prepare(sql);

/** Handles one event. All effects are in the database; what goes elsewhere, such as mail, is a row for another worker. */
function handle(event) {
  const { sequence, type, subject, occurred_at } = event;
  forget(event);
  statement("INSERT INTO activity VALUES (?, ?, ?, ?)").run(sequence, type, subject.id, occurred_at);
  if (subject.type === "user") {
    statement("INSERT OR REPLACE INTO people VALUES (?, ?, ?)").run(subject.id, subject.name ?? null, type);
  }
}

/** Handles the next page of the feed. Returns whether there may be more. */
async function readOn() {
  const after = statement("SELECT after FROM feed WHERE tenant = ?").get(TENANT)?.after;
  if (after === undefined) return begin();
  const response = await call("GET", `/tenants/${TENANT}/events?after=${after}&limit=${LIMIT}`);
  if (response.status === 410) return begin(); // the events that come next have expired, or the table was restored
  if (response.status !== 200) throw new Error(response.body.detail);
  const page = response.body;
  if (page.next === after) return false;
  transaction(() => {
    // Only who moves the cursor handles the page: another consumer may have been faster.
    const move = statement("UPDATE feed SET after = ? WHERE tenant = ? AND after = ?");
    if (move.run(page.next, TENANT, after).changes) page.items.forEach(handle);
  });
  return Number(page.next) < page.head;
}

/** Reads the whole directory, and begins with the events after it. */
async function begin() {
  const [people, unreadable] = [[], []];
  let page = { next: "" };
  while (page.next !== undefined) {
    const after = page.next && `?after=${encodeURIComponent(page.next)}`;
    page = await ask("GET", `/tenants/${TENANT}/directory${after}`);
    people.push(...page.items.filter((item) => item.type === "user"));
    unreadable.push(...(page.unreadable ?? []).map((item) => item.id)); // they are not gone
  }
  transaction(() => {
    const gone = "DELETE FROM people WHERE id NOT IN (SELECT value FROM json_each(?))";
    statement(gone).run(JSON.stringify(unreadable));
    const insert = statement("INSERT INTO people VALUES (?, ?, NULL)");
    for (const { id, user_name } of people) insert.run(id, user_name);
    forget({});
    statement("INSERT OR REPLACE INTO feed VALUES (?, ?)").run(TENANT, page.events_after);
  });
  return true;
}

for (;;) {
  try {
    if (await readOn()) continue;
  } catch (error) {
    console.warn("the feed could not be read:", error.message); // the cursor has not moved, so nothing is lost
  }
  await sleep(1000);
}
