"""Receives webhooks of the deployed stack.

Deployed, webhooks go to public addresses and by HTTPS only, which is not weakened for this test. So the receiver has an
address that counts as public, on the loopback device of this machine, and a certificate that the functions trust because
the emulator passes `SSL_CERT_FILE` on to them. To add the address takes the right to do so (root, or CAP_NET_ADMIN) and the
command `ip`; without them, this check is left out and says so.
"""
import base64, contextlib, hashlib, hmac, http.server, json, socket, ssl, subprocess, threading, time

import provisioning

# Of a block that this machine does not need. A host there could not be reached from here during the test.
ADDRESS = "11.255.255.1"
# How old a delivery may be, in seconds, as Standard Webhooks says.
TOLERANCE = 300
authority = None


def make_certificates(folder):
    """Makes an authority and a certificate for the address. Returns the file of the authority."""
    global authority
    authority, key = folder / "authority.pem", folder / "authority.key"
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    run = lambda *more: subprocess.run([*new, *more], check=True, capture_output=True)
    run("-subj", "/CN=authority", "-keyout", key, "-out", authority)
    run(
        "-subj", "/CN=receiver", "-CA", authority, "-CAkey", key, "-keyout", folder / "receiver.key", "-out",
        folder / "receiver.pem", "-addext", f"subjectAltName=IP:{ADDRESS}", "-addext", "basicConstraints=critical,CA:FALSE",
    )
    return authority


@contextlib.contextmanager
def public_address():
    """Gives this machine the address while the block runs. Yields whether the machine has it."""
    change = lambda verb: subprocess.run(["ip", "address", verb, f"{ADDRESS}/32", "dev", "lo"], capture_output=True)
    try:
        added = change("add").returncode == 0
    except FileNotFoundError:
        added = False
    # A run that was killed has left the address behind.
    with socket.socket() as probe:
        try:
            probe.bind((ADDRESS, 0))
            possible = True
        except OSError:
            possible = False
    try:
        yield possible
    finally:
        if added:
            change("del")


class Receiver(http.server.ThreadingHTTPServer):
    """An endpoint that takes deliveries with a valid signature, and remembers when each has arrived."""

    def __init__(self):
        super().__init__((ADDRESS, 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.parent / "receiver.pem", authority.parent / "receiver.key")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.secret, self.received, self.refused, self.seen = None, [], [], set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"https://{ADDRESS}:{self.server_port}/"

    def is_signed(self, headers, body):
        """Verifies a delivery by the words of the specification, as a receiver without a library would."""
        id, sent = headers["webhook-id"], headers["webhook-timestamp"]
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        expected = hmac.new(key, f"{id}.{sent}.".encode() + body, hashlib.sha256).digest()
        signatures = [one.partition(",")[2] for one in headers["webhook-signature"].split() if one.startswith("v1,")]
        is_fresh = abs(time.time() - int(sent)) < TOLERANCE
        return is_fresh and any(hmac.compare_digest(expected, base64.b64decode(one)) for one in signatures)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        good = self.server.is_signed(self.headers, body)
        # A delivery arrives at least once.
        if not good or self.headers["webhook-id"] not in self.server.seen:
            (self.server.received if good else self.server.refused).append((time.time(), json.loads(body)))
        if good:
            self.server.seen.add(self.headers["webhook-id"])
        self.send_response(204 if good else 401)
        self.end_headers()

    def log_message(self, *_):
        pass


def application(stack, _):
    """an application signs somebody in; a deactivation by SCIM ends the session at the next check and reaches its webhook"""
    with public_address() as possible:
        if not possible:
            print("         left out: this process may not give the machine another address", flush=True)
            return
        receiver = Receiver()
        try:
            receive(stack, receiver)
        finally:
            receiver.shutdown()
            receiver.server_close()


def receive(stack, receiver):
    customer = provisioning.Customer(stack, "application")
    new = {"name": "application", "url": receiver.url, "types": ["user.deactivated", "user.reactivated"]}
    made = customer.app("POST", f"/tenants/{customer.tenant}/webhooks", new).expect(201).body
    receiver.secret = made["secret"]
    ada = customer.push("ada@example.test", externalId="00u-ada")
    group = customer.push_group("Engineers", ada)
    customer.map(group, "member")
    login = {"connection": customer.connection, "subject": "00u-ada", "external_id": "00u-ada"}
    times = []
    for round in range(1, 4):
        signed_in = customer.login("ada@example.test", **login).expect(200).body
        assert signed_in["role"] == "member", signed_in
        session = signed_in["session"]["token"]
        assert customer.introspect(session)["active"]
        begun = time.time()
        customer.patch(f"/Users/{ada}", {"op": "replace", "path": "active", "value": False}).expect(200)
        assert not customer.introspect(session)["active"], "the session must end at the next check"
        provisioning.eventually("the webhook", lambda: len(receiver.received) == 2 * round - 1)
        at, event = receiver.received[-1]
        assert (event["type"], event["subject"]["id"]) == ("user.deactivated", ada), event
        times.append((at - begun) * 1000)
        customer.login("ada@example.test", **login).expect(403)
        customer.patch(f"/Users/{ada}", {"op": "replace", "path": "active", "value": True}).expect(200)
        provisioning.eventually("the webhook", lambda: len(receiver.received) == 2 * round)
    assert not receiver.refused, receiver.refused
    listed = ", ".join(f"{one:.0f}" for one in times)
    print(f"         from SCIM deactivation to webhook received: {listed} ms", flush=True)


CHECKS = [application]
