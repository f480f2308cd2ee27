"""Driving in and out."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from services.reservation.tests.examples import START, hourly
from services.reservation.tests.fakes.installation import FakeInstallation, operator_of

from parking_kernel.askers import EVERYTHING, THE_SERVICE, Asker
from parking_kernel.money import Money
from reservation_service.application.commands.check_in import CheckIn
from reservation_service.application.commands.check_out import CheckOut
from reservation_service.application.ports import GateAnswer, LotCopy
from reservation_service.application.queries.get_credential import GetCredential, GetCredentialHandler
from reservation_service.domain.errors import NoCredential, UnknownLot, UnknownReservation
from reservation_service.domain.gates import Reason
from reservation_service.domain.reservations import ReservationState, ReservationStatus

END = START + timedelta(hours=3)
MINUTE = timedelta(minutes=1)


class Barrier:
    """The gates of a lot, whose driver has paid."""

    def __init__(self, service: FakeInstallation, lot: LotCopy, paid: ReservationState) -> None:
        self.service, self.lot, self.paid = service, lot, paid
        self.asker = operator_of(lot)
        self.credential = f"credential {paid.id}"

    async def enter(self, at: datetime | None = None) -> GateAnswer:
        return await self.service.check_in(CheckIn(self.asker, self.lot.id, self.credential, at))

    async def leave(self, at: datetime | None = None) -> GateAnswer:
        return await self.service.check_out(CheckOut(self.asker, self.lot.id, self.credential, at))

    @property
    def state(self) -> ReservationState:
        return self.service.tables.reservations[self.paid.id]


@pytest.fixture
async def barrier(service: FakeInstallation) -> Barrier:
    lot = await service.with_lot()
    paid = await service.paid(await service.held(lot))
    service.clock.present = START
    return Barrier(service, lot, paid)


class TestComingIn:
    async def test_once(self, barrier: Barrier) -> None:
        first, second = await barrier.enter(), await barrier.enter()
        assert (first.verdict.reason, second.verdict.reason) == (Reason.OK, Reason.ALREADY_IN)
        assert first.parking_session_id == second.parking_session_id is not None

    async def test_an_entry_in_the_future_is_one_of_now(self, barrier: Barrier) -> None:
        barrier.service.clock.present = START - timedelta(hours=1)
        assert (await barrier.enter(START)).verdict.reason is Reason.TOO_EARLY

    async def test_an_entry_that_is_reported_late_counts_from_when_it_was(self, barrier: Barrier) -> None:
        barrier.service.clock.present = END + MINUTE
        assert (await barrier.enter(END - MINUTE)).verdict.opens
        stay = barrier.state.parking_session
        assert stay is not None
        assert stay.entered_at == END - MINUTE

    @pytest.mark.parametrize("credential", ["charge 1", "forged", f"credential {UUID(int=1)}"])
    async def test_what_was_not_issued_here_opens_nothing(self, barrier: Barrier, credential: str) -> None:
        barrier.credential = credential
        assert (await barrier.enter()).verdict.reason is Reason.INVALID_CREDENTIAL
        assert (await barrier.leave()).verdict.reason is Reason.INVALID_CREDENTIAL

    async def test_another_lots_gate_learns_nothing(self, barrier: Barrier) -> None:
        other = await barrier.service.with_lot()
        there = Barrier(barrier.service, other, barrier.paid)
        await barrier.enter()
        assert await there.enter() == GateAnswer(verdict=(await there.leave()).verdict)
        assert (await there.enter()).verdict.reason is Reason.WRONG_LOT

    async def test_another_operators_lot_does_not_exist(self, barrier: Barrier) -> None:
        barrier.asker = Asker(uuid4(), frozenset({uuid4()}))
        with pytest.raises(UnknownLot):
            await barrier.enter()
        with pytest.raises(UnknownLot):
            await barrier.leave()
        barrier.asker = Asker(permissions=frozenset({EVERYTHING}))
        assert (await barrier.enter()).verdict.opens


class TestGoingOut:
    async def test_in_time_nothing_is_owed_and_the_spot_is_free(self, barrier: Barrier) -> None:
        await barrier.enter()
        out = await barrier.leave(END)
        assert (out.verdict.opens, out.amount_due) == (True, Money(0, "CHF"))
        assert barrier.service.tables.allocations == []
        assert (await barrier.leave()).verdict.reason is Reason.ALREADY_OUT

    async def test_who_is_not_in_does_not_go_out(self, barrier: Barrier) -> None:
        assert (await barrier.leave()).verdict.reason is Reason.NOT_IN

    async def test_overstay_costs_by_the_bookings_own_tariff(self, barrier: Barrier) -> None:
        dear = hourly(10_000)
        async with barrier.service.work(THE_SERVICE) as work:
            await work.copies.keep_tariff(dear)
            await work.copies.keep_lot(replace(barrier.lot, tariff_id=dear.id, version=2))
        await barrier.enter()
        barrier.service.clock.present = END + 61 * MINUTE
        out = await barrier.leave()
        assert out.amount_due == Money(400, "CHF")
        assert barrier.service.published()[-2:] == ["ChargeRaised", "ReservationCompleted"]
        overstay = barrier.state.payable
        assert overstay is not None
        assert overstay.amount == Money(400, "CHF")

    async def test_what_is_left_at_the_end_below_the_least_charge_is_waived_and_said_so(
        self, service: FakeInstallation
    ) -> None:
        lot = await service.with_lot(tariff=hourly(20))
        barrier = Barrier(service, lot, await service.paid(await service.held(lot)))
        service.clock.present = START
        await barrier.enter()
        service.clock.present = END + 61 * MINUTE
        out = await barrier.leave()
        assert out.amount_due == Money(0, "CHF"), "no debt that stays"
        state = barrier.state
        assert state.payable is None
        assert (state.status, state.owed, state.paid) == (ReservationStatus.COMPLETED, state.paid, Money(60, "CHF"))
        assert state.waived == Money(40, "CHF")
        line = state.charges[-1].line_items[-1]
        assert (line.label, line.kind, line.amount) == ("Waived: 0.40 CHF cannot be charged", "waived", -40)
        assert state.priced.amount == sum(item.amount for charge in state.charges for item in charge.line_items)

    async def test_of_an_unpayable_fraction_the_rest_is_waived(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(tariff=hourly(1255, "KWD"))
        barrier = Barrier(service, lot, await service.paid(await service.held(lot)))
        service.clock.present = START
        await barrier.enter()
        service.clock.present = END + MINUTE
        out = await barrier.leave()
        assert out.amount_due == Money(1250, "KWD")
        assert barrier.state.waived == Money(5, "KWD")
        overstay = barrier.state.charges[-1]
        assert sum(item.amount for item in overstay.line_items) == overstay.amount.amount == 1250
        assert overstay.tax == Money(89, "KWD")


class TestTheCredential:
    async def test_it_is_there_for_who_has_paid_alone(self, service: FakeInstallation) -> None:
        driver = uuid4()
        held = await service.held(await service.with_lot(), user_id=driver)
        get = GetCredentialHandler(service.work, service.tokens)
        with pytest.raises(NoCredential, match="pending"):
            await get(GetCredential(Asker(driver), held.id))
        assert (await service.paid(held)).status is ReservationStatus.CONFIRMED
        assert await get(GetCredential(Asker(driver), held.id)) == f"credential {held.id}"
        with pytest.raises(UnknownReservation):
            await get(GetCredential(Asker(uuid4()), held.id))

    def test_commands_keep_it_out_of_logs(self) -> None:
        asker = Asker(permissions=frozenset({EVERYTHING}))
        for command in (CheckIn(asker, uuid4(), "secret"), CheckOut(asker, uuid4(), "secret")):
            assert "secret" not in repr(command)
