// An OpenID provider for tests: whoever gives an id of `people.json` as the login is that person, with any password. Usage:
// node provider.js PORT CLIENT_ID CLIENT_SECRET REDIRECT_URI …
import { readFileSync } from "node:fs";
import Provider from "oidc-provider";

const [port, client_id, client_secret, ...redirect_uris] = process.argv.slice(2);
const people = JSON.parse(readFileSync(new URL("people.json", import.meta.url)));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id, client_secret, redirect_uris }],
  // The id never changes, as that of an identity provider: it is the `sub`.
  findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  claims: { profile: ["preferred_username"], email: ["email", "email_verified"], groups: ["groups"] },
  // The claims are in the ID token, as Okta and Entra ID put them there.
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  cookies: { keys: ["a key for tests"] },
  features: { devInteractions: { enabled: true } },
});
provider.listen(port, "127.0.0.1", () => console.log("ready"));
