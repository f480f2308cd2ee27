"""One service, fuzzed as one person. What to send is schemathesis's business; here is who asks, and how it ended."""

import json
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import schemathesis
from schemathesis import BaseSchema, Case
from schemathesis.auths import AuthContext
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import CheckNode, ScenarioRecorder
from tests.fuzz import checks
from tests.fuzz.cast import Account, Cast, Words

from stripe_simulator.webhooks import signature

SETTINGS = Path(__file__).with_name("schemathesis.toml")
TOKEN_SECONDS = 240  # of the five minutes or more that an access token counts
TOKEN = "Authorization: Bearer $TOKEN"
WEBHOOK = "/api/v1/webhooks/stripe"
LOGINS = "/api/v1/auth/sessions"

assert checks.clear_problem  # the import alone registers it


@dataclass(frozen=True)
class Effort:
    """How much is tried: cases made up for each operation and person, by a seed, and the schema's borders or not."""

    cases: int
    seed: int
    borders: bool


@dataclass(frozen=True)
class Fault:
    """What an operation did wrong, and the request that shows it."""

    operation: str
    who: str
    check: str
    title: str
    message: str
    curl: str
    answer: str

    @property
    def kind(self) -> tuple[str, ...]:
        """Faults of one kind are reported once."""
        return self.operation, self.check, self.title, self.message.partition("\n")[0]


@dataclass
class Outcome:
    """How often each operation gave each status, and what it did wrong."""

    answers: dict[str, Counter[int]] = field(default_factory=dict[str, Counter[int]])
    faults: dict[tuple[str, ...], Fault] = field(default_factory=dict[tuple[str, ...], Fault])

    @property
    def cases(self) -> int:
        """How many requests were answered."""
        return sum(counts.total() for counts in self.answers.values())

    def shown_at(self, url: str, other: str) -> "Outcome":
        """The same with its requests to another address."""
        shown = {kind: replace(each, curl=each.curl.replace(url, other)) for kind, each in self.faults.items()}
        return Outcome(self.answers, shown)

    def add(self, other: "Outcome") -> None:
        """Add what another campaign found."""
        for operation, counts in other.answers.items():
            self.answers.setdefault(operation, Counter()).update(counts)
        self.faults = {**other.faults, **self.faults}


def fuzz(url: str, effort: Effort, who: str, cast: Cast, sign_in_url: str) -> Outcome:
    """Fuzz the service at an address, as a person."""
    words = {**cast.words, "logins": cast.logins.get(who, [])}
    # Who is signed in stays so; a guest tries to get in by all means.
    config = configuration(effort, words, url, with_tokens=who not in cast.people)
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=config)
    if who in cast.people:
        _sign_in(schema, cast.people[who], cast.doubles[who], sign_in_url)
    _sign_webhooks(schema, cast.webhook_secret)
    return outcome_of(schema, who)


def configuration(
    effort: Effort, words: Words | None = None, url: str | None = None, *, with_tokens: bool = True
) -> SchemathesisConfig:
    """The settings in the file, with what a run adds to them; and whether tokens are made up too."""
    settings = tomllib.loads(SETTINGS.read_text())
    if words is None:  # so nothing is said of what the parameters mean
        del settings["parameters"], settings["operations"]
    settings["dictionaries"] = {name: {"values": list(values) or [""]} for name, values in (words or {}).items()}
    settings["seed"] = effort.seed
    settings["generation"] |= {"max-examples": effort.cases, "with-security-parameters": with_tokens}
    settings["phases"]["coverage"]["enabled"] = effort.borders
    if url:
        settings["base-url"] = url
    return SchemathesisConfig.from_dict(settings)


def outcome_of(schema: BaseSchema, who: str) -> Outcome:
    """Run all that the schema's settings ask for."""
    operations = [each.ok().label for each in schema.get_all_operations() if isinstance(each, Ok)]
    outcome = Outcome({operation: Counter() for operation in operations})
    for event in from_schema(schema).execute():
        match event:
            case events.ScenarioFinished():
                _count(outcome, event.recorder)
                for fault in _faults(event.recorder, who):
                    outcome.faults.setdefault(fault.kind, fault)
            case events.NonFatalError():
                fault = Fault(event.label, who, "engine", event.info.title, str(event.info), "", "")
                outcome.faults.setdefault(fault.kind, fault)
            case events.FatalError():
                raise event.exception
            case _:
                pass
    return outcome


def _count(outcome: Outcome, recorder: ScenarioRecorder) -> None:
    for case_id, node in recorder.cases.items():
        response = recorder.find_response(case_id=case_id)
        if response is not None:
            outcome.answers.setdefault(node.value.operation.label, Counter())[response.status_code] += 1


def _faults(recorder: ScenarioRecorder, who: str) -> Iterator[Fault]:
    for case_id, nodes in recorder.checks.items():
        for node in nodes:
            if node.failure_info:
                yield _fault(recorder, case_id, node, who)


def _fault(recorder: ScenarioRecorder, case_id: str, node: CheckNode, who: str) -> Fault:
    assert node.failure_info
    failure = node.failure_info.failure
    response = recorder.find_response(case_id=failure.case_id or case_id)
    return Fault(
        operation=recorder.label,
        who=who,
        check=node.name,
        title=failure.title,
        message=failure.message,
        curl=node.failure_info.code_sample.replace(f"'{TOKEN}'", f'"{TOKEN}"'),  # for the shell to fill in
        answer=f"{response.status_code} {response.text}" if response else "",
    )


def _sign_in(schema: BaseSchema, person: Account, double: Account, url: str) -> None:
    def token_of(account: Account) -> str:
        form = {"grant_type": "password", "username": account.email, "password": account.password}
        answer = httpx.post(f"{url}/api/v1/auth/token", data=form, trust_env=False)
        return answer.raise_for_status().json()["access_token"]

    class _Bearer:
        account = person

        def get(self, case: Case, context: AuthContext) -> str:
            del case, context
            return token_of(self.account)

        def set(self, case: Case, data: str, context: AuthContext) -> None:
            del context
            case.headers["Authorization"] = f"Bearer {data}"

    class _BearerOfTheDouble(_Bearer):
        account = double

    # A user who ends all their logins would end that of the fuzz too: a double does it, with a new login each time.
    schema.auth(refresh_interval=TOKEN_SECONDS, retry_on=[]).skip_for(method="DELETE", path=LOGINS)(_Bearer)
    schema.auth(refresh_interval=None).apply_to(method="DELETE", path=LOGINS)(_BearerOfTheDouble)


def _sign_webhooks(schema: BaseSchema, secret: str) -> None:
    """The provider's messages are signed; without that nothing of them would be read."""

    class _Signature:
        def get(self, case: Case, context: AuthContext) -> str:
            del case, context
            return secret

        def set(self, case: Case, data: str, context: AuthContext) -> None:
            del context
            if "Stripe-Signature" in case.headers and isinstance(case.body, dict):  # else it stays without one
                case.headers["Stripe-Signature"] = signature(data, json.dumps(case.body), int(time.time()))

    schema.auth(refresh_interval=None).apply_to(path=WEBHOOK)(_Signature)
