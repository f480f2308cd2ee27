"""The simulator's and the mail catcher's controls answer only to programs and to their own origin."""

from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from mail_catcher.app import create_app
from mail_catcher.mailbox import Mailbox
from stripe_simulator.app import build
from stripe_simulator.settings import Settings

HERE = "http://127.0.0.1:1080"
EVIL = "https://evil.example"
OTHERS: dict[str, Mapping[str, str]] = {
    "a form of a foreign page": {"Origin": EVIL},
    "a page that names no origin": {"Origin": "null"},
    "another port of this machine": {"Origin": "http://127.0.0.1:8080"},
    "a script of a foreign page": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    "another port, by its site": {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    "a foreign name that leads here": {"Host": "evil.example:1080", "Origin": "http://evil.example:1080"},
    "the same, reading": {"Host": "evil.example:1080", "Sec-Fetch-Site": "same-origin"},
}
OWN: dict[str, Mapping[str, str]] = {
    "a program": {},
    "a program that calls it by the network's name": {"Host": "mail:1080"},
    "its own page": {"Origin": HERE, "Sec-Fetch-Site": "same-origin"},
    "its own page by another name": {"Host": "localhost:1080", "Origin": "http://localhost:1080"},
    "an address that is typed": {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"},
}


@pytest.fixture(params=["mail", "stripe"])
def controls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[ASGIApp, str]:
    """A program, and the path of one of its controls, which can be read and deleted."""
    if request.param == "mail":
        return create_app(Mailbox(tmp_path), "127.0.0.1", 0), "/messages"
    settings = Settings(tmp_path / "state.db", "sk_test_1", "pk_test_1", "whsec_1")
    return build(settings), "/_simulator/faults"


async def statuses(controls: tuple[ASGIApp, str], headers: Mapping[str, str]) -> list[int]:
    app, path = controls
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE, headers=headers) as client:
        answers = [await client.request(method, path) for method in ("GET", "DELETE", "OPTIONS")]
    assert not any("access-control-allow-origin" in answer.headers for answer in answers if answer.status_code == 403)
    return [answer.status_code for answer in answers]


@pytest.mark.parametrize("headers", OTHERS.values(), ids=OTHERS)
async def test_a_page_of_another_origin_is_refused(controls: tuple[ASGIApp, str], headers: Mapping[str, str]) -> None:
    assert await statuses(controls, headers) == [403, 403, 403]


@pytest.mark.parametrize("headers", OWN.values(), ids=OWN)
async def test_programs_and_own_pages_are_answered(controls: tuple[ASGIApp, str], headers: Mapping[str, str]) -> None:
    read, deleted, _ = await statuses(controls, headers)
    assert (read, deleted in {200, 204}) == (200, True)


async def test_a_link_may_lead_to_a_mail(controls: tuple[ASGIApp, str]) -> None:
    """And to nothing that changes anything."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert await statuses(controls, headers) == [200, 403, 403]
