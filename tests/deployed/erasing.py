"""Erases people and tenants of the deployed stack, and searches the whole table for what is left of them."""
import json, time

import full_pass
from provisioning import Customer, eventually

# In every name of whoever is erased.
CANARY = "zzcanary"


def left(stack, canary):
    """Returns the keys of the items that contain a text."""
    pages = stack.aws.client("dynamodb").get_paginator("scan").paginate(
        TableName=stack.resources["Table"], ConsistentRead=True,
    )
    items = (item for page in pages for item in page["Items"])
    return [(item["PK"], item["SK"]) for item in items if canary in json.dumps(item, default=repr).lower()]


def erased(customer, path):
    """Orders an erasure until it is finished: it stops at an entry that has no place in the feed yet."""
    path = f"/tenants/{customer.tenant}{path}/erasure"

    def is_finished():
        time.sleep(1)
        return customer.app("POST", path).expect(202).body["state"] == "finished"
    eventually("the end of the erasure", is_finished)


def erasure(stack, _):
    """nothing is left of a person, and of a deleted tenant, but that they were erased"""
    customer = Customer(stack, "erased")
    canary = f"{CANARY}-{customer.tenant}"
    ada = customer.push(f"{canary}@example.test", displayName=f"Ada {canary}", externalId=canary)
    customer.push_group("Staff", ada)
    customer.login(f"{canary}@example.test", subject=f"subject-{canary}", connection=customer.connection).expect(200)
    eventually("a place for every entry", lambda: all("placed_at" in entry for entry in full_pass.journal(customer)))
    assert left(stack, f"ada {canary}")
    erased(customer, f"/users/{ada}")
    found = left(stack, f"{canary}@")
    assert not found, found
    customer.app("DELETE", f"/tenants/{customer.tenant}").expect(204)
    erased(customer, "")
    own = [key for key in left(stack, customer.tenant) if key[0]["S"].startswith("T#")]
    assert [sort["S"] for _, sort in own] == ["DELETED"], own


CHECKS = [erasure]
