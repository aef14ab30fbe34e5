"""Runs the commands of infra/README.md as they stand there, but for names and dates."""
import json, pathlib, re, subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
README = (ROOT / "infra" / "README.md").read_text()


def commands(heading):
    """Returns the commands of the section with this heading, down to the next heading."""
    section = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##+ |\Z)", README, re.M | re.S)
    return "".join(re.findall(r"^```bash aws\n(.*?)^```$", section[1], re.M | re.S))


def event(heading):
    """Returns the example of an event in the section with this heading."""
    section = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##+ |\Z)", README, re.M | re.S)
    examples = [json.loads(example) for example in re.findall(r"^```json\n(.*?)^```$", section[1], re.M | re.S)]
    [found] = [example for example in examples if "httpMethod" in example]
    return found


def run(heading, environment, log, instead):
    """Runs the commands of a section in one shell, each text of `instead` replaced by its value."""
    script = commands(heading)
    for text, replacement in instead.items():
        assert text in script, f"infra/README.md: {text} is not in the commands of {heading}"
        script = script.replace(text, replacement)
    with open(log, "w") as out:
        ended = subprocess.run(
            ["bash", "-euxo", "pipefail", "-c", script], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            stdout=out, stderr=subprocess.STDOUT,
        )
    text = pathlib.Path(log).read_text()
    assert ended.returncode == 0, f"{heading} ended with {ended.returncode}\n{text[-6000:]}"
    return text
