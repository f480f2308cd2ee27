"""Routes for people without an account."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict, EmailStr, Field, SecretStr, StringConstraints
from pydantic.config import JsonDict

from auth_service.application.commands.register_user import RegisterUser
from auth_service.application.commands.resend_verification import ResendVerification
from auth_service.application.commands.verify_email import VerifyEmail
from auth_service.domain.errors import UnacceptablePassword
from auth_service.domain.passwords import MAX_BYTES, MIN_CHARACTERS
from auth_service.entrypoints.http.dependencies import Does, NetworkAddress
from auth_service.entrypoints.http.problems import INVALID_MAIL_TOKEN, TOO_BUSY, UNACCEPTABLE_PASSWORD
from parking_chassis.api_document import may_answer
from parking_chassis.error_words import pattern
from parking_chassis.problems import Problem
from parking_chassis.schemas import Line, RequestBody, ResponseBody

router = APIRouter(prefix="/api/v1/auth", tags=["auth"])

FullName = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
PHONE_NUMBER = pattern(
    r"^\+?[0-9 ()/.-]{5,30}$", "must be a phone number such as +41 44 123 45 67, of 5 to 30 digits and signs"
)
PhoneNumber = Annotated[str, StringConstraints(strip_whitespace=True, pattern=PHONE_NUMBER)]


PASSWORD = (
    f"At least {MIN_CHARACTERS} characters, of any script and with blanks, and at most {MAX_BYTES} bytes in UTF-8. "
    "Refused are known bad ones, which everybody tries first, those that are easily guessed, and the e-mail address. "
    "Two spellings of the same characters are one password (RFC 8265, OpaqueString)."
)
# For readers of the document: the domain checks it, after it has brought the password into its one form.
SHOWN_LENGTH: JsonDict = {"minLength": MIN_CHARACTERS}


class Registration(RequestBody):
    """A person who wants an account."""

    # Blanks around a password belong to it; they would be taken off a `SecretStr` too.
    model_config = ConfigDict(str_strip_whitespace=False)

    email: EmailStr
    password: Annotated[SecretStr, Field(description=PASSWORD, json_schema_extra=SHOWN_LENGTH)]
    full_name: FullName
    phone_number: PhoneNumber | None = None


class RegisteredUser(ResponseBody):
    """The account that was made."""

    id: UUID
    email: str | None
    full_name: str
    phone_number: str | None
    is_verified: bool
    roles: list[str]


class Verification(RequestBody):
    """The token of the mail's link."""

    token: Annotated[str, Field(min_length=1, max_length=200)]


@router.post("/register", status_code=201)
@may_answer(TOO_BUSY, UNACCEPTABLE_PASSWORD)
async def register_user(body: Registration, does: Does, network_address: NetworkAddress) -> RegisteredUser:
    """Make an account with the role `user`; a mail with a link to verify the address goes out.

    The address belongs to the account that verifies it first. One that is verified already gets the same answer, and
    its owner a mail.
    """
    password = body.password.get_secret_value()
    command = RegisterUser(body.email, password, body.full_name, body.phone_number, network_address)
    try:
        user = await does.register_user(command)
    except UnacceptablePassword as error:
        errors = [{"pointer": "/password", "detail": str(error)}]
        raise Problem(UNACCEPTABLE_PASSWORD, str(error), errors=errors) from error
    return RegisteredUser(
        id=user.id,
        email=user.email,
        full_name=user.full_name,
        phone_number=user.phone_number,
        is_verified=user.is_verified,
        roles=sorted(user.roles),
    )


class Resending(RequestBody):
    """The address that is to get another link."""

    email: EmailStr


@router.post("/verify-email", status_code=204)
@may_answer(INVALID_MAIL_TOKEN)
async def verify_email(body: Verification, does: Does) -> None:
    """Show that the address is one's own, with the token of the mail's link. It counts once, for 48 hours.

    The answer to a used or old one says in `resend` where a new one is to be had. Other accounts that were registered
    with the address lose it.
    """
    await does.verify_email(VerifyEmail(body.token))


@router.post("/verify-email/resend", status_code=204)
async def resend_verification(body: Resending, does: Does, network_address: NetworkAddress) -> None:
    """Send another link to an address that is not verified yet; a link for each account where several share it.

    The answer is the same whether it has an account or not. After three mails that were
    asked for from one network address the next ones wait, an hour at first; after ten from all, one an hour is sent.
    """
    await does.resend_verification(ResendVerification(body.email, network_address))
