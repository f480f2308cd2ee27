"""The six applications, wired and connected to nothing, for what they say of themselves."""

import base64
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from fastapi import FastAPI
from pydantic import PostgresDsn, SecretStr

from analytics_service.bootstrap import bootstrap as bootstrap_analytics
from analytics_service.entrypoints.http.app import analytics_app
from analytics_service.settings import AnalyticsSettings
from auth_service.bootstrap import bootstrap as bootstrap_auth
from auth_service.entrypoints.http.app import auth_app
from auth_service.settings import AuthSettings
from notification_service.bootstrap import bootstrap as bootstrap_notification
from notification_service.entrypoints.http.app import notification_app
from notification_service.settings import NotificationSettings
from parking_service.bootstrap import bootstrap as bootstrap_parking
from parking_service.entrypoints.http.app import parking_app
from parking_service.settings import ParkingSettings
from payment_service.bootstrap import bootstrap as bootstrap_payment
from payment_service.entrypoints.http.app import payment_app
from payment_service.settings import PaymentSettings
from reservation_service.bootstrap import bootstrap as bootstrap_reservation
from reservation_service.entrypoints.http.app import reservation_app
from reservation_service.settings import ReservationSettings

NOWHERE = PostgresDsn("postgresql://127.0.0.1:1/none")
TOKEN = SecretStr("t" * 32)
SEALING_KEY = SecretStr(base64.b64encode(b"k" * 32).decode())
KEY = generate_private_key(SECP256R1())


def _text(der: bytes) -> str:
    return base64.b64encode(der).decode()


PRIVATE_KEY = _text(KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
PUBLIC_KEY = _text(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

SHARED: dict[str, Any] = {"environment": "test", "database_url": NOWHERE, "token_issuer": "https://parking.example"}


def _auth() -> FastAPI:
    return auth_app(bootstrap_auth(AuthSettings(**SHARED, answer_keys=SEALING_KEY, master_key=SEALING_KEY)))


def _parking() -> FastAPI:
    return parking_app(bootstrap_parking(ParkingSettings(**SHARED, answer_keys=SEALING_KEY)))


def _reservation() -> FastAPI:
    settings = ReservationSettings(
        **SHARED, answer_keys=SEALING_KEY, signing_key=SecretStr(PRIVATE_KEY), internal_token=TOKEN
    )
    return reservation_app(bootstrap_reservation(settings))


def _payment() -> FastAPI:
    settings = PaymentSettings(
        **SHARED,
        answer_keys=SEALING_KEY,
        charge_key=PUBLIC_KEY,
        internal_token=TOKEN,
        stripe_secret_key=SecretStr("sk_test_none"),
        stripe_publishable_key="pk_test_none",
        stripe_webhook_secret=SecretStr("whsec_none"),
    )
    return payment_app(bootstrap_payment(settings))


def _notification() -> FastAPI:
    settings = NotificationSettings(**SHARED, internal_token=TOKEN, reservation_token=TOKEN)
    return notification_app(bootstrap_notification(settings))


def _analytics() -> FastAPI:
    return analytics_app(bootstrap_analytics(AnalyticsSettings(**SHARED)))


APPLICATIONS: dict[str, Callable[[], FastAPI]] = {
    "auth": _auth,
    "parking": _parking,
    "reservation": _reservation,
    "payment": _payment,
    "notification": _notification,
    "analytics": _analytics,
}


def documents() -> dict[str, dict[str, Any]]:
    """What each service says of itself at `/openapi.json`."""
    return {name: application().openapi() for name, application in APPLICATIONS.items()}
