"""The rooms that this process serves: what was published in each goes to all who listen, in order, each event once.

Redis says at once what happened, and may lose it. The database knows everything, and is asked every second. Both come
together here: a room's events count up by one, so the next number is passed on, a known one dropped, and a gap makes
the hub look into the database without waiting for the next round.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field

import structlog
from prometheus_client import Counter

from notification_service.application.ports import RoomLog
from notification_service.domain.rooms import MOST_MISSED, RoomEvent
from notification_service.entrypoints.http.messages import event_text, subscribed_text
from notification_service.entrypoints.http.sockets import LOGIN_ENDED, Ending, Socket
from parking_chassis.metrics import ERRORS, expect_errors
from parking_messaging.waiting import wait_for_any

log = structlog.stdlib.get_logger(__name__)

BATCH = 500
POLL = "room_poll"

ROOM_EVENTS_FOUND = Counter("room_events_found", "Room events that reached this process by the poll, not by Redis")


@dataclass(slots=True)
class _Feed:
    """A room with listeners. All up to `last_id` went to the members; each member listens from its position on."""

    last_id: int | None = None
    members: dict[Socket, int] = field(default_factory=dict[Socket, int])
    joining: int = 0


class Hub:
    """Who listens to what, in this process."""

    def __init__(self, room_log: RoomLog, poll_seconds: float) -> None:
        self._log = room_log
        self._poll_seconds = poll_seconds
        self._feeds: dict[str, _Feed] = {}
        self._wanted = asyncio.Event()
        expect_errors(POLL)

    @property
    def rooms(self) -> int:
        """How many rooms have listeners here."""
        return len(self._feeds)

    async def join(self, socket: Socket, room: str, after: int | None) -> None:
        """Let a socket listen, with `after` from the event that follows that id."""
        feed = self._feeds.setdefault(room, _Feed())
        if after is None and socket in feed.members:
            socket.offer(subscribed_text(room, max(feed.members[socket], feed.last_id or 0), is_whole=True))
            return
        feed.members.pop(socket, None)
        feed.joining += 1
        try:
            position = await self._catch_up(socket, room, feed, after)
            feed.members[socket] = position
        finally:
            feed.joining -= 1
            self._drop_if_empty(room, feed)

    def leave(self, socket: Socket, room: str) -> None:
        """Let a socket listen no more."""
        if feed := self._feeds.get(room):
            feed.members.pop(socket, None)
            self._drop_if_empty(room, feed)

    def receive(self, event: RoomEvent) -> None:
        """An announcement came."""
        feed = self._feeds.get(event.room)
        if feed is None:
            return
        if feed.last_id is not None and event.id == feed.last_id + 1:
            self._pass_on(feed, event)
        elif feed.last_id is None or event.id > feed.last_id:
            self.look()

    def look(self) -> None:
        """Announcements may have been missed: look into the database now."""
        self._wanted.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Look into the database, again and again, until `stop` is set."""
        while not stop.is_set():
            self._wanted.clear()
            try:
                await self.poll()
            except Exception:  # an entry point's loop: recorded, and tried again
                log.exception("room_poll_failed")
                ERRORS.labels(POLL).inc()
            await wait_for_any(stop, self._wanted, timeout=self._poll_seconds)

    async def poll(self) -> None:
        """Pass on all that the database knows and this process does not."""
        while positions := self._positions():
            events = await self._log.since(positions, BATCH)
            for event in events:
                feed = self._feeds.get(event.room)
                # Not `+ 1`: what lies between may be purged already.
                if feed is not None and feed.last_id is not None and event.id > feed.last_id:
                    ROOM_EVENTS_FOUND.inc()
                    self._pass_on(feed, event)
            if len(events) < BATCH:
                return

    def _positions(self) -> dict[str, int]:
        return {room: feed.last_id for room, feed in self._feeds.items() if feed.last_id is not None}

    def _pass_on(self, feed: _Feed, event: RoomEvent) -> None:
        feed.last_id = event.id
        text = event_text(event)
        gone = [socket for socket, position in feed.members.items() if event.id > position and not socket.offer(text)]
        for socket in gone:
            del feed.members[socket]

    async def _catch_up(self, socket: Socket, room: str, feed: _Feed, after: int | None) -> int:
        """Send what was missed, up to where the members are; the position from which live events follow."""
        newest = await self._log.last_id(room)
        if feed.last_id is None:
            feed.last_id = newest
        position, is_whole = await self._start(room, after, newest)
        socket.offer(subscribed_text(room, position, is_whole=is_whole))
        while position < feed.last_id:
            events = await self._log.since({room: position}, BATCH)
            for event in events:
                socket.offer(event_text(event))
            position = events[-1].id if events else feed.last_id
            await socket.drained()
        return position

    async def _start(self, room: str, after: int | None, newest: int) -> tuple[int, bool]:
        if after is None or after == newest:
            return newest, True
        if after > newest or newest - after > MOST_MISSED:
            return newest, False
        first = await self._log.since({room: after}, 1)
        return (after, True) if first and first[0].id == after + 1 else (newest, False)

    def _drop_if_empty(self, room: str, feed: _Feed) -> None:
        if not feed.members and not feed.joining and self._feeds.get(room) is feed:
            del self._feeds[room]


class OpenSockets:
    """All sockets of this process and the logins that opened them, to be closed when it stops or a login ends."""

    def __init__(self) -> None:
        self._sockets: dict[Socket, str | None] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self.is_closing = False

    def add(self, socket: Socket, login_id: str | None) -> None:
        """One more."""
        self._sockets[socket] = login_id
        self._empty.clear()

    def remove(self, socket: Socket) -> None:
        """One less."""
        self._sockets.pop(socket, None)
        if not self._sockets:
            self._empty.set()

    def close_of(self, login_ids: Collection[str]) -> None:
        """These logins have ended: close their sockets at once."""
        for socket, login_id in self._sockets.items():
            if login_id in login_ids:
                socket.cut(LOGIN_ENDED)

    async def close_all(self, ending: Ending, seconds: float) -> None:
        """Close them all, take no new ones, and wait for at most so long."""
        self.is_closing = True
        for socket in list(self._sockets):
            socket.close(ending)
        await wait_for_any(self._empty, timeout=seconds)
