"""The knobs over HTTP, `/_simulator/...`, in JSON. For tests only: nothing here exists at Stripe."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stripe_simulator import disputes, due_work
from stripe_simulator.account import Account
from stripe_simulator.alarm import Alarm
from stripe_simulator.errors import StripeError
from stripe_simulator.journal import Journal
from stripe_simulator.webhooks import Sender


class Control:
    """What a test may do to the simulator."""

    def __init__(self, account: Account, journal: Journal, sender: Sender, due_work_alarm: Alarm) -> None:
        self._account = account
        self._journal = journal
        self._sender = sender
        self._due_work_alarm = due_work_alarm

    def routes(self) -> list[Route]:
        """All of them."""
        table: list[tuple[str, str, Callable[[Request], Any]]] = [
            ("GET", "/knobs", self.show_knobs),
            ("POST", "/knobs", self.turn_knobs),
            ("GET", "/faults", self.show_faults),
            ("POST", "/faults", self.add_fault),
            ("DELETE", "/faults", self.clear_faults),
            ("GET", "/deliveries", self.show_deliveries),
            ("POST", "/webhooks/deliver", self.deliver),
            ("POST", "/webhooks/release", self.release),
            ("POST", "/events/{event}/redeliver", self.redeliver),
            ("POST", "/disputes/{dispute}/close", self.close_dispute),
            ("POST", "/advance", self.advance),
            ("GET", "/journal", self.show_journal),
            ("DELETE", "/journal", self.clear_journal),
            ("POST", "/reset", self.reset),
        ]
        return [Route("/_simulator" + path, handler, methods=[method]) for method, path, handler in table]

    async def show_knobs(self, _request: Request) -> Response:
        """All knobs as they stand."""
        return JSONResponse(asdict(self._account.panel.knobs))

    async def turn_knobs(self, request: Request) -> Response:
        """Change those that are named."""
        try:
            knobs = self._account.panel.turn(await request.json())
        except ValueError as error:
            return refusal(error)
        self._wake()
        return JSONResponse(asdict(knobs))

    async def show_faults(self, _request: Request) -> Response:
        """What will go wrong."""
        return JSONResponse([asdict(fault) for fault in self._account.panel.faults()])

    async def add_fault(self, request: Request) -> Response:
        """Make the next matching calls go wrong."""
        try:
            return JSONResponse(asdict(self._account.panel.add_fault(await request.json())))
        except ValueError as error:
            return refusal(error)

    async def clear_faults(self, _request: Request) -> Response:
        """Remove all faults."""
        self._account.panel.clear_faults()
        return JSONResponse([])

    async def show_deliveries(self, request: Request) -> Response:
        """Webhooks sent, waiting, lost and given up, newest first; `?event=` for one event's."""
        return JSONResponse(self._account.deliveries.report(request.query_params.get("event")))

    async def deliver(self, _request: Request) -> Response:
        """Send everything that waits, now; answers what became of it."""
        return JSONResponse(list(await self._sender.send_all()))

    async def release(self, _request: Request) -> Response:
        """Release what is held for reordering, the last one first."""
        released = self._account.deliveries.release()
        self._wake()
        return JSONResponse({"released": released})

    async def redeliver(self, request: Request) -> Response:
        """Send one event once more, even one that was lost."""
        event = self._account.find(request.path_params["event"])
        if event is None:
            return JSONResponse({"error": "no such event"}, 404)
        self._account.deliveries.again(event["id"], event["type"])
        self._wake()
        return JSONResponse({"queued": event["id"]})

    async def close_dispute(self, request: Request) -> Response:
        """Decide a dispute: `{"outcome": "won"}` or "lost"."""
        outcome = (await request.json()).get("outcome")
        if outcome not in disputes.CLOSED:
            return JSONResponse({"error": f"outcome is one of {', '.join(disputes.CLOSED)}"}, 400)
        try:
            with self._account.store.transaction():
                found = self._account.get("dispute", request.path_params["dispute"], "dispute")
                dispute = disputes.close_with(self._account, found, outcome)
        except StripeError as error:
            return JSONResponse({"error": str(error)}, error.status)
        self._wake()
        return JSONResponse(dispute)

    async def advance(self, request: Request) -> Response:
        """Move the account's clock `{"seconds": n}` forward and do what is due by then."""
        seconds = (await request.json()).get("seconds")
        if not isinstance(seconds, int | float) or seconds < 0:
            return JSONResponse({"error": "seconds is a number that is not negative"}, 400)
        self._account.clock.advance(seconds)
        done = due_work.run_due(self._account)
        self._wake()
        return JSONResponse({"now": self._account.now(), "done": done})

    async def show_journal(self, request: Request) -> Response:
        """Requests and answers, oldest first; `?after=` a number."""
        return JSONResponse(self._journal.entries(int(request.query_params.get("after", "0"))))

    async def clear_journal(self, _request: Request) -> Response:
        """Delete the requests so far."""
        self._journal.clear()
        return JSONResponse([])

    async def reset(self, _request: Request) -> Response:
        """Delete everything: objects, deliveries, keys, knobs, faults, the clock."""
        # Not while a webhook is on its way: it would arrive after everything was deleted.
        async with self._sender.sending:
            self._account.store.delete_everything()
            self._account.panel.reset()
            self._account.clock.reset()
        self._wake()
        return JSONResponse({})

    def _wake(self) -> None:
        self._sender.alarm.ring()
        self._due_work_alarm.ring()


def refusal(error: ValueError) -> Response:
    """A request that makes no sense."""
    return JSONResponse({"error": str(error)}, 400)
