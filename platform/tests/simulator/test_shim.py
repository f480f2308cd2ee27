"""The shim in a real browser: Chromium runs a page that fills the Payment Element in and writes what came of it."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import stripe

from stripe_simulator.process import SimulatorProcess

pytestmark = pytest.mark.integration

PAGE = """<!doctype html><html><body><div id="card"></div><output></output>
<script src="{simulator}/endive/stripe.js"></script>
<script>
const secret = "{secret}";
const stripe = Stripe("{key}");
const elements = stripe.elements({{ clientSecret: secret }});
const element = elements.create("payment");
element.mount("#card");
const inputs = document.querySelectorAll("#card input");
const fill = (values) => inputs.forEach((input, at) => {{ input.value = values[at]; }});
const show = (result) => {{ document.querySelector("output").textContent = JSON.stringify(result); }};
const confirm = (redirect) =>
  stripe.confirmPayment({{ elements, redirect, confirmParams: {{ return_url: "https://parking.example/paid" }} }});
(async () => {{ {script} }})();
</script></body></html>"""

type Browse = Callable[[str], str]


@pytest.fixture
def intent(client: stripe.StripeClient) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create({"amount": 1250, "currency": "eur"})


@pytest.fixture
def browse(simulator: SimulatorProcess, intent: stripe.PaymentIntent, tmp_path: Path) -> Iterator[Browse]:
    """Runs a script on a page of another origin than the simulator's, and answers the page as it is in the end."""
    page = ""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
            """Keep the tests' output quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()

        def run(script: str) -> str:
            nonlocal page
            page = PAGE.format(
                simulator=simulator.url, secret=intent.client_secret, key=simulator.publishable_key, script=script
            )
            return dumped(f"http://127.0.0.1:{server.server_port}/", tmp_path / "profile")

        yield run
        server.shutdown()
        thread.join()


def dumped(url: str, profile: Path) -> str:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "needs Chromium on the PATH"
    flags = "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    flags += " --disable-sync --no-first-run --virtual-time-budget=15000 --dump-dom"
    command = [chromium, *flags.split(), f"--user-data-dir={profile}", url]
    return unescape(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)


def test_a_card_pays(browse: Browse, client: stripe.StripeClient, intent: stripe.PaymentIntent) -> None:
    dom = browse('fill(["4242 4242 4242 4242", "12 / 34", "123"]); show(await confirm("if_required"));')
    assert '"status":"succeeded"' in dom
    assert '<label for="stripe-number">Card number</label>' in dom
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_page_can_make_a_payment_method_first(browse: Browse) -> None:
    dom = browse('fill(["4242424242424242", "12/34", "123"]); show(await stripe.createPaymentMethod({ elements }));')
    assert '"last4":"4242"' in dom


def test_a_decline_is_an_error(browse: Browse) -> None:
    dom = browse('fill(["4000000000009995", "12/34", "123"]); show(await confirm("if_required"));')
    assert '"decline_code":"insufficient_funds"' in dom


def test_an_incomplete_card_is_not_submitted(browse: Browse) -> None:
    assert '"code":"incomplete_number"' in browse('fill(["4242", "", ""]); show(await elements.submit());')


def test_3d_secure_takes_the_page(browse: Browse) -> None:
    """Chromium cannot print a page that it left: so the page catches where it is sent."""
    dom = browse("""
        navigation.addEventListener("navigate", (event) => { event.preventDefault(); show(event.destination.url); });
        fill(["4000002760003184", "12/34", "123"]);
        confirm("always");
    """)
    assert "/3d_secure/pi_" in dom


def test_a_payment_without_questions_goes_to_the_return_url(browse: Browse, intent: stripe.PaymentIntent) -> None:
    dom = browse("""
        navigation.addEventListener("navigate", (event) => { event.preventDefault(); show(event.destination.url); });
        fill(["4242424242424242", "12/34", "123"]);
        confirm("always");
    """)
    assert f"https://parking.example/paid?payment_intent={intent.id}" in dom
    assert "redirect_status=succeeded" in dom


def test_3d_secure_in_a_frame(browse: Browse) -> None:
    """`confirmCardPayment` shows it over the page. The answer is given from outside: a frame cannot be clicked here.

    Chromium ignores being sent to where it already is on its way; so the second address is another one.
    """
    dom = browse("""
        const paying = stripe.confirmCardPayment(secret, { payment_method: "pm_card_threeDSecure2Required" });
        let frame;
        while (!(frame = document.querySelector("dialog iframe"))) await new Promise((next) => setTimeout(next, 20));
        await fetch(frame.src + "/complete", { method: "POST", mode: "no-cors" });
        frame.src += "?again";
        show(await paying);
    """)
    assert '"status":"succeeded"' in dom
    assert "<dialog" not in dom
