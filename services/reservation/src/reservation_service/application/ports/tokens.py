"""What others must be able to trust without asking."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from reservation_service.domain.charges import Charge
from reservation_service.domain.reservations import ReservationState


class Tokens(Protocol):
    """Signs what others must be able to trust without asking: charges and gate credentials."""

    def charge(self, reservation: ReservationState, charge: Charge, at: datetime) -> str:
        """A token that `POST /payments` accepts: until the hold ends, else for a quarter of an hour from `at`.

        It names the reservation, never the spot.
        """
        ...

    def credential(self, reservation: ReservationState) -> str:
        """What the QR code holds: reservation and lot, never the spot, so that it stays valid when the spot changes."""
        ...

    def reservation_of(self, credential: str) -> UUID:
        """The reservation of a credential. Raises `InvalidCredential`."""
        ...
