"""Holds the simulator's journal against Stripe's published OpenAPI description and against stripe-mock.

For tests: stripe-mock has to accept every request that was sent, Stripe's schemas to allow every answer.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import jsonschema

from stripe_simulator.process import PLAIN

INSTALLER = Path(__file__).parents[2] / "stripe" / "install-stripe-mock.sh"
LISTENING = re.compile(r"Listening for HTTP at address: .*:(\d+)")
KEY = "sk_test_123"
# Stripe shows these only where they are expanded, and its fixtures are.
EXPANDED_ONLY = {"charge": {"refunds"}}
# Errors by which the simulator may be stricter than stripe-mock, which knows types and names only.
OF_PARAMETERS = "parameter_"


def install() -> Path:
    """The directory with stripe-mock and the description, installed if need be; raises RuntimeError with the reason."""
    done = subprocess.run(["sh", str(INSTALLER)], capture_output=True, text=True, check=False)  # noqa: S603, S607 -- our own script
    if done.returncode:
        raise RuntimeError(f"stripe-mock cannot be installed: {done.stderr.strip()}")
    return Path(done.stdout.strip())


@contextmanager
def stripe_mock(directory: Path) -> Iterator[str]:
    """Run stripe-mock on a free port; yields its base URL."""
    binary = str(directory / "bin" / "stripe-mock")
    # Without this option it takes port 12112 for HTTPS, which a second one could not have.
    command = [binary, "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0"]
    environment = {"PATH": os.environ.get("PATH", "")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:  # noqa: S603 -- hash-checked
        try:
            address = f"http://127.0.0.1:{announced_port(process)}"
            # It logs every request; unread, the pipe would fill up and stop it.
            Thread(target=process.stdout.read if process.stdout else None, daemon=True).start()
            yield address
        finally:
            process.terminate()


def announced_port(process: subprocess.Popen[str]) -> int:
    """The port that stripe-mock says it listens on."""
    lines: list[str] = []
    for line in process.stdout or ():
        if found := LISTENING.search(line):
            return int(found[1])
        lines.append(line)
    raise RuntimeError(f"stripe-mock did not start: {''.join(lines)}")


@dataclass(frozen=True)
class Description:
    """Stripe's OpenAPI description and its sample objects."""

    directory: Path

    @cached_property
    def openapi(self) -> dict[str, Any]:
        """The description as published."""
        return json.loads((self.directory / "openapi" / "spec3.json").read_text())

    @cached_property
    def definitions(self) -> dict[str, Any]:
        """The schemas as JSON Schema."""
        return {name: json_schema(schema) for name, schema in self.openapi["components"]["schemas"].items()}

    @cached_property
    def samples(self) -> dict[str, Any]:
        """Stripe's sample objects by kind: what an object that the API shows has at least."""
        return json.loads((self.directory / "openapi" / "fixtures3.json").read_text())["resources"]

    @cached_property
    def endpoints(self) -> list[tuple[re.Pattern[str], dict[str, Any]]]:
        """The paths as patterns, those without parameters first."""
        paths = sorted(self.openapi["paths"].items(), key=lambda path: path[0].count("{"))
        return [(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), operations) for path, operations in paths]

    def answer_schema(self, method: str, path: str, status: int) -> dict[str, Any] | None:
        """The schema of an endpoint's answer; None where Stripe has no such endpoint."""
        for pattern, operations in self.endpoints:
            if pattern.fullmatch(path) and method.lower() in operations:
                responses = operations[method.lower()]["responses"]
                answer = responses.get(str(status), responses["default"])
                return json_schema(answer["content"]["application/json"]["schema"])
        return None

    def violations(self, schema: dict[str, Any], body: Any) -> list[str]:
        """Where a body breaks a schema."""
        validator = jsonschema.Draft202012Validator({**schema, "$defs": self.definitions})
        return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(body)]

    def missing(self, body: object, *, shortened: bool) -> list[str]:
        """Fields of Stripe's samples that objects in an answer do not have; a browser is shown fewer."""
        if isinstance(body, list):
            return [problem for below in body for problem in self.missing(below, shortened=shortened)]
        if not isinstance(body, dict):
            return []
        kind = body.get("object")
        below = [problem for value in body.values() for problem in self.missing(value, shortened=shortened)]
        if not isinstance(kind, str) or kind not in self.samples or body.get("deleted"):
            return below
        if shortened and kind == "payment_intent":
            return below
        known = self.openapi["components"]["schemas"][kind]["properties"]
        expected = self.samples[kind].keys() & known.keys() - EXPANDED_ONLY.get(kind, set())
        return [f"{kind} lacks {name}" for name in sorted(expected - body.keys())] + below

    def event_violations(self, body: object) -> list[str]:
        """Where the objects inside events break their schemas, which the event's own leaves open."""
        if not isinstance(body, dict):
            return []
        if body.get("object") == "list":
            return [problem for event in body["data"] for problem in self.event_violations(event)]
        if body.get("object") != "event":
            return []
        inner = body["data"]["object"]
        return self.violations({"$ref": f"#/$defs/{inner['object']}"}, inner)


