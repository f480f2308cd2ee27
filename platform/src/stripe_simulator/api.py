"""One request to the API, from its bytes to its answer: key, fault, parameters, idempotency, effect, answer."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stripe_simulator import answers, faults, keys, lists
from stripe_simulator.account import Account, Cause, new_id
from stripe_simulator.answers import Answer, IdempotentRequest
from stripe_simulator.calls import Call, Operation
from stripe_simulator.errors import StripeError
from stripe_simulator.form import parse
from stripe_simulator.journal import Journal
from stripe_simulator.knobs import Fault
from stripe_simulator.webhooks import Sender

SERVER_ERROR = 500
BROKEN = {"error": {"type": "api_error", "message": "An unknown error occurred"}}


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is known of a request before it is executed."""

    operation: Operation
    path: str
    path_parameters: dict[str, str]
    form: str
    authorization: str
    request_id: str
    idempotency_key: str | None
    fault: Fault | None

    @property
    def idempotent(self) -> IdempotentRequest | None:
        """The request as its idempotency key sees it; only POST heeds the key."""
        if self.idempotency_key is None or self.operation.method != "POST":
            return None
        return IdempotentRequest(self.idempotency_key, f"POST {self.path}", parse(self.form))


class Api:
    """Answers all endpoints."""

    def __init__(self, account: Account, journal: Journal, sender: Sender) -> None:
        self._account = account
        self._journal = journal
        self._sender = sender
        # Keys whose request is being executed. Not kept: a crash ends the execution and frees the key.
        self._in_flight: set[str] = set()

    async def handle(self, operation: Operation, request: Request) -> Response:
        """Answer a request, or let happen to it what the faults say."""
        form = (await request.body()).decode(errors="replace") if request.method == "POST" else request.url.query
        authorization = request.headers.get("authorization", "")
        if not authorization:
            form, authorization = keys.without_key(form)
        exchange = Exchange(
            operation=operation,
            path=request.url.path,
            path_parameters=dict(request.path_params),
            form=form,
            authorization=authorization,
            request_id=new_id("req", 14),
            idempotency_key=request.headers.get("idempotency-key"),
            fault=self._account.panel.take_fault(request.method, request.url.path),
        )
        if exchange.fault and exchange.fault.when == "before":
            return await faults.strike(exchange.fault, request)
        answer = await self._answer(exchange)
        self._sender.alarm.ring()
        if exchange.fault:
            return await faults.strike(exchange.fault, request)
        return self._response(answer, exchange, request)

    async def _answer(self, exchange: Exchange) -> Answer:
        by_browser = False
        try:
            caller = keys.authenticate(
                self._account.settings, exchange.authorization, for_browsers=exchange.operation.for_browsers
            )
            by_browser = caller is keys.Caller.BROWSER
            parameters = exchange.operation.parameters.read("", parse(exchange.form))
            answer = await self._once(exchange, parameters, by_browser=by_browser)
        except StripeError as error:
            answer = Answer(error.status, {"error": error.error}, exchange.request_id)
        self._write(exchange, answer, by_browser=by_browser)
        return answer

    async def _once(self, exchange: Exchange, parameters: dict[str, Any], *, by_browser: bool) -> Answer:
        """Execute, unless the idempotency key was answered before or is being executed."""
        idempotent = exchange.idempotent
        if idempotent is None:
            await self._take_time()
            return self._execute(exchange, parameters, None, by_browser=by_browser)
        idempotent.check_key()
        if idempotent.key in self._in_flight:
            raise answers.in_flight()
        if earlier := answers.kept(self._account, idempotent):
            return earlier
        self._in_flight.add(idempotent.key)
        try:
            await self._take_time()
            return self._execute(exchange, parameters, idempotent, by_browser=by_browser)
        finally:
            self._in_flight.discard(idempotent.key)

    async def _take_time(self) -> None:
        if latency := self._account.panel.knobs.latency_ms:
            await asyncio.sleep(latency / 1000)

    def _execute(
        self,
        exchange: Exchange,
        parameters: dict[str, Any],
        idempotent: IdempotentRequest | None,
        *,
        by_browser: bool,
    ) -> Answer:
        """Effects, events and the kept answer, in one transaction."""
        account = replace(self._account, cause=Cause(exchange.request_id, exchange.idempotency_key))
        call = Call(account, parameters, exchange.path_parameters, by_browser)
        with account.store.transaction(), account.store.attempt() as undo:
            try:
                body = exchange.operation.run(call)
                answer = Answer(200, lists.expanded(account, body, parameters.get("expand", [])), exchange.request_id)
            except StripeError as error:
                if not error.executed:
                    raise
                if not error.keeps_effects:
                    undo()
                answer = Answer(error.status, {"error": error.error}, exchange.request_id)
            if idempotent is not None:
                answers.keep(account, idempotent, self._remembered(answer, exchange.fault))
        return answer

    def _remembered(self, answer: Answer, fault: Fault | None) -> Answer:
        """What the key will answer: a 5xx that follows an effect is kept too, and hides it for good."""
        if fault and fault.action == "error" and fault.remember and fault.status >= SERVER_ERROR:
            return replace(answer, status=fault.status, body=BROKEN)
        return answer

    def _write(self, exchange: Exchange, answer: Answer, *, by_browser: bool) -> None:
        fields: dict[str, Any] = {
            "method": exchange.operation.method,
            "path": exchange.path,
            "form": exchange.form,
            "by_browser": by_browser,
            "status": answer.status,
            "body": answer.body,
        }
        self._journal.write(fields)

    def _response(self, answer: Answer, exchange: Exchange, request: Request) -> Response:
        headers = {"Request-Id": exchange.request_id}
        headers["Stripe-Version"] = request.headers.get("stripe-version", self._account.settings.api_version)
        if exchange.idempotency_key is not None and exchange.operation.method == "POST":
            headers["Idempotency-Key"] = exchange.idempotency_key
        if answer.replayed:
            headers |= {"Idempotent-Replayed": "true", "Original-Request": answer.request}
        if answer.status >= 400:  # noqa: PLR2004 -- HTTP's errors begin there
            headers["Stripe-Should-Retry"] = "false" if answer.status != 409 else "true"  # noqa: PLR2004 -- Conflict
        return JSONResponse(answer.body, answer.status, headers)
