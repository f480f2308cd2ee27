"""What tells "not yet" from "never"."""

from datetime import timedelta
from uuid import uuid4

import pytest
from services.reservation.tests.examples import NOW

from parking_chassis.ids import new_id
from reservation_service.domain.newcomers import JUST_NOW, is_new


@pytest.mark.parametrize("age", [timedelta(0), JUST_NOW, -JUST_NOW])
def test_an_id_of_the_last_minute_is_new_also_by_a_clock_that_is_ahead(age: timedelta) -> None:
    assert is_new(new_id(NOW - age), NOW)


@pytest.mark.parametrize("age", [JUST_NOW + timedelta(seconds=1), timedelta(days=400), -timedelta(hours=1)])
def test_an_older_one_is_not_nor_one_of_the_future(age: timedelta) -> None:
    assert not is_new(new_id(NOW - age), NOW)


def test_an_id_that_holds_no_time_is_never_new() -> None:
    assert not is_new(uuid4(), NOW)
