// People in memory behind `scimmy-routers`, with an index of user names, so that a look-up reads no others.
// usage: node scimmy.js PORT TOKEN
import { randomUUID } from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [port, token] = process.argv.slice(2);
const people = new Map();
const names = new Map();

SCIMMY.Resources.declare(SCIMMY.Resources.User, {
  ingress: (resource, data) => {
    const id = resource.id ?? randomUUID();
    const before = people.get(id);
    if (resource.id && !before) throw new SCIMMY.Types.Error(404, null, `no user ${id}`);
    const name = data.userName.toLowerCase();
    if ((names.get(name) ?? id) !== id) throw new SCIMMY.Types.Error(409, "uniqueness", "the user name is taken");
    const now = new Date().toISOString();
    const meta = { created: before?.meta?.created ?? now, lastModified: now };
    const person = { ...data, id, meta };
    if (before) names.delete(before.userName.toLowerCase());
    names.set(name, id);
    people.set(id, person);
    return person;
  },
  egress: (resource) => {
    if (resource.id) {
      const person = people.get(resource.id);
      if (!person) throw new SCIMMY.Types.Error(404, null, `no user ${resource.id}`);
      return person;
    }
    const named = /^userName eq "([^"]*)"$/i.exec(String(resource.filter?.expression ?? ""));
    if (!named) return [...people.values()];
    const person = people.get(names.get(named[1].toLowerCase()));
    return person ? [person] : [];
  },
  degress: (resource) => {
    const person = people.get(resource.id);
    if (!person) throw new SCIMMY.Types.Error(404, null, `no user ${resource.id}`);
    names.delete(person.userName.toLowerCase());
    people.delete(resource.id);
  },
});

const app = express();
app.use("/scim/v2", new SCIMMYRouters({
  type: "bearer",
  handler: (request) => {
    if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("the token is wrong");
    return "client";
  },
}));
app.listen(Number(port), "127.0.0.1", () => console.log("ready"));
