"""What can be wrong, as sentences. Which HTTP status each one is stands at the edge."""

from collections.abc import Sequence
from uuid import UUID

from parking_kernel.violations import InvalidFields
from parking_service.domain.bookings import AffectedBookings
from parking_service.domain.values import AffectedPolicy


class ParkingError(Exception):
    """Anything that this domain refuses."""


class ImpossibleReadings(InvalidFields):
    """None of the readings can be true."""


class UnknownOrganization(ParkingError):
    """No such organization, or none in which the asking person may change anything."""

    def __init__(self, organization_id: object) -> None:
        super().__init__(
            f"There is no organization {organization_id} that you work for. Sign in again if you were added just now."
        )


class OrganizationNotReady(ParkingError):
    """The asking person works for it, but auth's event about it has not arrived yet: it was made a moment ago."""

    def __init__(self, organization_id: object) -> None:
        super().__init__(f"The organization {organization_id} is new here; ask again in a moment.")


class UnknownLot(ParkingError):
    """No such lot, or one that the asking person may not change."""

    def __init__(self, lot_id: object) -> None:
        super().__init__(f"There is no parking lot {lot_id}.")


class NoTariff(ParkingError):
    """The lot is a draft, without prices."""

    def __init__(self, lot_id: object) -> None:
        super().__init__(f"The parking lot {lot_id} has no tariff yet and is not on sale; PUT its tariff.")


class UnknownSpot(ParkingError):
    """No such spot, or one that the asking person may not change."""

    def __init__(self, spot_id: object) -> None:
        super().__init__(f"There is no spot {spot_id}.")


class UnknownImport(ParkingError):
    """No such import, or one of another organization."""

    def __init__(self, import_id: object) -> None:
        super().__init__(f"There is no import {import_id}.")


class UnknownSupplyChange(ParkingError):
    """No such change of supply, or one of another organization."""

    def __init__(self, change_id: object) -> None:
        super().__init__(f"There is no supply change {change_id}.")


class BookingsAffected(ParkingError):
    """The change would take away what is booked, and nothing is said of the bookings."""

    def __init__(self, bookings: AffectedBookings) -> None:
        first = bookings.first[0]
        are = "1 booking is" if bookings.count == 1 else f"{bookings.count} bookings are"
        super().__init__(
            f"{are} in the way, the first on spot {first.spot_number} from {first.starts_at.isoformat()};"
            " say what becomes of them: affected=move or affected=refund"
        )
        self.bookings = bookings


class SupplyChangeRunning(ParkingError):
    """A booking in the way is being moved or refunded by an earlier change, which keeps what was said of it."""

    def __init__(self, change_id: UUID, affected: AffectedPolicy) -> None:
        super().__init__(
            f"the supply change {change_id} is still at work on bookings in the way (affected={affected.value});"
            " do this again when it is done"
        )
        self.change_id = change_id
        self.affected = affected


class LotRetired(ParkingError):
    """The lot is gone permanently and changes no more."""

    def __init__(self, lot_id: object) -> None:
        super().__init__(f"The parking lot {lot_id} is retired and cannot be changed.")


class SpotNumberTaken(ParkingError):
    """Two spots of a lot would have the same number."""

    def __init__(self, numbers: Sequence[str]) -> None:
        super().__init__(f"These spot numbers are taken in this lot: {', '.join(numbers)}.")


class RowRefused(ParkingError):
    """A row of an import cannot become a lot; the message is the reason."""
