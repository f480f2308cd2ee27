"""`GET /ws`: rooms over a WebSocket. The protocol, with examples, is in the service's README."""

import asyncio
import time
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import DBAPIError
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from notification_service.application.commands.use_ticket import UseTicket
from notification_service.application.queries.enter_room import EnterRoom
from notification_service.bootstrap import Notification
from notification_service.domain.errors import InvalidTicket, UnknownRoom
from notification_service.domain.rooms import Room, RoomKind, Visitor
from notification_service.entrypoints.http import messages, sockets
from notification_service.entrypoints.http.dependencies import visitor_of
from notification_service.entrypoints.http.hub import Hub, OpenSockets
from notification_service.entrypoints.http.sockets import SOCKETS_OPEN, Socket
from parking_chassis.access_tokens import InvalidToken
from parking_chassis.metrics import ERRORS, expect_errors
from parking_chassis.problems import MEDIA_TYPE, NO_CREDENTIALS, UNAUTHENTICATED, UNAVAILABLE, Problem

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

log = structlog.stdlib.get_logger(__name__)

BEARER = "bearer."
MOST_ROOMS = 100
MOST_ERRORS = 5
WHERE = "websocket"
# A driver subscribes with the answer of `POST /reservations`; the event that says whose it is may take a moment.
OWNER_SECONDS = 2.0
OWNER_PAUSE = 0.1


class WebSocketEndpoint:
    """Admits a socket, and serves it until either side ends it. Plain ASGI: each message to each socket passes here."""

    def __init__(self, service: Notification, hub: Hub, open_sockets: OpenSockets) -> None:
        self._service = service
        self._hub = hub
        self._open_sockets = open_sockets
        expect_errors(WHERE)

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """See ASGI."""
        websocket = WebSocket(scope, receive, send)
        protocol = next((each for each in scope["subprotocols"] if each.startswith(BEARER)), None)
        try:
            visitor = await self._visitor(protocol, websocket.query_params.get("ticket"))
        except Problem as problem:
            await websocket.send_denial_response(_refusal(problem, scope["path"]))
            return
        await websocket.accept(protocol)
        visit = _Visit(visitor, Socket(self._service.settings.socket_queue), self._service, self._hub)
        self._open_sockets.add(visit.socket, visitor.login_id)
        if self._service.ended_logins.has(visitor.login_id):  # it ended after the look above, before the line above
            visit.socket.cut(sockets.LOGIN_ENDED)
        try:
            with SOCKETS_OPEN.track_inprogress():
                await visit.serve(receive, send)
        finally:
            self._open_sockets.remove(visit.socket)

    async def _visitor(self, protocol: str | None, ticket: str | None) -> Visitor:
        if self._open_sockets.is_closing:
            raise Problem(UNAVAILABLE, "This server is stopping; connect again.")
        try:
            if protocol is not None:
                return visitor_of(await self._service.token_verifier.verify(protocol.removeprefix(BEARER)))
            if ticket is not None:
                visitor = await self._service.use_cases.use_ticket(UseTicket(ticket))
                if self._service.ended_logins.has(visitor.login_id):
                    raise Problem(UNAUTHENTICATED, "The ticket is not valid any more: this login has ended.")
                return visitor
        except InvalidToken as error:
            raise Problem(UNAUTHENTICATED, f"The access token is not valid: {error}.") from error
        except InvalidTicket as error:
            raise Problem(UNAUTHENTICATED, str(error)) from error
        except (DBAPIError, OSError) as error:
            raise Problem(UNAVAILABLE, "A part that this needs is away for a moment; try again.") from error
        raise Problem(NO_CREDENTIALS, "This needs an access token as the subprotocol bearer.<token>, or a ticket.")


class _Visit:
    """One socket and whose it is."""

    def __init__(self, visitor: Visitor, socket: Socket, service: Notification, hub: Hub) -> None:
        self.socket = socket
        self._visitor = visitor
        self._enter_room = service.use_cases.enter_room
        self._hub = hub
        self._rooms: set[str] = set()
        self._errors = 0

    async def serve(self, receive: "Receive", send: "Send") -> None:
        """Until the peer hangs up, the token expires, its login ends, or something is wrong with one of them."""
        left = max(0.0, self._visitor.expires_at - time.time())
        expiry = asyncio.get_running_loop().call_later(left, self.socket.close, sockets.TOKEN_EXPIRED)
        listening = asyncio.create_task(self._listen(receive))
        try:
            await self.socket.send_all(send)
        finally:
            expiry.cancel()
            listening.cancel()
            await asyncio.wait({listening})
            for room in self._rooms:
                self._hub.leave(self.socket, room)

    async def _listen(self, receive: "Receive") -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self.socket.close(sockets.HUNG_UP)
                return
            try:
                await self._take(message.get("text"))
            except Exception:  # an entry point's loop: recorded, and the client may try again
                log.exception("websocket_message_failed")
                ERRORS.labels(WHERE).inc()
                self.socket.offer(messages.error_text("unavailable", "That did not work now; try again."))

    async def _take(self, text: str | None) -> None:
        if text is not None and len(text) > messages.MOST_CHARACTERS:
            self.socket.close(sockets.TOO_LARGE)
            return
        try:
            message = messages.parsed(text)
        except messages.Malformed as error:
            self._count_error(str(error))
            return
        match message:
            case messages.Ping():
                self.socket.offer(messages.PONG)
            case messages.Unsubscribe(room=room):
                self._rooms.discard(room)
                self._hub.leave(self.socket, room)
                self.socket.offer(messages.unsubscribed_text(room))
            case messages.Subscribe(room=room, after=after):
                await self._subscribe(room, None if after is None else int(after))

    async def _subscribe(self, name: str, after: int | None) -> None:
        if name not in self._rooms and len(self._rooms) >= MOST_ROOMS:
            detail = f"A socket listens to at most {MOST_ROOMS} rooms."
            self.socket.offer(messages.error_text("too-many-rooms", detail, name))
            return
        try:
            await self._enter(Room.named(name))
        except UnknownRoom as error:
            self.socket.offer(messages.error_text("unknown-room", str(error), name))
            return
        self._rooms.add(name)
        await self._hub.join(self.socket, name, after)

    async def _enter(self, room: Room) -> None:
        deadline = time.monotonic() + (OWNER_SECONDS if room.kind is RoomKind.RESERVATION else 0)
        while True:
            try:
                await self._enter_room(EnterRoom(self._visitor, room))
            except UnknownRoom:
                if time.monotonic() >= deadline:
                    raise
                await asyncio.sleep(OWNER_PAUSE)
            else:
                return

    def _count_error(self, detail: str) -> None:
        self._errors += 1
        self.socket.offer(messages.error_text("invalid-message", detail))
        if self._errors >= MOST_ERRORS:
            self.socket.close(sockets.TOO_MANY_ERRORS)


def _refusal(problem: Problem, path: str) -> JSONResponse:
    kind = problem.kind
    body = {
        "type": f"/problems/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "instance": path,
    }
    return JSONResponse(body, status_code=kind.status, headers=dict(kind.headers), media_type=MEDIA_TYPE)
