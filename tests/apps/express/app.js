// An application with Rollcall behind it: sign-in and sign-out, session check, people picker, portal link, webhooks.
//
// Start it with `node app.js`, and `node consumer.js` beside it. The README of this folder's parent lists the settings.
import cookieParser from "cookie-parser";
import express from "express";
import * as oidc from "openid-client";
import { Webhook } from "standardwebhooks";
import { ask, check, db, forget, signIn, signOut, transaction } from "./rollcall.js";

const { APP_URL, PORT, OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, COOKIE_KEY, ROLLCALL_WEBHOOK_SECRET } = process.env;
const COOKIE = { httpOnly: true, secure: APP_URL.startsWith("https:"), sameSite: "lax" };
// What to tell people whose sign-in is refused (infra/signing-in.md). A refused sign-in is not tried again.
const REFUSALS = {
  "person-inactive": "Your account is not active. Your IT department may have to assign you again.",
  "not-provisioned": "Ask your IT department to assign you to this application.",
};
const UNSURE = "We could not be certain that this account is yours. Your IT department has been told why.";

// A provider without TLS is for tests alone.
const insecure = OIDC_ISSUER.startsWith("http:") ? { execute: [oidc.allowInsecureRequests] } : {};
const secret = oidc.ClientSecretBasic(OIDC_CLIENT_SECRET);
const provider = await oidc.discovery(new URL(OIDC_ISSUER), OIDC_CLIENT_ID, undefined, secret, insecure);
const app = express();
app.use(cookieParser(COOKIE_KEY));

app.get("/login", async (request, response) => {
  const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
  // This signed cookie binds what comes back to the browser that was sent out.
  response.cookie("login", { state, nonce, verifier }, { ...COOKIE, signed: true, maxAge: 600_000 });
  const to = oidc.buildAuthorizationUrl(provider, {
    redirect_uri: `${APP_URL}/callback`, scope: "openid profile email groups", state, nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  });
  response.redirect(303, to.href);
});

app.get("/callback", async (request, response) => {
  const { state, nonce, verifier } = request.signedCookies.login || {};
  response.clearCookie("login", COOKIE);
  if (!state) return response.status(400).send("The sign-in has expired. Begin again at /login");
  const expected = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
  let tokens;
  try {
    // Checks state, PKCE and nonce, and the ID token's signature, issuer, audience and time.
    tokens = await oidc.authorizationCodeGrant(provider, new URL(request.originalUrl, APP_URL), expected);
  } catch {
    return response.status(400).send("The sign-in failed. Begin again at /login");
  }
  const { status, body } = await signIn(tokens.claims());
  if (status === 403 || status === 409) {
    return response.status(403).send(REFUSALS[body.type.split(/[:/]/).pop()] ?? UNSURE);
  }
  if (status !== 200) throw new Error(`sign-in: ${status} ${body.detail}`);
  response.cookie("session", body.session.token, COOKIE).redirect(303, "/");
});

app.post("/logout", async (request, response) => {
  if (request.cookies.session) await signOut(request.cookies.session);
  response.clearCookie("session", COOKIE).sendStatus(204);
});

app.post("/webhooks/rollcall", express.raw({ type: () => true, limit: "1mb" }), (request, response) => {
  let event;
  try {
    event = new Webhook(ROLLCALL_WEBHOOK_SECRET).verify(request.body.toString(), request.headers);
  } catch {
    return response.status(401).send("The signature is not valid");
  }
  const row = [request.headers["webhook-id"], event.type, event.subject?.id ?? null, Date.now() / 1000];
  // It ends what is remembered of the person at once; the feed is what makes sure of all the rest. The id and the effect are
  // in one transaction: a delivery that arrives again does nothing.
  transaction(() => {
    if (db.prepare("INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?, ?)").run(...row).changes) forget(event);
  });
  response.sendStatus(204);
});

// What follows is for people who are signed in. The session is checked at each request, so that somebody who has left is out
// at once.
app.use(async (request, response, next) => {
  request.session = await check(request.cookies.session ?? "");
  if (!request.session) return response.status(401).send("Sign in at /login");
  next();
});

app.get("/", ({ session }, response) => response.json({ user: session.user, role: session.role }));

/** Finds colleagues by the beginning of a word of their names, for a field in which one is chosen. */
app.get("/people", async ({ session, query }, response) => {
  const asked = new URLSearchParams({ text: query.text ?? "", limit: "10" });
  response.json((await ask("GET", `/tenants/${session.tenant}/picker?${asked}`)).items);
});

/** Sends an admin to Rollcall's console, in the admin's own role and name. */
app.get("/portal", async ({ session }, response) => {
  if (!session.permissions.includes("sso:configure")) return response.status(403).send("Only admins set up provisioning");
  const link = { role_id: session.role, email: session.user.user_name };
  response.redirect(303, (await ask("POST", `/tenants/${session.tenant}/portal-links`, link)).url);
});

// What is not expected is logged, and not shown. Express knows this handler by its four parameters.
app.use((error, request, response, next) => {
  if (!error.statusCode) console.error(error);
  response.sendStatus(error.statusCode ?? 500);
});

app.listen(PORT, "127.0.0.1");
