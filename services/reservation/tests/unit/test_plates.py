"""Plates of the field's own list, as it lies there, and what is none."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from reservation_service.entrypoints.http.plates import MAX_CHARACTERS, Plate

CASES = json.loads((Path(__file__).parents[5] / "shared" / "cases" / "plates.json").read_text())
PLATES: TypeAdapter[str] = TypeAdapter(Plate)


# Of Nepal, of Tamil Nadu and of Thailand: their vowel signs are marks of their own.
WITH_SIGNS = ["बा १ च १२३४", "ரி 12", "ขก์ 12"]


@pytest.mark.parametrize("plate", [*CASES["real"], *CASES["controls"], *WITH_SIGNS])
def test_a_plate_of_any_country_is_taken_in_one_form(plate: str) -> None:
    stored = PLATES.validate_python(plate)
    assert stored == unicodedata.normalize("NFC", plate).upper()
    for typed in (plate.lower(), unicodedata.normalize("NFD", plate), f" {plate} ", stored):
        assert PLATES.validate_python(typed) == stored


@pytest.mark.parametrize(
    "plate",
    [*CASES["no plates"], "", "A" * 17, "<script>", "ZH\n1", "ZH_1", "🚗 1", "½", "Z\u0338H 1", "\u093e १", "१\u093e"],
)
def test_what_is_no_plate_is_answered_with_one(plate: str) -> None:
    with pytest.raises(ValidationError, match="such as 'ZH 123456'") as refused:
        PLATES.validate_python(plate)
    assert "pattern" not in str(refused.value)


@given(st.text(max_size=20))
def test_what_is_taken_stays_as_it_is(typed: str) -> None:
    try:
        stored = PLATES.validate_python(typed)
    except ValidationError:
        return
    assert PLATES.validate_python(stored) == stored
    assert 1 <= len(stored) <= MAX_CHARACTERS
