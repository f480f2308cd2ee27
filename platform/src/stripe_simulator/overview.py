"""The page at `/`: the latest payments and deliveries, for a person who looks."""

from collections.abc import Iterable
from html import escape

from stripe_simulator.account import Account
from stripe_simulator.currencies import spoken

SHOWN = 50
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Stripe simulator</title>
<style>body{{font:.9rem system-ui;margin:2rem}}table{{border-collapse:collapse;margin-bottom:2rem}}
th,td{{text-align:left;padding:.2rem .8rem;border-bottom:1px solid #ddd}}</style></head>
<body><main><h1>Stripe simulator</h1>
<h2>Payments</h2>{payments}<h2>Deliveries</h2>{deliveries}</main></body></html>"""


def render(account: Account) -> str:
    """The page as HTML."""
    intents = account.select("kind = 'payment_intent'", limit=SHOWN)
    payments = [
        (intent["id"], spoken(intent["amount"], intent["currency"]), intent["status"], intent["description"] or "")
        for intent in intents
    ]
    deliveries = [
        (row["event"], row["type"], row["state"], row["attempts"], row["answer"] or "")
        for row in account.deliveries.report(limit=SHOWN)
    ]
    return PAGE.format(
        payments=table(("payment intent", "amount", "status", "description"), payments),
        deliveries=table(("event", "type", "state", "attempts", "answer"), deliveries),
    )


def table(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table as HTML."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
