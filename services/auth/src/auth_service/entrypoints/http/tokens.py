"""OAuth 2: tokens, their revocation, and the keys that check them (RFC 6749, 7009, 7517, 9068)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Header, Request, Response
from pydantic import BaseModel, Field

from auth_service.application.commands.refresh_login import RefreshLogin
from auth_service.application.commands.revoke_token import RevokeToken
from auth_service.application.commands.sign_in import SignIn
from auth_service.domain.errors import InvalidCredentials, InvalidRefreshToken
from auth_service.domain.grants import IssuedTokens
from auth_service.entrypoints.http.dependencies import Does, NetworkAddress, Service
from auth_service.entrypoints.http.problems import NO_STORE, TOO_BUSY, TOO_MANY_ATTEMPTS
from parking_chassis.api_document import may_answer
from parking_chassis.problems import FieldErrors, Problem, ProblemKind
from parking_chassis.schemas import ResponseBody, as_one_line, unstorable

router = APIRouter(prefix="/api/v1/auth", tags=["auth"])


class OAuthError(BaseModel):
    """What a client library for OAuth reads of an error."""

    error: Annotated[str, Field(description="the code of RFC 6749, 5.2", examples=["invalid_grant"])]
    error_description: Annotated[str, Field(description="the same as `detail`")]


class OAuthRequestError(OAuthError, FieldErrors):
    """The same of a request that is malformed, and where it is."""


INVALID_GRANT = ProblemKind("invalid-grant", "Not signed in", 400, NO_STORE, OAuthError)
INVALID_REQUEST = ProblemKind(
    "invalid-token-request", "The token request is not valid", 400, NO_STORE, OAuthRequestError
)
UNSUPPORTED = ProblemKind("unsupported-grant-type", "No such grant", 400, NO_STORE, OAuthError)
MAX_DEVICE_LENGTH = 200
MAX_FIELD_LENGTH = 1000
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

# The document says what is right; what is wrong is answered below in OAuth's words, so that nothing is checked before.
# A factory: a default would stand in the document, where it is none that anybody may send.
Text = Annotated[str, Form(default_factory=str, json_schema_extra={"maxLength": MAX_FIELD_LENGTH})]
GrantType = Annotated[str, Form(default_factory=str, json_schema_extra={"enum": ["password", "refresh_token"]})]
UserAgent = Annotated[str, Header(include_in_schema=False)]
"""Names a login for its owner. Every client sends it by itself, so that the document does not ask for it."""


def _form(schema: dict[str, Any]) -> dict[str, Any]:
    """What the document says of a form besides its fields."""
    return {"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}}


def _grant(name: str, *fields: str) -> dict[str, Any]:
    return {"properties": {"grant_type": {"const": name}}, "required": ["grant_type", *fields]}


GRANT_FORM = _form({"oneOf": [_grant("password", "username", "password"), _grant("refresh_token", "refresh_token")]})
TOKEN_FORM = _form({"required": ["token"]})


class Tokens(ResponseBody):
    """The answer of RFC 6749, 5.1. `expires_in` is seconds; `scope` the permissions, separated by blanks."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the scheme's name
    expires_in: int
    refresh_token: str
    scope: str


class PublishedKeys(ResponseBody):
    """A JSON Web Key Set (RFC 7517, 5)."""

    keys: list[dict[str, str]]


async def _only_a_form(request: Request) -> None:
    """Raises the problem of a token request whose body is said to be something else."""
    named = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if named and named not in FORMS:
        rule = f"must be a form: send {FORMS[0]}, not {named}"
        raise _invalid_request(f"The body {rule}.", "/", rule)


@router.post("/token", openapi_extra=GRANT_FORM, dependencies=[Depends(_only_a_form)])
@may_answer(INVALID_REQUEST, INVALID_GRANT, UNSUPPORTED, TOO_BUSY, TOO_MANY_ATTEMPTS)
async def issue_token(
    does: Does,
    response: Response,
    network_address: NetworkAddress,
    grant_type: GrantType,
    username: Text,
    password: Text,
    refresh_token: Text,
    user_agent: UserAgent = "",
) -> Tokens:
    """Sign in (`grant_type=password`) or go on (`grant_type=refresh_token`).

    Each refresh token serves once; one that comes again ends its login. Errors carry `error` as in RFC 6749, 5.2.
    After five wrong passwords in a row for an account each further attempt from the same network address has to wait
    longer (429, `Retry-After`). After twenty from several, attempts wait from everywhere but where the account was
    signed in to within thirty days.
    """
    response.headers.update(NO_STORE)
    device = as_one_line(user_agent)[:MAX_DEVICE_LENGTH]
    try:
        match _required(grant_type, "grant_type"):
            case "password":
                name, secret = _required(username, "username"), _required(password, "password")
                issued = await does.sign_in(SignIn(name, secret, device, network_address))
            case "refresh_token":
                issued = await does.refresh_login(RefreshLogin(_required(refresh_token, "refresh_token")))
            case _:
                raise _refused(UNSUPPORTED, "unsupported_grant_type", "grant_type must be password or refresh_token.")
    except (InvalidCredentials, InvalidRefreshToken) as error:
        raise _refused(INVALID_GRANT, "invalid_grant", str(error)) from error
    return _tokens(issued)


@router.post("/revoke", status_code=200, openapi_extra=TOKEN_FORM, dependencies=[Depends(_only_a_form)])
@may_answer(INVALID_REQUEST)
async def revoke_token(does: Does, token: Text) -> None:
    """End the login of a refresh token. An unknown token is no error (RFC 7009, 2.2)."""
    await does.revoke_token(RevokeToken(_required(token, "token")))


@router.get("/jwks.json")
async def list_published_keys(service: Service, response: Response) -> PublishedKeys:
    """The public keys that check access tokens. Ask again for a key id that you do not know."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return PublishedKeys(keys=list(await service.keys.published()))


def _required(value: str, name: str) -> str:
    """The field's value; what is wrong with it is answered as RFC 6749, 5.2 has it, and as everywhere else here."""
    if not value:
        raise _invalid(name, "is required")
    if len(value) > MAX_FIELD_LENGTH:
        raise _invalid(name, f"must have at most {MAX_FIELD_LENGTH} characters")
    if rule := unstorable(value):
        raise _invalid(name, rule)
    return value


def _invalid(name: str, rule: str) -> Problem:
    return _invalid_request(f"{name} {rule}.", f"/{name}", rule)


def _invalid_request(sentence: str, pointer: str, rule: str) -> Problem:
    errors = [{"pointer": pointer, "detail": rule}]
    return Problem(INVALID_REQUEST, sentence, error="invalid_request", error_description=sentence, errors=errors)


def _refused(kind: ProblemKind, code: str, detail: str) -> Problem:
    return Problem(kind, detail, error=code, error_description=detail)


def _tokens(issued: IssuedTokens) -> Tokens:
    return Tokens(
        access_token=issued.access_token.text,
        expires_in=issued.access_token.expires_in,
        refresh_token=issued.refresh_token,
        scope=" ".join(sorted(issued.permissions)),
    )
