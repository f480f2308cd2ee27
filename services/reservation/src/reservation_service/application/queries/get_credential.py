"""What a driver shows at the gate."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from reservation_service.application.ports import OpenWork, Tokens
from reservation_service.domain.errors import NoCredential, UnknownReservation
from reservation_service.domain.reservations import ReservationStatus

_UNTIL = {ReservationStatus.PENDING: "; pay its charge first"}
_WITH_CREDENTIAL = frozenset({ReservationStatus.CONFIRMED, ReservationStatus.ACTIVE})


@dataclass(frozen=True, slots=True)
class GetCredential:
    """A driver asks for the QR code of one of their reservations."""

    asker: Asker
    reservation_id: UUID


@dataclass(frozen=True, slots=True)
class GetCredentialHandler:
    """Signs it; the same reservation gets an equivalent one each time."""

    open_work: OpenWork
    tokens: Tokens

    async def __call__(self, query: GetCredential) -> str:
        """The text of the QR code. Raises `UnknownReservation`, and `NoCredential` before it is paid."""
        async with self.open_work(query.asker) as work:
            state = await work.reservations.read(query.reservation_id)
        if state.user_id != query.asker.user_id:
            raise UnknownReservation(query.reservation_id)
        if state.status not in _WITH_CREDENTIAL:
            until = _UNTIL.get(state.status, "")
            raise NoCredential(f"A reservation that is {state.status.value} opens no gate{until}.")
        return self.tokens.credential(state)
