"""The values that wire events are made of."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Instant = AwareDatetime
"""A moment with an offset, RFC 3339 on the wire. A naive time is refused."""

Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
"""ISO 4217."""

Code = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=64)]
"""A word of the producer's vocabulary, which may grow; free text, which could name a person, does not fit."""

TimeZone = Annotated[str, Field(pattern="^[A-Za-z0-9_+/-]+$", max_length=64)]
"""An IANA zone name such as `Europe/Zurich`."""

MinorUnits = Annotated[int, Field(ge=0)]
"""An amount in the currency's smallest unit (cents)."""

Count = Annotated[int, Field(ge=0)]

WallTime = Annotated[str, Field(pattern="^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
"""A local time of day, `24:00` being the end of the day."""


class WireValue(BaseModel):
    """A part of an event: frozen and strict; a reader ignores fields that a newer producer added."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


class Money(WireValue):
    """An amount in minor units (`1250` is 12.50 EUR). Never a float."""

    amount: MinorUnits = Field(description="In the currency's smallest unit (cents).")
    currency: Currency = Field(description="ISO 4217, such as `EUR`.")


class Place(WireValue):
    """A point on the earth, WGS 84, in degrees."""

    latitude: float = Field(ge=-90, le=90, description="Degrees north of the equator.")
    longitude: float = Field(ge=-180, le=180, description="Degrees east of Greenwich.")
