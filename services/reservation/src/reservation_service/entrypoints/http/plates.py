"""Number plates as people type them, in the one form in which they are stored and compared."""

import unicodedata
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
    signs = [character for character in plate if character not in BETWEEN]
    if not signs or len(plate) > MAX_CHARACTERS or not all(_is_sign(character) for character in signs):
        raise ValueError(RULE)
    return plate


def _is_sign(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith("L") or category == "Nd"


Plate = Annotated[
    str,
    AfterValidator(_plate),
    Field(
        description="Letters and digits of any script, with blanks, `-`, `·` and `/`; stored in upper case.",
        examples=["ZH 123456"],
        json_schema_extra={"minLength": 1, "maxLength": MAX_CHARACTERS, "pattern": ONE_LINE},
    ),
]
