"""The credential of a gate: who gets it, and that it stays out of logs."""

from uuid import uuid4

import pytest
from services.reservation.tests.fakes.installation import FakeInstallation

from parking_kernel.askers import EVERYTHING, Asker
from reservation_service.application.commands.check_in import CheckIn
from reservation_service.application.commands.check_out import CheckOut
from reservation_service.application.queries.get_credential import GetCredential, GetCredentialHandler
from reservation_service.domain.errors import NoCredential, UnknownReservation
from reservation_service.domain.reservations import ReservationStatus


async def test_it_is_there_for_who_has_paid_alone(service: FakeInstallation) -> None:
    driver = uuid4()
    held = await service.held(await service.with_lot(), user_id=driver)
    get = GetCredentialHandler(service.work, service.tokens)
    with pytest.raises(NoCredential, match="pending"):
        await get(GetCredential(Asker(driver), held.id))
    assert (await service.paid(held)).status is ReservationStatus.CONFIRMED
    assert await get(GetCredential(Asker(driver), held.id)) == f"credential {held.id}"
    with pytest.raises(UnknownReservation):
        await get(GetCredential(Asker(uuid4()), held.id))


def test_commands_keep_it_out_of_logs() -> None:
    asker = Asker(permissions=frozenset({EVERYTHING}))
    for command in (CheckIn(asker, uuid4(), "secret"), CheckOut(asker, uuid4(), "secret")):
        assert "secret" not in repr(command)
