"""Which handler takes which event."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from parking_events import EVENT_CLASSES, WireEvent
from parking_messaging.cloud_events import Envelope

type Handler[Event, Tx] = Callable[[Event, Envelope, Tx], Awaitable[None]]
"""Applies one event within the transaction it is given; it never commits."""


class Delivery(NamedTuple):
    """An event with its envelope."""

    event: Any
    envelope: Envelope


type BatchHandler[Tx] = Callable[[Sequence[Delivery], Tx], Awaitable[None]]
"""Applies several events at once. Where it raises, it is called again with each half: batches are for speed only."""


class Kind(Enum):
    """How a repeat is made harmless: by the event's id, or by the version that the handler compares."""

    EFFECT = "effect"
    STATE_COPY = "state copy"


@dataclass(frozen=True, slots=True)
class Route[Tx]:
    """What happens with one event type."""

    kind: Kind
    handle: BatchHandler[Tx]
    batch_size: int


class Handlers[Tx]:
    """The handlers of one consumer group. Registering a state (`LotState`) means all events of it.

    With `share_a_lane`, all partitions of a process are worked through in one lane, and a batch is made of what waits
    in all of them. That is for handlers whose transactions would only wait for each other, or that call something where
    many small calls cost more than a large one. The price: what holds up one partition holds up all.
    """

    def __init__(self, *, share_a_lane: bool = False) -> None:
        self.share_a_lane = share_a_lane
        self._routes: dict[str, Route[Tx]] = {}

    def effect[Event: WireEvent](self, event_class: type[Event], handler: Handler[Event, Tx]) -> None:
        """Call `handler` exactly once for each event: a repeat is known by its id, whatever its version."""
        self._add(event_class, Route(Kind.EFFECT, _one_by_one(handler), batch_size=1))

    def state_copy[Event: WireEvent](self, event_class: type[Event], handler: Handler[Event, Tx]) -> None:
        """Call `handler` at least once for each event; it must ignore versions not above the stored one.

        `upsert_if_newer` writes such a statement. Nothing is noted in the inbox.
        """
        self._add(event_class, Route(Kind.STATE_COPY, _one_by_one(handler), batch_size=1))

    def effect_batch(self, event_class: type[WireEvent], handler: BatchHandler[Tx], *, batch_size: int) -> None:
        """As `effect`, up to `batch_size` events of a lane at a time, in one transaction.

        What it writes to the outbox goes on in the trace of the first of them.
        """
        self._add(event_class, Route(Kind.EFFECT, handler, batch_size))

    def state_copy_batch(self, event_class: type[WireEvent], handler: BatchHandler[Tx], *, batch_size: int) -> None:
        """As `state_copy`, up to `batch_size` events of a lane at a time, in one transaction."""
        self._add(event_class, Route(Kind.STATE_COPY, handler, batch_size))

    @property
    def topics(self) -> frozenset[str]:
        """What the group has to subscribe to."""
        return frozenset(EVENT_CLASSES[event_type].topic.name for event_type in self._routes)

    @property
    def types(self) -> frozenset[str]:
        """The event types that have a handler."""
        return frozenset(self._routes)

    def route(self, event_type: str) -> Route[Tx] | None:
        """The route of an event type; None where this group does not care, or does not know it yet."""
        return self._routes.get(event_type)

    def _add(self, event_class: type[WireEvent], route: Route[Tx]) -> None:
        types = [name for name, known in EVENT_CLASSES.items() if issubclass(known, event_class)]
        if not types:
            raise ValueError(f"{event_class.__name__} is no wire event")
        for event_type in types:
            if event_type in self._routes:
                raise ValueError(f"{event_type} has a handler already")
            self._routes[event_type] = route


def _one_by_one[Event: WireEvent, Tx](handler: Handler[Event, Tx]) -> BatchHandler[Tx]:
    async def handle(deliveries: Sequence[Delivery], tx: Tx) -> None:
        for event, envelope in deliveries:
            await handler(event, envelope, tx)

    return handle
