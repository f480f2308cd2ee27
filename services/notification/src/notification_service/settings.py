"""Notification's settings, from `NOTIFICATION_*` in the environment."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from parking_chassis.settings import InternalToken, ServiceSettings


class NotificationSettings(ServiceSettings):
    """See `ServiceSettings` for what all services share."""

    model_config = SettingsConfigDict(env_prefix="NOTIFICATION_")

    auth_url: str = "http://localhost:8101"
    """Where auth answers internally, past the gateway."""

    internal_token: InternalToken
    """What auth knows this service by: its `AUTH_INTERNAL_TOKEN`."""

    reservation_url: str = "http://localhost:8103"
    """Where reservation answers internally, past the gateway."""

    reservation_token: InternalToken
    """What reservation knows this service by: its `RESERVATION_NOTIFICATION_TOKEN`."""

    smtp_host: str = "localhost"
    smtp_port: int = 1025
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: bool = False
    mail_from: str = "Parking <no-reply@parking.example>"

    room_poll_seconds: Annotated[float, Field(gt=0)] = 1.0
    """How often each process asks the database for what Redis did not bring."""

    socket_queue: Annotated[int, Field(ge=1)] = 1_000
    """Messages that may wait for one slow WebSocket, before it is closed and may come back."""

    drain_seconds: Annotated[float, Field(gt=0)] = 5.0
    """How long open WebSockets have to say goodbye when the process is to stop."""
