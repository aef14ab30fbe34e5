"""An application with Rollcall behind it: sign-in and sign-out, session check, people picker, portal link, webhooks.

Start it with `uvicorn app:app`, and `python consumer.py` beside it. The README of this folder's parent lists the settings.
"""
import os, re, time
from typing import Annotated

from authlib.integrations.starlette_client import OAuth, OAuthError
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from joserfc.errors import JoseError
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.concurrency import run_in_threadpool
from starlette.middleware.sessions import SessionMiddleware

import rollcall

URL = os.environ["APP_URL"]
COOKIE = {"httponly": True, "secure": URL.startswith("https:"), "samesite": "lax"}
# What to tell people whose sign-in is refused (infra/signing-in.md). A refused sign-in is not tried again.
REFUSALS = {
    "person-inactive": "Your account is not active. Your IT department may have to assign you again.",
    "not-provisioned": "Ask your IT department to assign you to this application.",
}
MAX_BODY = 1 << 20
UNSURE = "We could not be certain that this account is yours. Your IT department has been told why."

rollcall.prepare()
app = FastAPI()
# This signed cookie holds state, nonce and PKCE verifier between /login and /callback.
signed = {"secret_key": os.environ["COOKIE_KEY"], "session_cookie": "login", "https_only": COOKIE["secure"]}
app.add_middleware(SessionMiddleware, **signed)
oauth = OAuth()
oauth.register(
    "idp",
    server_metadata_url=f"{os.environ['OIDC_ISSUER']}/.well-known/openid-configuration",
    client_id=os.environ["OIDC_CLIENT_ID"],
    client_secret=os.environ["OIDC_CLIENT_SECRET"],
    client_kwargs={"scope": "openid profile email groups", "code_challenge_method": "S256"},
)


def session(request: Request):
    """Checks the session at each request, so that somebody who has left is out at once. Only `def`, not `async`: it waits."""
    answer = rollcall.check(request.cookies.get("session", ""))
    if not answer:
        raise HTTPException(401, "Sign in at /login")
    return answer


Session = Annotated[dict, Depends(session)]


@app.get("/login")
async def login(request: Request):
    return await oauth.idp.authorize_redirect(request, f"{URL}/callback")


@app.get("/callback")
async def callback(request: Request):
    try:
        # Checks state, PKCE and nonce, and the ID token's signature, issuer, audience and time.
        token = await oauth.idp.authorize_access_token(request)
    except (OAuthError, JoseError) as error:
        raise HTTPException(400, "The sign-in failed. Begin again at /login") from error
    signed_in = await run_in_threadpool(rollcall.sign_in, token["userinfo"])
    if signed_in.status_code in (403, 409):
        problem = re.split("[:/]", signed_in.json()["type"])[-1]
        raise HTTPException(403, REFUSALS.get(problem, UNSURE))
    answer = RedirectResponse("/", 303)
    answer.set_cookie("session", signed_in.raise_for_status().json()["session"]["token"], **COOKIE)
    return answer


@app.post("/logout")
def logout(request: Request):
    if token := request.cookies.get("session"):
        rollcall.sign_out(token)
    answer = Response(status_code=204)
    answer.delete_cookie("session", **COOKIE)
    return answer


@app.get("/")
def home(session: Session):
    return {"user": session["user"], "role": session["role"]}


@app.get("/people")
def people(session: Session, text: str = ""):
    """Finds colleagues by the beginning of a word of their names, for a field in which one is chosen."""
    found = rollcall.api.get(f"/tenants/{session['tenant']}/picker", params={"text": text, "limit": 10})
    return found.raise_for_status().json()["items"]


@app.get("/portal")
def portal(session: Session):
    """Sends an admin to Rollcall's console, in the admin's own role and name."""
    if "sso:configure" not in session["permissions"]:
        raise HTTPException(403, "Only admins set up provisioning")
    link = {"role_id": session["role"], "email": session["user"]["user_name"]}
    made = rollcall.api.post(f"/tenants/{session['tenant']}/portal-links", json=link)
    return RedirectResponse(made.raise_for_status().json()["url"], 303)


@app.post("/webhooks/rollcall", status_code=204)
async def webhook(request: Request):
    """Receives an event. It ends what is remembered of the person at once; the feed is what makes sure of all the rest."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise HTTPException(413, "The body is too large")
    try:
        event = Webhook(os.environ["ROLLCALL_WEBHOOK_SECRET"]).verify(body, dict(request.headers))
    except WebhookVerificationError as error:
        raise HTTPException(401, "The signature is not valid") from error
    await run_in_threadpool(receive, request.headers["webhook-id"], event)
    return Response(status_code=204)


def receive(delivery, event):
    row = (delivery, event["type"], event.get("subject", {}).get("id"), time.time())
    with rollcall.transaction() as db:
        # The id and the effect in one transaction: a delivery that arrives again does nothing.
        if db.execute("INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?, ?)", row).rowcount:
            rollcall.forget(db, event)
