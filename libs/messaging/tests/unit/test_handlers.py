from typing import Any

import pytest

from parking_events import EVENT_CLASSES, LotState, SpotCreatedV1, WireEvent
from parking_messaging import Handlers
from parking_messaging.handlers import Kind


async def handle(event: WireEvent, envelope: object, tx: object) -> None:
    """Does nothing."""


def test_a_state_means_all_its_events() -> None:
    handlers: Handlers[Any] = Handlers()
    handlers.state_copy(LotState, handle)
    handlers.effect(SpotCreatedV1, handle)
    lots = [name for name, known in EVENT_CLASSES.items() if issubclass(known, LotState)]
    assert len(lots) == 5
    routes = [handlers.route(name) for name in lots]
    assert all(route is not None and route.kind is Kind.STATE_COPY for route in routes)
    assert handlers.route("parking.spot.updated.v1") is None
    assert handlers.topics == {"parking.lot.v1", "parking.spot.v1"}


def test_an_event_has_one_handler() -> None:
    handlers: Handlers[Any] = Handlers()
    handlers.state_copy(LotState, handle)
    with pytest.raises(ValueError, match="has a handler already"):
        handlers.effect(EVENT_CLASSES["parking.lot.created.v1"], handle)


def test_what_is_no_event_is_refused() -> None:
    handlers: Handlers[Any] = Handlers()

    class Lonely(WireEvent):
        """Names no type."""

    with pytest.raises(ValueError, match="is no wire event"):
        handlers.effect(Lonely, handle)
