"""What others must be able to trust without asking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from reservation_service.domain.charges import Charge
from reservation_service.domain.gate_lists import GateList
from reservation_service.domain.quotes import Quote
from reservation_service.domain.reservations import ReservationState


@dataclass(frozen=True, slots=True)
class SignedList:
    """A signed list, and a tag that is the same as long as the list says the same."""

    text: str = field(repr=False)
    tag: str


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

    def quote_id(self, quote: Quote) -> str:
        """The quote itself, so that nothing is stored of quotes."""
        ...

    def quote_of(self, quote_id: str) -> Quote:
        """The quote of an id, expired or not. Raises `InvalidQuote`."""
        ...

    def gate_list(self, listed: GateList) -> SignedList:
        """A gate's list, with hashed plates, as a JWS."""
        ...

    def public_keys(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """What all of this is checked with, as a JWKS document (RFC 7517): the key that signs comes first."""
        ...
