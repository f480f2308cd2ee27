"""What reservation wants back goes back of the payment that it names, whatever else happens to that or to another."""

import pytest
from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.integration.test_refunds import follow, paid, send
from services.payment.tests.people import Owed

from payment_service.bootstrap import Payments
from payment_service.domain.charges import ChargeStatus, Dues, OwedCharge, ReservationStatus
from payment_service.domain.money import Money


def second_of(owed: Owed) -> Owed:
    """A charge of the same reservation that is not owed any more."""
    return Owed(owed.user_id, reservation_id=owed.reservation_id, organization_id=owed.organization_id, amount=1000)


def unnamed(owed: Owed, second: Owed, refund_due: int) -> Dues:
    charges = (OwedCharge(owed.charge_id, ChargeStatus.PAID), OwedCharge(second.charge_id, ChargeStatus.VOID))
    return Dues(owed.reservation_id, ReservationStatus.CONFIRMED, charges, Money(refund_due, "CHF"), 3)


@pytest.mark.parametrize("card", ["visa", "createDispute"])
async def test_what_happens_to_one_payment_never_lowers_what_goes_back_of_another(
    desk: Desk, browser: Browser, service: Payments, card: str
) -> None:
    """An event of schema 0.1, which names no payment."""
    owed = Owed()
    second = second_of(owed)
    needed = await paid(desk, browser, owed, card)
    unowed = await paid(desk, browser, second)
    if card == "visa":
        await desk.refund(owed, needed["id"], amount={"amount": 300, "currency": "CHF"})
    else:
        await desk.wait_for_status(needed["id"], "disputed")
    await follow(service, unnamed(owed, second, 1000))
    await send(service)
    await desk.wait_for_status(unowed["id"], "refunded")
