import asyncpg
import pytest
from sqlalchemy import exc

from parking_messaging.failures import PoisonEvent, TryAgainLater, is_transient


def wrapped(error: type[exc.DBAPIError], sqlstate: str, *, invalidated: bool = False) -> exc.DBAPIError:
    cause = Exception("from the driver")
    cause.sqlstate = sqlstate  # type: ignore[attr-defined]
    return error("SELECT 1", {}, cause, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    "error",
    [
        TryAgainLater(), ConnectionRefusedError(), TimeoutError(), exc.TimeoutError(),
        wrapped(exc.DBAPIError, "40P01"), wrapped(exc.DBAPIError, "40001"), wrapped(exc.DBAPIError, "57P01"),
        wrapped(exc.DBAPIError, "53100"), wrapped(exc.DBAPIError, "08006"),
        wrapped(exc.InterfaceError, "", invalidated=True),
        asyncpg.DeadlockDetectedError(), asyncpg.CannotConnectNowError(), asyncpg.TooManyConnectionsError(),
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
    ],
)  # fmt: skip
def test_a_dependency_that_is_away_is_waited_for(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        PoisonEvent(), ValueError(), KeyError("x"), wrapped(exc.IntegrityError, "23505"),
        wrapped(exc.DBAPIError, "22021"), wrapped(exc.InterfaceError, ""), asyncpg.UniqueViolationError(),
        asyncpg.DataError("a bad argument"),
    ],
)  # fmt: skip
def test_an_event_that_is_wrong_is_not(error: Exception) -> None:
    assert not is_transient(error)
