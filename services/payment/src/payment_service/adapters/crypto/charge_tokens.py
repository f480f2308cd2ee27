"""The charge token, a JWT by ES256 (RFC 7519, 8725), checked with reservation's public keys and nobody asked."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import ECKey, KeySet

from parking_kernel.money import Money
from payment_service.domain.charges import Charge
from payment_service.domain.errors import ChargeExpired, InvalidChargeToken

ALGORITHM = "ES256"
TYPE = "charge+jwt"


class ChargeTokens:
    """See `payment_service.application.ports.ReadChargeToken`."""

    def __init__(self, public_keys_pem: Sequence[str], now: Callable[[], datetime]) -> None:
        """A token's `kid` is the thumbprint of one of the keys (RFC 7638)."""
        self._keys = KeySet([ECKey.import_key(each) for each in public_keys_pem])
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now().timestamp()),
            iss={"essential": True, "value": "reservation"},
            aud={"essential": True, "value": "payment"},
            sub={"essential": True},
            exp={"essential": True},
        )

    def __call__(self, token: str) -> Charge:
        """The charge that was signed. Raises `InvalidChargeToken`, and `ChargeExpired` for one that was good once."""
        try:
            decoded = jwt.decode(token, self._keys, algorithms=[ALGORITHM])
            if decoded.header.get("typ") != TYPE:
                raise InvalidChargeToken
            self._claims.validate(decoded.claims)
            return _charge(decoded.claims)
        except ExpiredTokenError as error:
            raise ChargeExpired from error
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise InvalidChargeToken from error


def _charge(claims: dict[str, object]) -> Charge:
    def identifier(name: str) -> UUID:
        return UUID(str(claims[name]))

    currency, amount, tax = claims["currency"], claims["amount"], claims["tax"]
    if not (isinstance(currency, str) and isinstance(amount, int) and isinstance(tax, int) and 0 <= tax <= amount > 0):
        raise InvalidChargeToken
    return Charge(
        id=identifier("charge_id"),
        reservation_id=identifier("reservation_id"),
        user_id=identifier("sub"),
        organization_id=identifier("organization_id"),
        parking_lot_id=identifier("parking_lot_id"),
        amount=Money(amount, currency),
        tax=Money(tax, currency),
    )