def json_schema(schema: Any) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema, closed: a field that Stripe does not name is a mistake."""
    if isinstance(schema, list):
        return [json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"].replace("#/components/schemas/", "#/$defs/")}
    converted = {
        name: json_schema(value)
        for name, value in schema.items()
        if name in ("type", "enum", "items", "anyOf", "required", "additionalProperties", "maxLength", "pattern")
    }
    if "properties" in schema:
        converted["properties"] = {name: json_schema(value) for name, value in schema["properties"].items()}
        converted.setdefault("additionalProperties", False)
    return {"anyOf": [converted, {"type": "null"}]} if schema.get("nullable") else converted


def check(entries: Iterable[dict[str, Any]], description: Description, mock_url: str) -> list[str]:
    """Everything that is wrong with a journal, one sentence each; an empty list is what a test asks for."""
    problems: list[str] = []
    with httpx.Client(base_url=mock_url, auth=(KEY, ""), verify=PLAIN, timeout=30) as mock:
        for entry in entries:
            request = f"{entry['seq']}: {entry['method']} {entry['path']} {entry['form']} -> {entry['status']}"
            found = [*answer_problems(entry, description), *request_problems(entry, mock)]
            problems += [f"{request}: {problem}" for problem in found]
    return problems


def answer_problems(entry: dict[str, Any], description: Description) -> list[str]:
    """What Stripe's description has against an answer."""
    body = entry["body"]
    schema = description.answer_schema(entry["method"], entry["path"], entry["status"])
    if schema is None:
        return [] if entry["status"] == httpx.codes.NOT_FOUND else ["Stripe has no such endpoint"]
    return [
        *description.violations(schema, body),
        *description.missing(body, shortened=entry["by_browser"]),
        *description.event_violations(body),
    ]


def request_problems(entry: dict[str, Any], mock: httpx.Client) -> list[str]:
    """What stripe-mock has against a request, and where it accepts what the simulator refused."""
    form = published(entry["form"]) if entry["by_browser"] else entry["form"]
    if entry["method"] == "POST":
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        response = mock.post(entry["path"], content=form.encode(), headers=headers)
    else:
        response = mock.request(entry["method"], entry["path"], params=form)
    error = entry["body"].get("error", {})
    code = error.get("code", "")
    if code == "parameter_unknown" and "[" not in error["param"]:  # stripe-mock lets any nested name through
        return ["Stripe knows a parameter that is not simulated"] if response.is_success else []
    if response.is_success or code.startswith(OF_PARAMETERS) or entry["status"] == httpx.codes.NOT_FOUND:
        return []
    return [f"stripe-mock refuses it: {response.text[:300]}"]


def published(form: str) -> str:
    """A browser's form without the card's data: how Stripe.js sends that is not part of the published description."""
    fields = parse_qsl(form, keep_blank_values=True)
    return urlencode([(name, value) for name, value in fields if not name.startswith("payment_method_data")])
