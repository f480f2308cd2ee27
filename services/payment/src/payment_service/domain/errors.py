"""What can be wrong, as sentences. Which HTTP status each one is stands at the edge."""

from parking_kernel.money import Money


class PaymentError(Exception):
    """Anything that this domain refuses."""


class InvalidChargeToken(PaymentError):
    """The charge token was not issued by reservation, or is altered."""

    def __init__(self) -> None:
        super().__init__("The charge token was not issued here, or is altered.")


class ChargeExpired(PaymentError):
    """The charge token counts no more."""

    def __init__(self) -> None:
        super().__init__("The time to pay this charge is over; ask the reservation for a new one.")


class UnknownCharge(PaymentError):
    """No such charge, or it is another driver's."""

    def __init__(self, charge_id: object) -> None:
        super().__init__(f"There is no charge {charge_id}.")


class ChargeNotPayable(PaymentError):
    """The reservation does not owe this any more."""

    def __init__(self, charge_id: object) -> None:
        super().__init__(f"The charge {charge_id} is not owed any more.")


class UnknownPayment(PaymentError):
    """No such payment, or none that the asking person may know of."""

    def __init__(self, payment_id: object) -> None:
        super().__init__(f"There is no payment {payment_id}.")


class UnknownOrganization(PaymentError):
    """No such organization, or none that the asking person operates."""

    def __init__(self, organization_id: object) -> None:
        super().__init__(f"There is no organization {organization_id}.")


class PaymentRefused(PaymentError):
    """The provider will not take such a payment at all; `code` is its word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The payment provider refuses this payment ({code}).")
        self.code = code


class RefundNotPayable(PaymentError):
    """The provider gives no such fraction back; `step` is what it gives multiples of."""

    def __init__(self, step: Money) -> None:
        super().__init__(f"must be a multiple of {step}, which the payment provider can give back")
        self.step = step


class RefundExceedsPayment(PaymentError):
    """More would go back than was captured and is still here."""

    def __init__(self, left: Money) -> None:
        super().__init__(f"Only {left} of this payment can still be refunded.")
        self.left = left.amount
