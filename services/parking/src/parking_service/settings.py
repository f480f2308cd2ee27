"""Parking's settings, from `PARKING_*` in the environment."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import SettingsConfigDict

from parking_chassis.settings import AnsweringSettings
from parking_kernel.currencies import CURRENCIES
from parking_kernel.new_tariffs import check_new_tariff
from parking_kernel.tariffs import Tariff, simple_tariff
from parking_kernel.violations import InvalidFields
from parking_service.domain.values import zone_violations


def _known_zone(name: str) -> str:
    for violation in zone_violations(name, ""):
        raise ValueError(violation.rule)
    return name


def _known_currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError(f"{code!r} is no currency of ISO 4217")
    return code


class ParkingSettings(AnsweringSettings):
    """See `AnsweringSettings` for what services share. Amounts are minor units."""

    model_config = SettingsConfigDict(env_prefix="PARKING_")

    default_currency: Annotated[str, AfterValidator(_known_currency)] = "EUR"
    default_hourly_rate: Annotated[int, Field(gt=0)] = 200
    default_daily_rate: Annotated[int, Field(gt=0)] = 2000
    """What a new organization's default tariff asks: prices that can be charged, as those of any tariff."""

    default_time_zone: Annotated[str, AfterValidator(_known_zone)] = "Europe/Zurich"
    """The zone of imported lots where neither file nor request names one."""

    @property
    def default_terms(self) -> Tariff:
        """A new organization's default tariff."""
        return simple_tariff(self.default_hourly_rate, self.default_daily_rate, self.default_currency)

    @model_validator(mode="after")
    def _default_can_be_charged(self) -> Self:
        try:
            check_new_tariff(self.default_terms)
        except InvalidFields as error:
            said = "; ".join(violation.rule for violation in error.violations)
            raise ValueError(
                f"PARKING_DEFAULT_HOURLY_RATE, _DAILY_RATE and _CURRENCY make no tariff: {said}"
            ) from error
        return self
