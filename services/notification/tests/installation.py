"""Notification's settings and tokens as a test installation has them."""

import time
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.jwk import OctKey

from notification_service.settings import NotificationSettings

SECRET = "a shared secret for tests, long enough for HS256"
INTERNAL_TOKEN = "an internal token of more than 32 characters"
RESERVATION_TOKEN = "what reservation knows notification by and is long enough"
ISSUER = "https://parking.test"


def settings_values(database_url: str, **changes: object) -> dict[str, object]:
    """Settings by name."""
    return {
        "environment": "test",
        "database_url": database_url,
        "pool_size": 5,
        "token_issuer": ISSUER,
        "public_url": ISSUER,
        "token_algorithms": ("HS256",),
        "token_shared_secret": SECRET,
        "internal_token": INTERNAL_TOKEN,
        "reservation_token": RESERVATION_TOKEN,
        **changes,
    }


def settings_for(database_url: str, **changes: object) -> NotificationSettings:
    """Settings for a database, with changes by name."""
    return NotificationSettings.model_validate(settings_values(database_url, **changes))


def access_token(
    user_id: UUID | str | None = None,
    *,
    scope: str = "read:parking write:reservation read:own_data",
    organizations: tuple[UUID, ...] = (),
    seconds: float = 600,
    secret: str = SECRET,
    login_id: UUID | None = None,
) -> str:
    """An access token as auth makes it; that of a machine client has a name for a user."""
    claims = {
        "iss": ISSUER,
        "aud": "parking",
        "sub": str(user_id or uuid4()),
        "client_id": "test",
        "iat": int(time.time()),
        "exp": time.time() + seconds,
        "scope": scope,
        "organizations": [str(each) for each in organizations],
        **({"sid": str(login_id)} if login_id else {}),
    }
    return jwt.encode({"alg": "HS256", "typ": "at+jwt"}, claims, OctKey.import_key(secret), algorithms=["HS256"])


def bearer(token: str) -> dict[str, str]:
    """The header of a user who has signed in."""
    return {"Authorization": f"Bearer {token}"}
