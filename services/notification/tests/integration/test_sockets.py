"""Rooms over the WebSocket: who may listen, in which order, what is refused, how it ends."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from services.notification.tests.events import Publishing, reservation_event, spot_event
from services.notification.tests.installation import access_token, bearer
from services.notification.tests.running import RunningNotification, open_socket
from services.notification.tests.talking import enter, receive, receive_events, say
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from parking_events import ReservationCreatedV1

ME = uuid4()


@pytest_asyncio.fixture
async def socket(notification: RunningNotification) -> AsyncIterator[ClientConnection]:
    async with notification.socket(ME) as socket:
        yield socket


async def closing(socket: ClientConnection) -> tuple[int | None, list[str | bytes]]:
    """The code that the server closes with, and what it said before."""
    said: list[str | bytes] = []
    try:
        async with asyncio.timeout(15):
            while True:
                said.append(await socket.recv())
    except ConnectionClosed:
        return socket.close_code, said


async def refused(opening: connect) -> tuple[int, str]:
    """Status and problem of a handshake that does not succeed."""
    with pytest.raises(InvalidStatus) as failure:
        await opening
    response = failure.value.response
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["www-authenticate"].startswith("Bearer")
    return response.status_code, (response.body or b"").decode()


class TestOrder:
    async def test_each_event_reaches_each_process_once_and_in_order(
        self, notification: RunningNotification, publish: Publishing
    ) -> None:
        lot_id = uuid4()
        async with notification.socket(ME, 0) as here, notification.socket(ME, 1) as there:
            for socket in (here, there):
                assert (await enter(socket, f"lot:{lot_id}"))["id"] == "0"
            await publish(*(spot_event(lot_id, version) for version in range(1, 101)), times=2)
            for socket in (here, there):
                received = await receive_events(socket, 100)
                assert [each["id"] for each in received] == [str(number) for number in range(1, 101)]
                assert [each["data"]["version"] for each in received] == list(range(1, 101))
                assert {each["event"] for each in received} == {"spot.occupied"}
        counted = await notification.fetch("SELECT last_id FROM rooms WHERE room = $1", f"lot:{lot_id}")
        assert counted == [(100,)]

    async def test_who_was_away_is_sent_what_was_missed(
        self, notification: RunningNotification, publish: Publishing, socket: ClientConnection
    ) -> None:
        lot_id = uuid4()
        room = f"lot:{lot_id}"
        await enter(socket, room)
        await publish(*(spot_event(lot_id, version) for version in range(1, 11)))
        await receive_events(socket, 10)
        async with notification.socket(ME, 1) as back:
            answer = await enter(back, room, after="7")
            assert (answer["id"], answer["data"]["resumed"]) == ("7", True)
            assert [each["id"] for each in await receive_events(back, 3)] == ["8", "9", "10"]
            await publish(spot_event(lot_id, 11))
            assert [each["id"] for each in await receive_events(back, 1)] == ["11"]

    async def test_a_client_that_missed_what_is_purged_is_answered_so(
        self, notification: RunningNotification, publish: Publishing, socket: ClientConnection
    ) -> None:
        lot_id = uuid4()
        room = f"lot:{lot_id}"
        await enter(socket, room)
        await publish(*(spot_event(lot_id, version) for version in range(1, 6)))
        await receive_events(socket, 5)
        await notification.fetch("DELETE FROM room_events WHERE room = $1 AND id <= 3", room)
        for after in ("1", "99"):
            answer = await enter(socket, room, after=after)
            assert (answer["id"], answer["data"]["resumed"]) == ("5", False)
        assert (await enter(socket, room, after="3"))["data"]["resumed"] is True
        assert [each["id"] for each in await receive_events(socket, 2)] == ["4", "5"]

    async def test_a_client_that_has_left_gets_nothing(self, publish: Publishing, socket: ClientConnection) -> None:
        left, stayed = uuid4(), uuid4()
        for lot_id in (left, stayed):
            await enter(socket, f"lot:{lot_id}")
        await say(socket, type="unsubscribe", room=f"lot:{left}")
        assert (await receive(socket))["type"] == "unsubscribed"
        await publish(spot_event(left), spot_event(stayed))
        assert (await receive(socket))["room"] == f"lot:{stayed}"


class TestPermission:
    async def test_a_reservation_is_for_its_driver_and_its_operator(
        self, notification: RunningNotification, publish: Publishing
    ) -> None:
        event = reservation_event(ReservationCreatedV1, user_id=ME)
        room, organization = f"reservation:{event.reservation_id}", event.organization_id
        operator = {"scope": "read:reservation", "organizations": (organization,)}
        async with notification.socket(ME) as mine, notification.socket(uuid4(), **operator) as operators:
            entering = asyncio.create_task(enter(mine, room))  # before notification knows of the reservation
            await publish(event)
            assert (await entering)["type"] == "subscribed"
            assert (await enter(operators, room))["type"] == "subscribed"
            assert (await enter(operators, f"organization:{organization}"))["type"] == "subscribed"
            await publish(reservation_event(reservation_id=event.reservation_id, organization_id=organization))
            assert (await receive_events(mine, 1))[0]["event"] == "reservation.confirmed"
            both = await receive_events(operators, 2)
            assert {each["room"] for each in both} == {room, f"organization:{organization}"}

    async def test_foreign_rooms_are_as_good_as_none(
        self, notification: RunningNotification, publish: Publishing, socket: ClientConnection
    ) -> None:
        event = reservation_event()
        async with notification.socket(event.user_id or ME) as owner:
            await enter(owner, f"user:{event.user_id}")
            await publish(event)
            await receive_events(owner, 2)
        foreign = (f"user:{event.user_id}", f"organization:{event.organization_id}")
        for room in (*foreign, f"reservation:{event.reservation_id}", f"reservation:{uuid4()}", "lot:x", "cellar:1"):
            answer = await enter(socket, room)
            assert (answer["type"], answer["room"], answer["data"]["code"]) == ("error", room, "unknown-room")

    async def test_a_driver_of_the_organization_is_no_operator(self, notification: RunningNotification) -> None:
        organization = uuid4()
        async with notification.socket(ME, organizations=(organization,)) as socket:
            assert (await enter(socket, f"organization:{organization}"))["type"] == "error"


class TestAdmission:
    @pytest.mark.parametrize(
        "token",
        ["", "nonsense", access_token(seconds=-60), access_token(secret="another secret of enough characters....")],
        ids=["none", "nonsense", "expired", "forged"],
    )
    async def test_a_bad_token_is_refused(self, notification: RunningNotification, token: str) -> None:
        status, body = await refused(open_socket(notification.serving[0], token))
        assert status == 401
        assert "/problems/unauthenticated" in body

    async def test_nobody_comes_in_without_a_token(self, notification: RunningNotification) -> None:
        url = notification.serving[0].url.replace("http", "ws") + "/api/v1/ws"
        for query in ("", "?ticket=", "?ticket=nonsense"):
            assert (await refused(connect(url + query, proxy=None)))[0] == 401
        protocols = [Subprotocol("parking")]
        assert (await refused(connect(url, proxy=None, subprotocols=protocols)))[0] == 401

    async def test_the_subprotocol_is_answered(self, notification: RunningNotification) -> None:
        token = access_token(ME)
        async with open_socket(notification.serving[0], token) as socket:
            assert socket.subprotocol == f"bearer.{token}"

    async def test_a_ticket_opens_one_socket_anywhere(self, notification: RunningNotification) -> None:
        async with httpx.AsyncClient(base_url=notification.serving[0].url, trust_env=False) as client:
            assert (await client.post("/api/v1/ws/tickets")).status_code == 401
            given = await client.post("/api/v1/ws/tickets", headers=bearer(access_token(ME)))
        assert (given.status_code, given.json()["expires_in"]) == (201, 30)
        url = f"{notification.serving[1].url.replace('http', 'ws')}/api/v1/ws?ticket={given.json()['ticket']}"
        async with connect(url, proxy=None) as socket:
            assert (await enter(socket, f"user:{ME}"))["type"] == "subscribed"
            assert (await enter(socket, f"user:{uuid4()}"))["type"] == "error"
        assert (await refused(connect(url, proxy=None)))[0] == 401

    async def test_a_socket_ends_with_its_token(self, notification: RunningNotification) -> None:
        async with notification.socket(ME, seconds=1.5) as socket:
            assert (await enter(socket, f"user:{ME}"))["type"] == "subscribed"
            assert await closing(socket) == (4401, [])


class TestBadInput:
    @pytest.mark.parametrize(
        "message",
        [
            "",
            "nonsense",
            "[]",
            "{}",
            '{"type":"dance"}',
            '{"type":"subscribe"}',
            '{"type":"subscribe","room":7}',
            '{"type":"subscribe","room":"lot:1","after":-1}',
            '{"type":"subscribe","room":"lot:1","more":1}',
            b"\x00\x01",
        ],
    )
    async def test_an_error_says_what_is_wrong_and_the_socket_lives(
        self, socket: ClientConnection, message: str | bytes
    ) -> None:
        await socket.send(message)
        answer = await receive(socket)
        assert (answer["type"], answer["data"]["code"]) == ("error", "invalid-message")
        await say(socket, type="ping")
        assert await receive(socket) == {"type": "pong"}

    async def test_too_many_errors_end_it(self, socket: ClientConnection) -> None:
        for _ in range(5):
            await socket.send("nonsense")
        code, said = await closing(socket)
        assert (code, len(said)) == (1008, 5)

    async def test_a_message_too_long_ends_it(self, socket: ClientConnection) -> None:
        await socket.send(f'{{"type":"ping"{" " * 5000}}}')
        assert (await closing(socket))[0] == 1009

    async def test_a_socket_has_a_limit_of_rooms(self, socket: ClientConnection) -> None:
        rooms = [f"lot:{uuid4()}" for _ in range(101)]
        answers = [await enter(socket, room) for room in rooms]
        assert [each["type"] for each in answers] == ["subscribed"] * 100 + ["error"]
        assert answers[-1]["data"]["code"] == "too-many-rooms"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/notifications/preferences"),
        ("POST", "/api/v1/push-subscriptions"),
        ("POST", "/api/v1/announcements"),
        ("POST", f"/api/v1/parking-lots/{UUID(int=1)}/watch"),
        ("GET", "/api/v1/ws"),
    ],
)
async def test_what_is_not_there_is_404(notification: RunningNotification, method: str, path: str) -> None:
    async with httpx.AsyncClient(base_url=notification.serving[0].url, trust_env=False) as client:
        answer = await client.request(method, path, headers=bearer(access_token(ME)))
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"cursor": "nonsense"}, {"cursor": "WyJhIiwiYiJd"}])
async def test_a_bad_page_is_422(notification: RunningNotification, query: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=notification.serving[0].url, trust_env=False) as client:
        answer = await client.get("/api/v1/notifications", params=query, headers=bearer(access_token(ME)))
        nobody = await client.get("/api/v1/notifications")
    assert (answer.status_code, nobody.status_code) == (422, 401)


async def test_a_machine_client_has_no_inbox(notification: RunningNotification) -> None:
    headers = bearer(access_token("gate-7"))
    async with httpx.AsyncClient(base_url=notification.serving[0].url, trust_env=False, headers=headers) as client:
        listed = await client.get("/api/v1/notifications")
        read = await client.post(f"/api/v1/notifications/{UUID(int=1)}/read")
    assert [(each.status_code, each.json()["type"]) for each in (listed, read)] == [(403, "/problems/forbidden")] * 2
