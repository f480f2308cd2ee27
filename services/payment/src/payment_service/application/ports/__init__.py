"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them.

What a repository hands out as an aggregate (`Payment`) is locked until the transaction ends; what it hands out as a
state is only read. A use case that needs several payments takes them in the order of their ids.
"""

from payment_service.application.ports.audit import InvariantAudit, Reopened, UnsettledPayment
from payment_service.application.ports.due_work import DueRefund, DueWork
from payment_service.application.ports.outbox import UnpublishedEvent, UnpublishedPayments
from payment_service.application.ports.payments import CapturedAmounts, Payments
from payment_service.application.ports.provider import (
    Comparisons,
    IntentRequest,
    InvalidEvent,
    InvalidSignature,
    OutcomeUnknown,
    PaymentGateway,
    ProviderRefused,
    ReadWebhook,
    RefundRequest,
    Webhooks,
)
from payment_service.application.ports.reservations import ReadChargeToken, RefundOrders, ReservationAmountsDue
from payment_service.application.ports.work import OpenWork, Work

__all__ = [
    "CapturedAmounts",
    "Comparisons",
    "DueRefund",
    "DueWork",
    "IntentRequest",
    "InvalidEvent",
    "InvalidSignature",
    "InvariantAudit",
    "OpenWork",
    "OutcomeUnknown",
    "PaymentGateway",
    "Payments",
    "ProviderRefused",
    "ReadChargeToken",
    "ReadWebhook",
    "RefundOrders",
    "RefundRequest",
    "Reopened",
    "ReservationAmountsDue",
    "UnpublishedEvent",
    "UnpublishedPayments",
    "UnsettledPayment",
    "Webhooks",
    "Work",
]
