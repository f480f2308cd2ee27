"""`.run/demo.json`: where everything is, and the accounts to sign in with."""

import json
from dataclasses import asdict
from typing import Any

from parking_platform.accounts import accounts
from parking_platform.composition import Composition


def content(parts: Composition) -> dict[str, Any]:
    """What the file says. Paths are relative to the checkout when they lie in it."""
    ports = parts.settings.ports
    authority = parts.certificates.authority
    checkout = parts.layout.run.parent
    return {
        "gateway": parts.public_url,
        "ca": str(authority.relative_to(checkout)),
        "kafka": f"localhost:{ports['kafka']}",
        "elasticsearch": f"http://localhost:{ports['elasticsearch']}",
        "stripe": f"http://localhost:{ports['stripe']}",
        "mail": f"http://localhost:{ports['mail_http']}",
        "postgres": {name: parts.database_url(name) for name in parts.settings.databases},
        "accounts": {name: asdict(account) for name, account in accounts(parts.secrets).items()},
    }


def write(parts: Composition) -> None:
    """Write it, readable by its owner alone: it holds passwords."""
    file = parts.layout.demo
    being_written = file.with_suffix(".part")
    being_written.touch(mode=0o600)
    being_written.write_text(json.dumps(content(parts), indent=2) + "\n")
    being_written.rename(file)


def summary(parts: Composition) -> str:
    """The same for people: where to look, and the accounts to sign in with."""
    said = content(parts)
    places = {
        "API": f"{said['gateway']}/api/v1 (its authority: {said['ca']})",
        "its documentation": f"{said['gateway']}/api/docs",
        "mails that were sent": said["mail"],
        "payments": f"{said['stripe']} (simulated Stripe)",
    }
    people = {name: f"{account['email']} {account['password']}" for name, account in said["accounts"].items()}
    lines = [f"  {name:<22} {where}" for name, where in (places | people).items()]
    return "\n".join((*lines, f"  {'all of it':<22} {parts.layout.demo}"))
