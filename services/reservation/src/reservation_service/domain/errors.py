"""What can be wrong, as sentences. Which HTTP status each one is stands at the edge."""

from uuid import UUID

from parking_kernel.money import Money


class ReservationError(Exception):
    """Anything that this domain refuses."""


class UnknownLot(ReservationError):
    """No such lot here."""

    def __init__(self, parking_lot_id: UUID) -> None:
        super().__init__(f"There is no parking lot {parking_lot_id}.")
        self.parking_lot_id = parking_lot_id


class ForeignLot(UnknownLot):
    """The lot is here, and the asking person may not know of it."""


class UnknownSpot(ReservationError):
    """No such spot in this lot."""

    def __init__(self, spot_id: UUID) -> None:
        super().__init__(f"There is no spot {spot_id} in this parking lot.")
        self.spot_id = spot_id


class UnknownReservation(ReservationError):
    """No such reservation, or it is another driver's."""

    def __init__(self, reservation_id: object) -> None:
        super().__init__(f"There is no reservation {reservation_id}.")


class WrongSpotType(ReservationError):
    """The named spot is not of the type that was asked for."""

    def __init__(self, spot_type: str) -> None:
        super().__init__(f"The spot is of the type {spot_type}.")
        self.spot_type = spot_type


class LotNotBookable(ReservationError):
    """The lot is closed, retired, or shut in that period."""


class IncompleteLot(LotNotBookable):
    """What a booking needs of the lot is not here: it was made a moment ago, or lacks it."""

    def __init__(self, parking_lot_id: UUID, sentence: str) -> None:
        super().__init__(sentence)
        self.parking_lot_id = parking_lot_id


class InvalidQuote(ReservationError):
    """What was given as a quote was not issued here, or is altered."""

    def __init__(self) -> None:
        super().__init__("The quote was not issued here, or is altered.")


class QuoteExpired(ReservationError):
    """The quote's time is over: its price is promised no more."""

    def __init__(self) -> None:
        super().__init__("The quote has expired; ask for another one.")


class PriceChanged(ReservationError):
    """It costs more than the driver is willing to pay."""

    def __init__(self, total: Money) -> None:
        super().__init__(f"It costs {total} by now.")
        self.total = total


class UnfitTerms(ReservationError):
    """Something else is to be booked than was quoted, or paid in another currency."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field} {rule}.")
        self.field = field
        self.rule = rule


class NotCancellable(ReservationError):
    """The reservation is in a state in which it cannot be cancelled."""


class NoCredential(ReservationError):
    """The reservation is not one that opens a gate."""


class InvalidCredential(ReservationError):
    """What was shown at the gate was not issued here, or is altered."""
