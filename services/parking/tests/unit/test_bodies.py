"""What stands for another kind of value is refused, though pydantic would turn it into the right one."""

from typing import Any

import pytest
from pydantic import ValidationError

from parking_chassis.schemas import RequestBody
from parking_service.entrypoints.http.lots import NewLot
from parking_service.entrypoints.http.spots import NewSpot
from parking_service.entrypoints.http.tariff_bodies import EXAMPLE, TariffBody
from parking_service.entrypoints.http.values import PlaceBody

LINE = EXAMPLE["lines"][0]
PLAN: dict[str, Any] = {"x": 1, "y": 2.5, "rotation": 90}
BAND: dict[str, Any] = {"weekdays": [6, 7], "from": "18:00", "to": "06:00", "lines": [LINE]}
RIGHT: list[tuple[type[RequestBody], dict[str, Any]]] = [
    (PlaceBody, {"latitude": 47, "longitude": 8.5}),
    (NewSpot, {"spot_number": "1", "width": 2, "length": 5.2, "location_coordinates": PLAN}),
    (TariffBody, {**EXAMPLE, "time_bands": [BAND]}),
    (TariffBody, {**EXAMPLE, "tax": {"rate_percent": 8}}),
]


@pytest.mark.parametrize(("body", "values"), RIGHT)
def test_numbers_may_be_whole_or_not(body: type[RequestBody], values: dict[str, Any]) -> None:
    assert body.model_validate(values)


@pytest.mark.parametrize("wrong", [True, "1", [1]])
@pytest.mark.parametrize(
    ("body", "values", "place"),
    [
        (PlaceBody, {"latitude": 47, "longitude": 8}, ("latitude",)),
        (PlaceBody, {"latitude": 47, "longitude": 8}, ("longitude",)),
        (NewSpot, {"spot_number": "1"}, ("width",)),
        (NewSpot, {"spot_number": "1"}, ("length",)),
        (NewSpot, {"spot_number": "1", "location_coordinates": PLAN}, ("location_coordinates", "x")),
        (NewSpot, {"spot_number": "1", "location_coordinates": PLAN}, ("location_coordinates", "y")),
        (NewSpot, {"spot_number": "1", "location_coordinates": PLAN}, ("location_coordinates", "rotation")),
        (TariffBody, EXAMPLE, ("tax", "rate_percent")),
        (TariffBody, {**EXAMPLE, "time_bands": [BAND]}, ("time_bands", 0, "weekdays", 0)),
    ],
)
def test_what_is_no_number_is_refused(
    body: type[RequestBody], values: dict[str, Any], place: tuple[str | int, ...], wrong: object
) -> None:
    with pytest.raises(ValidationError) as refused:
        body.model_validate(_with(values, place, wrong))
    assert [each["loc"] for each in refused.value.errors()] == [place]


@pytest.mark.parametrize("wrong", [1, "true"])
def test_what_is_no_truth_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError) as refused:
        TariffBody.model_validate({**EXAMPLE, "tax": {"rate_percent": 8, "included": wrong}})
    assert [each["loc"] for each in refused.value.errors()] == [("tax", "included")]


@pytest.mark.parametrize(
    ("place", "most", "one"),
    [(("lines",), 20, LINE), (("time_bands",), 14, BAND), (("time_bands", 0, "lines"), 20, LINE)],
)
def test_a_tariff_has_at_most_so_many_lines_and_bands(place: tuple[str | int, ...], most: int, one: object) -> None:
    values = {**EXAMPLE, "time_bands": [BAND]}
    assert TariffBody.model_validate(_with(values, place, [one] * most))
    with pytest.raises(ValidationError) as refused:
        TariffBody.model_validate(_with(values, place, [one] * (most + 1)))
    assert [(each["loc"], each["type"]) for each in refused.value.errors()] == [(place, "too_long")]


def test_a_rate_is_money_or_minor_units() -> None:
    lot = {"name": "A", "location": {"latitude": 1, "longitude": 2}, "address": "B", "time_zone": "UTC"}
    assert NewLot.model_validate({**lot, "hourly_rate": 200, "currency": "CHF"})
    with pytest.raises(ValidationError):
        NewLot.model_validate({**lot, "hourly_rate": True, "currency": "CHF"})


def _with(values: Any, place: tuple[str | int, ...], wrong: object) -> Any:
    """The values with another one at a place."""
    if not place:
        return wrong
    first, *rest = place
    if isinstance(values, list):
        changed = [*values]
        changed[int(first)] = _with(values[int(first)], tuple(rest), wrong)
        return changed
    return {**values, first: _with(values.get(first), tuple(rest), wrong)}
