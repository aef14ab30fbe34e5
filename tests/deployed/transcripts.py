"""Replays the transcripts in `tests/transcripts` against the deployed stack, with the Rust test runner."""
import os, re, subprocess

from stack import REGION


def replay(root, stack, emulator):
    """Replays all transcripts and returns the summary of the runner."""
    environment = {
        **os.environ,
        "ROLLCALL_TEST_URL": f"{stack.base}/scim/v2",
        "ROLLCALL_TEST_TABLE": stack.resources["Table"],
        "AWS_ENDPOINT_URL_DYNAMODB": emulator.url,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "RUST_BACKTRACE": "0",
    }
    command = ["cargo", "test", "--quiet", "--package", "rollcall-tests", "--test", "service", "transcripts::"]
    ended = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, f"{ended.stdout[-8000:]}\n{ended.stderr[-4000:]}"
    return re.search(r"test result: .*", ended.stdout)[0]
