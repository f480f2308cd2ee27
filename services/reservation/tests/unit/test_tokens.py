"""Charge tokens and gate credentials."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from services.reservation.tests.examples import NOW, a_hold

from reservation_service.adapters.crypto.plates import plain
from reservation_service.adapters.crypto.tokens import SignedTokens
from reservation_service.domain.errors import InvalidCredential
from reservation_service.domain.gate_lists import GateList, ListedReservation
from reservation_service.domain.reservations import ReservationStatus


def signer() -> SignedTokens:
    key = ec.generate_private_key(ec.SECP256R1())
    return SignedTokens(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


TOKENS = signer()
STATE = a_hold().state
CREDENTIAL = TOKENS.credential(STATE)


def claims_of(token: str) -> dict[str, object]:
    payload = token.split(".")[1]
    return json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class TestCharges:
    def test_payment_can_check_it_with_the_published_key_alone(self) -> None:
        token = TOKENS.charge(STATE, STATE.charges[0], NOW)
        published = KeySet.import_key_set(TOKENS.public_keys())  # pyright: ignore[reportArgumentType]
        decoded = jwt.decode(token, published, algorithms=["ES256"])
        assert decoded.header["typ"] == "charge+jwt"
        assert decoded.claims == {
            "iss": "reservation",
            "aud": "payment",
            "sub": str(STATE.user_id),
            "iat": int(NOW.timestamp()),
            "exp": int((NOW + timedelta(minutes=15)).timestamp()),
            "charge_id": str(STATE.charges[0].id),
            "reservation_id": str(STATE.id),
            "organization_id": str(STATE.organization_id),
            "parking_lot_id": str(STATE.parking_lot_id),
            "reason": "booking",
            "amount": 600,
            "tax": 43,
            "currency": "CHF",
        }

    def test_it_ends_with_the_hold_however_late_it_is_made(self) -> None:
        late = TOKENS.charge(STATE, STATE.charges[0], NOW + timedelta(minutes=14))
        assert claims_of(late)["exp"] == int((NOW + timedelta(minutes=15)).timestamp())

    def test_without_a_hold_it_lasts_a_quarter_of_an_hour_from_now(self) -> None:
        active = replace(STATE, status=ReservationStatus.ACTIVE, hold_expires_at=None)
        late = TOKENS.charge(active, STATE.charges[0], NOW + timedelta(days=3))
        assert claims_of(late)["exp"] == int((NOW + timedelta(days=3, minutes=15)).timestamp())

    def test_the_published_key_holds_no_secret(self) -> None:
        (key,) = TOKENS.public_keys()["keys"]
        assert {"kty", "crv", "x", "y", "kid", "use", "alg"} == key.keys()


class TestCredentials:
    def test_it_names_reservation_and_lot_and_never_the_spot(self) -> None:
        assert TOKENS.reservation_of(CREDENTIAL) == STATE.id
        assert claims_of(CREDENTIAL)["lot"] == str(STATE.parking_lot_id)
        assert str(STATE.spot.id) not in json.dumps(claims_of(CREDENTIAL))
        assert str(STATE.user_id) not in json.dumps(claims_of(CREDENTIAL))

    @pytest.mark.parametrize(
        "token",
        [
            pytest.param(TOKENS.charge(STATE, STATE.charges[0], NOW), id="a charge token"),
            pytest.param(signer().credential(STATE), id="signed by somebody else"),
            pytest.param(".".join([*CREDENTIAL.split(".")[:2], ""]), id="without its signature"),
            pytest.param(".".join([*CREDENTIAL.split(".")[:2], "A" * 86]), id="with another signature"),
            pytest.param(CREDENTIAL.replace(".", ".A", 1), id="with another content"),
            pytest.param("eyJhbGciOiJub25lIn0." + CREDENTIAL.split(".")[1] + ".", id="by no algorithm"),
            pytest.param("", id="nothing"),
        ],
    )
    def test_anything_else_is_refused(self, token: str) -> None:
        with pytest.raises(InvalidCredential):
            TOKENS.reservation_of(token)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("iss", "auth"), ("aud", "payment"), ("sub", "nobody"), ("sub", None), ("nbf", NOW.timestamp() + 10**9)],
    )
    def test_every_claim_counts(self, name: str, value: object) -> None:
        key = ECKey.generate_key("P-256", private=True)
        tokens = SignedTokens(key.as_pem(private=True).decode())
        claims = {**claims_of(tokens.credential(STATE)), name: value}
        header = {"alg": "ES256", "typ": "gate+jwt", "kid": key.thumbprint()}
        honest = jwt.encode(header, claims_of(tokens.credential(STATE)), key, algorithms=["ES256"])
        assert tokens.reservation_of(honest) == STATE.id
        forged = jwt.encode(header, claims, key, algorithms=["ES256"])
        with pytest.raises(InvalidCredential):
            tokens.reservation_of(forged)

    @given(st.one_of(st.text(), st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")))
    def test_no_text_upsets_it(self, text: str) -> None:
        with pytest.raises(InvalidCredential):
            TOKENS.reservation_of(text)

    @given(place=st.integers(0, len(CREDENTIAL) - 3), character=st.characters(codec="ascii"))
    def test_no_altered_character_gets_through(self, place: int, character: str) -> None:
        altered = CREDENTIAL[:place] + character + CREDENTIAL[place + 1 :]
        if altered != CREDENTIAL:
            with pytest.raises(InvalidCredential):
                TOKENS.reservation_of(altered)


class TestSeveralKeys:
    """A key is rotated: the new one is published, then signs, then the old one goes."""

    OLD, NEW = ECKey.generate_key("P-256", private=True), ECKey.generate_key("P-256", private=True)

    def tokens(self, first: ECKey, *others: ECKey, private: bool = True) -> SignedTokens:
        return SignedTokens(
            first.as_pem(private=True).decode(), *(each.as_pem(private=private).decode() for each in others)
        )

    def test_the_first_signs_and_all_are_published(self) -> None:
        tokens = self.tokens(self.NEW, self.OLD)
        kids = [each["kid"] for each in tokens.public_keys()["keys"]]
        assert kids == [self.NEW.thumbprint(), self.OLD.thumbprint()]
        assert kid_of(tokens.credential(STATE)) == kid_of(tokens.charge(STATE, STATE.charges[0], NOW)) == kids[0]
        assert all(
            {"kty", "crv", "x", "y", "kid", "use", "alg"} == each.keys() for each in tokens.public_keys()["keys"]
        )

    @pytest.mark.parametrize("private", [True, False])
    def test_every_step_of_a_rotation_knows_the_codes_of_the_others(self, private: bool) -> None:
        before = self.tokens(self.OLD)
        announced = self.tokens(self.OLD, self.NEW, private=private)
        rotated = self.tokens(self.NEW, self.OLD, private=private)
        for signs in (before, announced, rotated):
            for checks in (announced, rotated):
                assert checks.reservation_of(signs.credential(STATE)) == STATE.id
        with pytest.raises(InvalidCredential):
            before.reservation_of(rotated.credential(STATE))
        with pytest.raises(InvalidCredential):
            self.tokens(self.NEW).reservation_of(before.credential(STATE))

    def test_one_that_is_named_twice_is_published_once(self) -> None:
        assert len(self.tokens(self.NEW, self.OLD, self.NEW).public_keys()["keys"]) == 2


class TestGateLists:
    LISTED = (
        ListedReservation(STATE.id, STATE.period, ReservationStatus.CONFIRMED, "7", "zh-1 Ä"),
        ListedReservation(uuid4(), STATE.period, ReservationStatus.ACTIVE, "8", None),
    )
    LIST = GateList(STATE.parking_lot_id, NOW, NOW, NOW + timedelta(days=1), timedelta(minutes=15), LISTED)

    def test_it_says_who_comes_and_who_is_in(self) -> None:
        signed = TOKENS.gate_list(self.LIST)
        published = KeySet.import_key_set(TOKENS.public_keys())  # pyright: ignore[reportArgumentType]
        decoded = jwt.decode(signed.text, published, algorithms=["ES256"])
        assert decoded.header["typ"] == "gate-list+jwt"
        claims = decoded.claims
        assert (claims["iss"], claims["aud"], claims["lot"]) == ("reservation", "gate", str(STATE.parking_lot_id))
        assert (claims["iat"], claims["exp"]) == (int(NOW.timestamp()), int(NOW.timestamp()) + 86_400)
        assert (claims["from"], claims["until"]) == ("2026-03-02T12:00:00Z", "2026-03-03T12:00:00Z")
        assert claims["opens_before_seconds"] == 900
        first, second = claims["reservations"]
        assert first == {
            "reservation_id": str(STATE.id),
            "start_time": "2026-03-03T12:00:00Z",
            "end_time": "2026-03-03T15:00:00Z",
            "status": "confirmed",
            "spot_number": "7",
            "plate_hash": first["plate_hash"],
        }
        assert (second["status"], second["plate_hash"]) == ("active", None)

    def test_a_gate_finds_a_plate_that_it_reads_and_can_read_no_other(self) -> None:
        text = TOKENS.gate_list(self.LIST).text
        claims = claims_of(text)
        salt = urlsafe_b64decode(f"{claims['plate_salt']}==")
        (listed, _) = claims["reservations"]  # pyright: ignore[reportGeneralTypeIssues]
        read = hmac.digest(salt, "ZH1Ä".encode(), "sha256")[:16]
        assert listed["plate_hash"] == urlsafe_b64encode(read).rstrip(b"=").decode()
        payload = urlsafe_b64decode(text.split(".")[1] + "==").decode().upper()
        assert "ZH-1" not in payload
        assert "ZH1" not in payload

    def test_hashes_say_nothing_about_another_lot_or_another_day(self) -> None:
        salts = {
            claims_of(TOKENS.gate_list(replace(self.LIST, **change)).text)["plate_salt"]
            for change in ({}, {"parking_lot_id": uuid4()}, {"since": NOW + timedelta(days=1)})
        }
        assert len(salts) == 3

    def test_the_tag_is_of_what_it_says_and_not_of_when_it_was_signed(self) -> None:
        first = TOKENS.gate_list(self.LIST)
        assert TOKENS.gate_list(replace(self.LIST, made_at=NOW + timedelta(minutes=3))).tag == first.tag
        for change in ({"reservations": self.LISTED[:1]}, {"until": NOW + timedelta(hours=3)}):
            assert TOKENS.gate_list(replace(self.LIST, **change)).tag != first.tag
        assert signer().gate_list(self.LIST).tag != first.tag

    def test_it_opens_no_gate_itself(self) -> None:
        with pytest.raises(InvalidCredential):
            TOKENS.reservation_of(TOKENS.gate_list(self.LIST).text)

    @pytest.mark.parametrize("written", ["ZH 1", "zh-1", "Zh·1", "z h/1"])
    def test_a_plate_is_its_letters_and_digits(self, written: str) -> None:
        assert plain(written) == "ZH1"


def kid_of(token: str) -> str:
    header = token.split(".", maxsplit=1)[0]
    return json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]


def test_another_reservation_has_another_credential() -> None:
    assert TOKENS.credential(replace(STATE, id=uuid4())) != CREDENTIAL
