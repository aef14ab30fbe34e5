"""Follows the event feed, and handles each event exactly once, however often this process is killed.

It is a process of its own: the web server may run many times, and one of these is enough. A second one does no harm.
"""
import json, logging, os, sqlite3, time

import httpx2

from rollcall import TENANT, api, forget, prepare, transaction

LIMIT = int(os.environ.get("FEED_LIMIT", "500"))
FEED, DIRECTORY = f"/tenants/{TENANT}/events", f"/tenants/{TENANT}/directory"


def handle(db, event):
    """Handles one event. All effects are in the database; what goes elsewhere, such as mail, is a row for another worker."""
    forget(db, event)
    subject = event["subject"]
    db.execute(
        "INSERT INTO activity VALUES (?, ?, ?, ?)", (event["sequence"], event["type"], subject["id"], event["occurred_at"])
    )
    if subject["type"] == "user":
        db.execute("INSERT OR REPLACE INTO people VALUES (?, ?, ?)", (subject["id"], subject["name"], event["type"]))


def read_on():
    """Handles the next page of the feed. Returns whether there may be more."""
    with transaction() as db:
        found = db.execute("SELECT after FROM feed WHERE tenant = ?", (TENANT,)).fetchone()
    if not found:
        return begin()
    (after,) = found
    response = api.get(FEED, params={"after": after, "limit": LIMIT})
    if response.status_code == 410:  # the events that come next have expired, or the table was restored
        return begin()
    page = response.raise_for_status().json()
    if page["next"] == after:
        return False
    with transaction() as db:
        # Only who moves the cursor handles the page: another consumer may have been faster.
        move = "UPDATE feed SET after = ? WHERE tenant = ? AND after = ?"
        if db.execute(move, (page["next"], TENANT, after)).rowcount:
            for event in page["items"]:
                handle(db, event)
    return int(page["next"]) < page["head"]


def begin():
    """Reads the whole directory, and begins with the events after it."""
    people, unreadable, page = [], [], {"next": None}
    while "next" in page:
        params = {"after": page["next"]} if page["next"] else {}
        page = api.get(DIRECTORY, params=params).raise_for_status().json()
        people += [item for item in page["items"] if item["type"] == "user"]
        unreadable += [item["id"] for item in page.get("unreadable", [])]  # they are not gone
    with transaction() as db:
        gone = "DELETE FROM people WHERE id NOT IN (SELECT value FROM json_each(?))"
        db.execute(gone, (json.dumps(unreadable),))
        rows = [(person["id"], person["user_name"], None) for person in people]
        db.executemany("INSERT INTO people VALUES (?, ?, ?)", rows)
        forget(db, {})
        db.execute("INSERT OR REPLACE INTO feed VALUES (?, ?)", (TENANT, page["events_after"]))
    return True


def main():
    prepare()
    while True:
        try:
            if read_on():
                continue
        except (httpx2.HTTPError, sqlite3.OperationalError) as error:  # the cursor has not moved, so nothing is lost
            logging.warning("the feed could not be read: %s", error)
        time.sleep(1)


if __name__ == "__main__":
    main()
