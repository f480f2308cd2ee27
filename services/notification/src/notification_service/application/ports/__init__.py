"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them."""

from notification_service.application.ports.copies import Copies, LotCopy, OrganizationCopy, ReservationCopy
from notification_service.application.ports.mails import (
    Contact,
    Contacts,
    ContactsAway,
    Following,
    Letter,
    MailPutOff,
    MailRefused,
    MailSender,
    MailServerAway,
)
from notification_service.application.ports.notifications import Deliveries, Notifications
from notification_service.application.ports.operator_reasons import OperatorReasons, ReasonsAway
from notification_service.application.ports.rooms import RoomEvents, RoomLog, Tickets
from notification_service.application.ports.work import OpenWork, Work

__all__ = [
    "Contact",
    "Contacts",
    "ContactsAway",
    "Copies",
    "Deliveries",
    "Following",
    "Letter",
    "LotCopy",
    "MailPutOff",
    "MailRefused",
    "MailSender",
    "MailServerAway",
    "Notifications",
    "OpenWork",
    "OperatorReasons",
    "OrganizationCopy",
    "ReasonsAway",
    "ReservationCopy",
    "RoomEvents",
    "RoomLog",
    "Tickets",
    "Work",
]
