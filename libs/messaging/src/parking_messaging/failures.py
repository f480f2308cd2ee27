"""The two failures that a handler raises, and what else can go wrong."""

import asyncpg
from sqlalchemy import exc as sqlalchemy_errors


class TryAgainLater(Exception):
    """Something that the handler needs is away: the lane waits with backoff, and nothing is lost."""


class PoisonEvent(Exception):
    """This event can never be applied as it is: it goes to the dead letters without further tries."""


class TooManyDeadLetters(Exception):
    """More events failed than a healthy system could explain; the consumer stops, rather than make all of them dead."""


class BacklogLost(Exception):
    """The connection that holds the relay's lock is gone; the relay that held it must stop publishing."""


class PublisherUnavailable(Exception):
    """Kafka cannot be written at the moment."""


class TopicsNotMade(ConnectionError):
    """Kafka is away, or refuses a topic; the message says which topics, and what an operator can do."""


class SourceUnavailable(Exception):
    """Kafka cannot be read at the moment."""


_TRANSIENT_SQLSTATE_CLASSES = ("08", "40", "53", "55", "57", "58")
"""Connection, rollback (deadlock, serialization), resources, state (lock timeout), operator, system error."""

_TRANSIENT: tuple[type[BaseException], ...] = (
    TryAgainLater,
    OSError,
    asyncpg.InternalClientError,  # what a connection reports after the server went away and before it is closed
    sqlalchemy_errors.TimeoutError,
    sqlalchemy_errors.OperationalError,
)


def is_transient(error: BaseException) -> bool:
    """Whether the same event could well succeed later: the cause is a dependency, not the event."""
    if isinstance(error, PoisonEvent):
        return False
    if isinstance(error, _TRANSIENT):
        return True
    if isinstance(error, sqlalchemy_errors.DBAPIError) and error.connection_invalidated:
        return True
    sqlstate = _sqlstate(error)
    return sqlstate is not None and sqlstate.startswith(_TRANSIENT_SQLSTATE_CLASSES)


def _sqlstate(error: BaseException) -> str | None:
    if isinstance(error, sqlalchemy_errors.DBAPIError):
        error = error.orig or error
    state: object = getattr(error, "sqlstate", None)
    return state if isinstance(state, str) else None
