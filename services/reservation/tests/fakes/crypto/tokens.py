from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from reservation_service.application.ports import SignedList
from reservation_service.domain.charges import Charge
from reservation_service.domain.errors import InvalidCredential, InvalidQuote
from reservation_service.domain.gate_lists import GateList
from reservation_service.domain.quotes import Quote
from reservation_service.domain.reservations import ReservationState


class FakeTokens:
    """See `reservation_service.application.ports.Tokens`: legible, and signed by their first word."""

    def __init__(self) -> None:
        self.charges_signed = 0
        self.lists: list[GateList] = []
        self.quotes: dict[str, Quote] = {}

    def charge(self, reservation: ReservationState, charge: Charge, at: datetime) -> str:
        self.charges_signed += 1
        return f"charge {charge.id}"

    def credential(self, reservation: ReservationState) -> str:
        return f"credential {reservation.id}"

    def reservation_of(self, credential: str) -> UUID:
        kind, _, reservation_id = credential.partition(" ")
        if kind != "credential":
            raise InvalidCredential("The credential was not issued here, or is altered.")
        return UUID(reservation_id)

    def quote_id(self, quote: Quote) -> str:
        """See `quotes` for what was signed."""
        self.quotes[f"quote {len(self.quotes)}"] = quote
        return f"quote {len(self.quotes) - 1}"

    def quote_of(self, quote_id: str) -> Quote:
        if quote_id not in self.quotes:
            raise InvalidQuote
        return self.quotes[quote_id]

    def gate_list(self, listed: GateList) -> SignedList:
        """See `lists` for what was signed."""
        self.lists.append(listed)
        return SignedList(f"list {len(self.lists)}", str(hash(tuple(listed.reservations))))

    def public_keys(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        return {"keys": []}
