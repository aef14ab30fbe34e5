"""Plays Lambda to the binary of a function: the Runtime API, and the Extensions API for an extension inside the function.
The table and the stack's keys are those of a local run. `tests/cold-start` and `tests/answers` use it."""
import json, os, pathlib, subprocess, sys, tempfile, threading, time, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KEYS_ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:stack-keys"
FUNCTION_ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"
SCIM = "application/scim+json"
WAIT = 30


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Headers and body leave in one packet, or the receiver would delay its acknowledgement.
    disable_nagle_algorithm = True
    log_message = lambda *_: None

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))


class Server(ThreadingHTTPServer):
    # A process that is ended leaves its connections open.
    handle_error = lambda *_: None


def serve(handler):
    server = Server(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"127.0.0.1:{server.server_port}"


class Environment:
    """One environment of a function. As in Lambda, it is ready for an event when its runtime and its extension, if it has
    one, have asked for the next one; before that, it is not frozen.

    `refuses` lets Lambda refuse the extension, with this status. `fails_at` lets it fail the extension's request for the event
    with this number: `fails_with_event` when the event comes, and otherwise at once."""

    def __init__(self, binary, environment, refuses=None, fails_at=None, fails_with_event=False):
        self.refuses, self.fails_at, self.fails_with_event = refuses, fails_at, fails_with_event
        self.changed = threading.Condition()
        # How many events each has asked for, and how many there were.
        self.asked, self.followed, self.given, self.has_extension = 0, 0, 0, False
        self.first_asked = self.frozen_at = None
        self.event, self.answered = None, None
        self.binary, self.output = binary, tempfile.TemporaryFile()
        address = serve(self.api())
        self.started = time.perf_counter()
        self.process = subprocess.Popen([str(binary)], env={**environment, "AWS_LAMBDA_RUNTIME_API": address},
                                        stdout=self.output, stderr=subprocess.STDOUT)

    def api(played):
        class Api(Handler):
            def do_GET(self):
                if self.path.endswith("/extension/event/next"):
                    fails = played.followed + 1 == played.fails_at
                    number = played.ask("followed", waits=not fails or played.fails_with_event)
                    if fails:
                        return self.answer(500, b'{"errorType":"Extension.Unknown"}')
                    event = {"eventType": "INVOKE", "deadlineMs": int(time.time() * 1000) + 20_000,
                             "requestId": f"r-{number}", "invokedFunctionArn": FUNCTION_ARN}
                    return self.answer(200, json.dumps(event).encode())
                number = played.ask("asked")
                self.answer(200, json.dumps(played.event).encode(), Lambda_Runtime_Aws_Request_Id=f"r-{number}",
                            Lambda_Runtime_Deadline_Ms=int(time.time() * 1000) + 20_000,
                            Lambda_Runtime_Invoked_Function_Arn=FUNCTION_ARN,
                            Lambda_Runtime_Trace_Id="Root=1-0-0;Parent=0;Sampled=0")

            def do_POST(self):
                at, body = time.perf_counter(), self.body()
                if self.path.endswith("/extension/register"):
                    if played.refuses:
                        return self.answer(played.refuses, b'{"errorType":"Extension.Refused"}')
                    played.has_extension = True
                    name = {"functionName": "f", "functionVersion": "1", "handler": "bootstrap"}
                    return self.answer(200, json.dumps(name).encode(), Lambda_Extension_Identifier="extension-1")
                self.answer(202, b"")
                with played.changed:
                    played.answered = (at, self.path, json.loads(body or b"null"))
                    played.changed.notify_all()

        return Api

    def ask(self, who, waits=True):
        """Waits until there is an event that this one has not had. Returns its number."""
        with self.changed:
            number = getattr(self, who) + 1
            setattr(self, who, number)
            self.first_asked = self.first_asked or time.perf_counter()
            if self.is_ready():
                self.frozen_at = time.perf_counter()
            self.changed.notify_all()
            if waits:
                self.changed.wait_for(lambda: self.given >= number)
            return number

    def is_ready(self):
        return self.asked > self.given and (not self.has_extension or self.followed > self.given)

    def wait(self, condition):
        with self.changed:
            if not self.changed.wait_for(condition, WAIT):
                sys.exit(f"{self.binary} gave no answer; it printed:\n{self.printed()}")

    def frozen(self):
        """Waits until the environment is ready for an event. Returns the time since when it is."""
        self.wait(self.is_ready)
        return self.frozen_at

    def invoke(self, event):
        """Hands out an event. Returns when it was handed out, when the answer came, and the answer."""
        self.frozen()
        with self.changed:
            self.event, self.answered = event, None
            begun = time.perf_counter()
            self.given += 1
            self.changed.notify_all()
        self.wait(lambda: self.answered)
        at, path, answer = self.answered
        if not path.endswith("/response"):
            sys.exit(f"{self.binary} answered {answer}")
        return begun, at, answer

    def printed(self):
        self.output.seek(0)
        return self.output.read().decode(errors="replace")

    def ended(self):
        """Waits until the process ends by itself. Returns its exit code."""
        try:
            return self.process.wait(WAIT)
        except subprocess.TimeoutExpired:
            sys.exit(f"{self.binary} goes on; it printed:\n{self.printed()}")

    def peak_memory(self):
        """Returns the most memory that the process has used, in MB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def http_event(resource, path, token=None, authorizer=None, method="GET", body=None, query=None, **parameters):
    headers = {"host": "api.example.test", **({"authorization": f"Bearer {token}"} if token else {}),
               **({"content-type": SCIM} if body else {})}
    context = {"requestId": "r", "stage": "prod", "path": f"/prod{path}", "httpMethod": method, "resourcePath": resource,
               "accountId": "000000000000", "apiId": "a", "identity": {"sourceIp": "192.0.2.1"}}
    return {"resource": resource, "path": path, "httpMethod": method, "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()}, "queryStringParameters": query,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
            "pathParameters": parameters or None, "stageVariables": None,
            "requestContext": {**context, **({"authorizer": authorizer} if authorizer else {})},
            "body": json.dumps(body) if body else None, "isBase64Encoded": False}


def token_event(token):
    resource = "/scim/v2/Users/{id}"
    return {**http_event(resource, "/scim/v2/Users/x", token), "type": "REQUEST",
            "methodArn": "arn:aws:execute-api:us-east-1:000000000000:a/prod/GET/scim/v2/Users/x"}


class LocalRun:
    """A local run with a person; the functions use its table."""

    def __init__(self, folder):
        subprocess.run(["cargo", "build", "--quiet", "--bin", "rollcall"], cwd=ROOT, check=True)
        binary = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "rollcall"
        self.process = subprocess.Popen([binary, "--port", "0", "--dynamodb-port", "0", "--data-dir", folder],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if "Ctrl-C" in line:
                break
        else:
            sys.exit("the local run ended")
        file = json.loads((folder / "local.json").read_text())
        keys = (folder / "stack-keys.json").read_text()
        tenant = file["tenants"][0]
        self.token, self.table = tenant["scim_token"], file["dynamodb_endpoint"]
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"}
        request = urllib.request.Request(tenant["scim_base_url"] + "/Users", json.dumps(body).encode(), {
            "Authorization": f"Bearer {self.token}", "Content-Type": SCIM})
        self.person = json.load(urllib.request.urlopen(request))["id"]

        class Secrets(Handler):
            def do_POST(self):
                self.body()
                value = {"ARN": KEYS_ARN, "Name": "stack-keys", "SecretString": keys}
                self.answer(200, json.dumps(value).encode(), Content_Type="application/x-amz-json-1.1")

        self.environment = {
            "PATH": os.environ["PATH"], "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local", "TABLE_NAME": file["table_name"], "STACK_KEYS_SECRET": KEYS_ARN,
            "AWS_ENDPOINT_URL_DYNAMODB": self.table, "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": f"http://{serve(Secrets)}", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_LOG_GROUP_NAME": "g", "AWS_LAMBDA_LOG_STREAM_NAME": "s",
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def binary(folder, name):
    """Returns the binary of a function in a folder with FUNCTION/bootstrap or FUNCTION."""
    found = [path for path in [folder / name / "bootstrap", folder / name] if path.is_file()]
    return found[0] if found else sys.exit(f"{folder} has no binary of {name}; build it, or leave out --built")
