"""The 3-D Secure page: two plain forms, so that a person, a browser test and an HTTP client can all answer it."""

from html import escape
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from stripe_simulator import confirmation
from stripe_simulator.account import Account, Body
from stripe_simulator.currencies import spoken
from stripe_simulator.webhooks import Sender

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>3-D Secure</title><style>body{{font:1rem system-ui;max-width:26rem;margin:3rem auto;padding:0 1rem}}
form{{display:inline}}button{{font:inherit;padding:.6rem 1rem;margin-right:.5rem}}</style></head>
<body><main><h1>3D Secure 2 Test Page</h1>{content}</main></body></html>"""
QUESTION = """<p>Authorize a payment of <strong>{amount}</strong>?</p>
<form method="post" action="{attempt}/complete"><button id="test-source-authorize-3ds">Complete</button></form>
<form method="post" action="{attempt}/fail"><button id="test-source-fail-3ds">Fail</button></form>"""
# Stripe.js opens the page in a frame and waits for this word.
DONE = """<p>{status}. You may close this page.</p>
<script>if (parent !== window) parent.postMessage({{ threeDSecure: "{intent}" }}, "*")</script>"""
PASSED = ("succeeded", "processing", "requires_capture")


class ThreeDSecure:
    """Asks the cardholder and passes the answer on."""

    def __init__(self, account: Account, sender: Sender) -> None:
        self._account = account
        self._sender = sender

    async def ask(self, request: Request) -> Response:
        """GET /3d_secure/{intent}/{attempt}."""
        intent = self._account.find(request.path_params["intent"])
        if intent is None:
            return page("<p>There is no such payment.</p>", 404)
        attempt = request.path_params["attempt"]
        if not confirmation.is_open(self._account, intent, attempt):
            return self._back(intent)
        return page(QUESTION.format(amount=escape(spoken(intent["amount"], intent["currency"])), attempt=attempt))

    async def complete(self, request: Request) -> Response:
        """POST /3d_secure/{intent}/{attempt}/complete."""
        return self._finish(request, passed=True)

    async def fail(self, request: Request) -> Response:
        """POST /3d_secure/{intent}/{attempt}/fail."""
        return self._finish(request, passed=False)

    def _finish(self, request: Request, *, passed: bool) -> Response:
        intent_id, attempt = request.path_params["intent"], request.path_params["attempt"]
        with self._account.store.transaction():
            intent = confirmation.finish_authentication(self._account, intent_id, attempt, passed=passed)
        self._sender.alarm.ring()
        return page("<p>There is no such payment.</p>", 404) if intent is None else self._back(intent)

    def _back(self, intent: Body) -> Response:
        """To the shop's page, with what Stripe appends to its address; a frame gets a message instead."""
        return_url = self._account.hidden(intent["id"]).get("return_url")
        if not return_url:
            return page(DONE.format(status=intent["status"], intent=intent["id"]))
        outcome = {
            "payment_intent": intent["id"],
            "payment_intent_client_secret": intent["client_secret"],
            "redirect_status": "succeeded" if intent["status"] in PASSED else "failed",
        }
        parts = urlsplit(return_url)
        query = "&".join(filter(None, (parts.query, urlencode(outcome))))
        return RedirectResponse(urlunsplit(parts._replace(query=query)), 303)


def page(content: str, status: int = 200) -> HTMLResponse:
    """The page around its content."""
    return HTMLResponse(PAGE.format(content=content), status)
