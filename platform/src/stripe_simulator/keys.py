"""API keys: the secret one for servers, the publishable one for browsers."""

import base64
import binascii
import secrets
from enum import Enum
from urllib.parse import parse_qsl, urlencode

from stripe_simulator.errors import refused
from stripe_simulator.settings import Settings

WITHOUT_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth "
    "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we "
    "can help at https://support.stripe.com/."
)
FOR_SERVERS_ONLY = (
    "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your "
    "API keys at https://dashboard.stripe.com/account/apikeys."
)


class Caller(Enum):
    """Who calls, by the key."""

    SERVER = "server"
    BROWSER = "browser"


def key_of(header: str) -> str:
    """The key in an `Authorization` header: Bearer, or the user name of Basic."""
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def without_key(form: str) -> tuple[str, str]:
    """A form without its field `key`, and an `Authorization` header that says the same: so Stripe.js sends its key."""
    fields = parse_qsl(form, keep_blank_values=True)
    key = next((value for name, value in fields if name == "key"), None)
    if key is None:
        return form, ""
    return urlencode([field for field in fields if field[0] != "key"]), f"Bearer {key}"


def authenticate(settings: Settings, header: str, *, for_browsers: bool) -> Caller:
    """Who calls an endpoint; raises 401 for an unknown key, 403 for a browser's where a server's is needed."""
    key = key_of(header)
    if not key:
        raise refused(WITHOUT_KEY, status=401)
    if secrets.compare_digest(key.encode(), settings.secret_key.encode()):
        return Caller.SERVER
    if not secrets.compare_digest(key.encode(), settings.publishable_key.encode()):
        shown = key[:8] + "*" * max(0, len(key) - 12) + key[-4:]
        raise refused(f"Invalid API Key provided: {shown}", status=401)
    if not for_browsers:
        raise refused(FOR_SERVERS_ONLY, status=403, code="secret_key_required")
    return Caller.BROWSER
