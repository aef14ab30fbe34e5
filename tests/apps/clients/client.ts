// The generated client, and what the round trip needs around it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { components, paths } from "./generated.js";

type Operation = { operationId: string };
type Document = { servers: [{ url: string }]; paths: Record<string, Record<string, Operation>> };
type Local = { service_key: string; tenants: { id: string; scim_base_url: string; scim_token: string }[] };

const work = process.argv[2] ?? ".";
const read = (name: string): unknown => JSON.parse(readFileSync(`${work}/${name}`, "utf8"));
export const document = read("openapi.json") as Document;
export const local = read("local.json") as Local;
export const driven = new Set<string>();
export const refused = new Set<number>();

const record: Middleware = {
  onResponse({ schemaPath, request, response }) {
    const operation = document.paths[schemaPath]?.[request.method.toLowerCase()];
    assert(operation, `the document does not have ${request.method} ${schemaPath}`);
    if (response.ok) driven.add(operation.operationId);
  },
};

/** Some operations answer in CSV or JSON lines, too, to who asks for that. This client takes JSON. */
type Json = "application/json" | "application/problem+json";
export type Api = Client<paths, Json>;
export type Schemas = components["schemas"];

/** Returns the client with a credential. The document says that lists in a query are joined by commas. */
export function client(token: string): Api {
  const api = createClient<paths, Json>({
    baseUrl: document.servers[0].url,
    headers: { Authorization: `Bearer ${token}` },
    querySerializer: { array: { style: "form", explode: false } },
  });
  api.use(record);
  return api;
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** Expects that a call succeeds, and returns the body. */
export async function ok<T>(asked: Promise<Answer<T>>): Promise<NonNullable<T>> {
  const { data, error, response } = await asked;
  assert(response.ok, `${response.url}: ${response.status} ${JSON.stringify(error)}`);
  return data as NonNullable<T>;
}

/** Repeats a call until what follows an earlier change exists, for ten seconds at most, and returns the body. */
export async function arrived<T>(ask: () => Promise<Answer<T>>): Promise<NonNullable<T>> {
  for (let tries = 0; tries < 100 && (await ask()).response.status === 404; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return ok(ask());
}

/** Expects that a call is refused with a problem document, and returns it. */
export async function problem<E>(status: number, asked: Promise<{ error?: E; response: Response }>): Promise<NonNullable<E>> {
  const { error, response } = await asked;
  assert.equal(response.status, status, response.url);
  assert(error);
  refused.add(status);
  return error;
}

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

/** What the identity provider of a tenant pushes. */
export class Scim {
  constructor(private tenant: Local["tenants"][number]) {}

  private async post(path: string, body: object): Promise<string> {
    const headers = { Authorization: `Bearer ${this.tenant.scim_token}`, "Content-Type": "application/scim+json" };
    const sent = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await fetch(this.tenant.scim_base_url + path, sent);
    assert.equal(response.status, 201);
    return ((await response.json()) as { id: string }).id;
  }

  user(name: string): Promise<string> {
    return this.post("/Users", { schemas: [USER], userName: `${name}@example.com`, displayName: name, externalId: name });
  }

  group(name: string, member: string): Promise<string> {
    return this.post("/Groups", { schemas: [GROUP], displayName: name, members: [{ value: member }] });
  }
}
