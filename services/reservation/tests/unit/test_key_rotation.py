"""A rotation of the signing key, step by step: at no moment does anybody meet a signature by a key they do not know."""

import base64
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from services.reservation.tests.conftest import new_signing_key
from services.reservation.tests.examples import NOW, a_hold

from reservation_service.adapters.crypto.key_rotation import NothingToDo, public_half, rotated
from reservation_service.adapters.crypto.tokens import SignedTokens
from reservation_service.domain.errors import InvalidCredential
from reservation_service.settings import ReservationSettings

STATE = a_hold().state


def signing(key: str) -> SignedTokens:
    """What reservation signs and checks with."""
    values = {
        "database_url": "postgresql://nobody@localhost/none",
        "token_issuer": "https://parking.test",
        "answer_keys": base64.b64encode(bytes(32)).decode(),
        "internal_token": "t" * 32,
        "signing_key": key,
    }
    return SignedTokens(*ReservationSettings.model_validate(values).signing_keys_pem)


def paying(charge_key: str) -> KeySet:
    """What payment checks with."""
    pem = "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n"
    return KeySet([ECKey.import_key(pem.format(each)) for each in charge_key.split(",")])


def steps() -> Iterator[tuple[str, str]]:
    """Both settings, from one key to the next."""
    key = new_signing_key()
    yield key, public_half(key)
    for step in ("announce", "sign", "retire"):
        key, charge_key = rotated(key, step)
        yield key, charge_key


def test_two_processes_one_step_apart_know_each_others_signatures() -> None:
    *side_by_side, _alone = steps()
    for one_step in pairwise(side_by_side):
        for key, _ in one_step:
            code, charge = signing(key).credential(STATE), signing(key).charge(STATE, STATE.charges[0], NOW)
            for other, charge_key in one_step:
                assert signing(other).reservation_of(code) == STATE.id
                assert jwt.decode(charge, paying(charge_key), algorithms=["ES256"]).claims["sub"] == str(STATE.user_id)


def test_the_last_step_is_for_when_nothing_that_the_old_key_signed_counts_any_more() -> None:
    (old, _), *_, (both, _), (alone, charge_key) = steps()
    assert signing(alone).reservation_of(signing(both).credential(STATE)) == STATE.id
    with pytest.raises(InvalidCredential):
        signing(alone).reservation_of(signing(old).credential(STATE))
    with pytest.raises(JoseError):
        jwt.decode(signing(old).charge(STATE, STATE.charges[0], NOW), paying(charge_key), algorithms=["ES256"])


def test_the_old_private_key_is_gone_as_soon_as_it_signs_no_more() -> None:
    (old, _), _, (both, charge_keys), (new, charge_key) = steps()
    assert old not in both
    assert both == f"{new},{public_half(old)}"
    assert (charge_keys, charge_key) == (f"{public_half(new)},{public_half(old)}", public_half(new))


@pytest.mark.parametrize("done", [["sign"], ["retire"], ["announce", "sign", "sign"]])
def test_a_step_before_its_time_is_refused(done: Sequence[str]) -> None:
    key = new_signing_key()
    for step in done[:-1]:
        key, _ = rotated(key, step)
    with pytest.raises(NothingToDo):
        rotated(key, done[-1])


def test_public_halves_are_what_payment_takes() -> None:
    key = new_signing_key()
    assert base64.b64decode(public_half(key))
    assert public_half(public_half(key)) == public_half(key)
