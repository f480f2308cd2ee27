"""Tariffs as immutable, numbered versions. What a tariff says, and which ones are refused, stands in the kernel."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from parking_kernel.new_tariffs import Confirmation, check_new_tariff
from parking_kernel.tariffs import Tariff


@dataclass(frozen=True, slots=True)
class TariffState:
    """One version of the prices of a lot, or, without a lot, of an organization's default."""

    id: UUID
    organization_id: UUID
    parking_lot_id: UUID | None
    number: int
    terms: Tariff
    published_at: datetime


@dataclass(frozen=True, slots=True)
class TariffPublished:
    """A version is in force."""

    tariff: TariffState


@dataclass(slots=True)
class TariffVersion:
    """The aggregate: it is published, and never changes. Nothing but `publish` makes one, so each was checked."""

    state: TariffState
    events: list[TariffPublished] = field(default_factory=list[TariffPublished])

    @classmethod
    def publish(cls, state: TariffState, confirmed: Collection[Confirmation] = ()) -> "TariffVersion":
        """A new version. Raises `InvalidFields` for prices that cannot be charged, or are not `confirmed`."""
        check_new_tariff(state.terms, confirmed=confirmed)
        return cls(state, [TariffPublished(state)])


def in_currency(terms: Tariff, currency: str) -> Tariff:
    """The same numbers in another currency: how a default becomes the tariff of a lot elsewhere."""
    return replace(terms, currency=currency)
