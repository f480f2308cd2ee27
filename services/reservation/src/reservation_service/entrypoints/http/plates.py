"""Number plates as people type them, in the one form in which they are stored and compared."""

import unicodedata
from itertools import pairwise
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from parking_chassis.schemas import ONE_LINE

MAX_CHARACTERS: Final = 16
BETWEEN: Final = frozenset(" -·/")
RULE: Final = (
    f"must be a number plate such as 'ZH 123456' or '粤B·12345': letters and digits of any script, "
    f"blanks, -, · and /, {MAX_CHARACTERS} characters at most"
)


def _plate(typed: str) -> str:
    """Upper case, letters made up of parts as one (NFC). Raises ValueError with an example of a plate."""
    plate = unicodedata.normalize("NFC", unicodedata.normalize("NFC", typed.strip()).upper())
    has_sign = any(character not in BETWEEN for character in plate)
    if not has_sign or len(plate) > MAX_CHARACTERS or not all(_may_stand(*each) for each in pairwise(f" {plate}")):
        raise ValueError(RULE)
    return plate


def _may_stand(before: str, character: str) -> bool:
    """Letters, digits and what is between them; in scripts without capitals also a letter's vowel signs, which have no
    form that is one with it, such as those of Nepal.
    """
    category = unicodedata.category(character)
    if category in {"Mn", "Mc"}:
        return unicodedata.category(before) in {"Lo", "Mn", "Mc"}
    return category.startswith("L") or category == "Nd" or character in BETWEEN


Plate = Annotated[
    str,
    AfterValidator(_plate),
    Field(
        description="Letters and digits of any script, with blanks, `-`, `·` and `/`; stored in upper case.",
        examples=["ZH 123456"],
        json_schema_extra={"minLength": 1, "maxLength": MAX_CHARACTERS, "pattern": ONE_LINE},
    ),
]
