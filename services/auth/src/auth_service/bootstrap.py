"""Wires settings, adapters and use cases: the only file that knows everyone."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from auth_service.adapters.crypto.access_tokens import JwtAccessTokens, SharedSecretKey, StoredKeys
from auth_service.adapters.crypto.own_keys import OwnKeys
from auth_service.adapters.crypto.password_standards import PublishedStandards
from auth_service.adapters.crypto.passwords import BcryptPasswords
from auth_service.adapters.crypto.secrets import RandomSecrets
from auth_service.adapters.postgres.key_ring import PostgresKeyRing
from auth_service.adapters.postgres.revocations import PostgresRevocations
from auth_service.adapters.postgres.unit_of_work import units_of_work
from auth_service.adapters.smtp.sender import SmtpMailSender
from auth_service.application.commands.add_member import AddMemberHandler
from auth_service.application.commands.assign_role import AssignRoleHandler
from auth_service.application.commands.create_account import CreateAccountHandler
from auth_service.application.commands.create_organization import CreateOrganizationHandler
from auth_service.application.commands.end_all_logins import EndAllLoginsHandler
from auth_service.application.commands.end_login import EndLoginHandler
from auth_service.application.commands.purge_expired import PurgeExpiredHandler
from auth_service.application.commands.refresh_login import RefreshLoginHandler
from auth_service.application.commands.register_user import RegisterUserHandler
from auth_service.application.commands.reinstate_user import ReinstateUserHandler
from auth_service.application.commands.remove_member import RemoveMemberHandler
from auth_service.application.commands.rename_organization import RenameOrganizationHandler
from auth_service.application.commands.reseal_signing_keys import ResealSigningKeysHandler
from auth_service.application.commands.resend_verification import ResendVerificationHandler
from auth_service.application.commands.revoke_role import RevokeRoleHandler
from auth_service.application.commands.revoke_token import RevokeTokenHandler
from auth_service.application.commands.rotate_signing_keys import RotateSigningKeysHandler
from auth_service.application.commands.send_account_mails import SendAccountMailsHandler
from auth_service.application.commands.sign_in import SignInHandler
from auth_service.application.commands.sum_up_login_count import SumUpLoginCountHandler
from auth_service.application.commands.suspend_user import SuspendUserHandler
from auth_service.application.commands.verify_email import VerifyEmailHandler
from auth_service.application.ports import OpenWork
from auth_service.application.queries.get_profile import GetProfileHandler
from auth_service.application.queries.list_organizations import ListOrganizationsHandler
from auth_service.settings import AuthSettings
from parking_chassis.access_tokens import AccessTokenVerifier
from parking_chassis.clock import SYSTEM_CLOCK
from parking_chassis.ids import new_id
from parking_chassis.wiring import open_resources, service_engine, token_verifier
from parking_kernel.clocks import Clock
from parking_messaging import crash_points

SERVICE = "auth"


@dataclass(frozen=True, slots=True)
class UseCases:
    """Everything that can be asked of this service."""

    register_user: RegisterUserHandler
    verify_email: VerifyEmailHandler
    resend_verification: ResendVerificationHandler
    sign_in: SignInHandler
    refresh_login: RefreshLoginHandler
    revoke_token: RevokeTokenHandler
    end_login: EndLoginHandler
    end_all_logins: EndAllLoginsHandler
    assign_role: AssignRoleHandler
    revoke_role: RevokeRoleHandler
    suspend_user: SuspendUserHandler
    reinstate_user: ReinstateUserHandler
    create_organization: CreateOrganizationHandler
    rename_organization: RenameOrganizationHandler
    add_member: AddMemberHandler
    remove_member: RemoveMemberHandler
    create_account: CreateAccountHandler
    send_account_mails: SendAccountMailsHandler
    rotate_signing_keys: RotateSigningKeysHandler
    reseal_signing_keys: ResealSigningKeysHandler
    purge_expired: PurgeExpiredHandler
    sum_up_login_count: SumUpLoginCountHandler
    get_profile: GetProfileHandler
    list_organizations: ListOrganizationsHandler


@dataclass(frozen=True, slots=True)
class Auth:
    """The wired service. Routes and timers read through `open_work` and `keys` where a use case would decide nothing.

    `check_signing` raises what keeps it from signing tokens: no key, or another master key.
    """

    settings: AuthSettings
    use_cases: UseCases
    open_work: OpenWork
    keys: PostgresKeyRing
    clock: Clock
    engine: AsyncEngine
    passwords: BcryptPasswords
    token_verifier: AccessTokenVerifier
    check_signing: Callable[[], Awaitable[object]]


def bootstrap(settings: AuthSettings, *, clock: Clock = SYSTEM_CLOCK) -> Auth:
    """Wire everything. Nothing connects before it is used."""
    crash_points.arm(settings.crash_points, SERVICE)
    engine = service_engine(settings, SERVICE)
    sealer = settings.master_sealer
    keys = PostgresKeyRing(engine, sealer)
    secret = settings.token_shared_secret.get_secret_value() if settings.token_shared_secret else None
    current_key = SharedSecretKey(secret) if secret else StoredKeys(keys, clock)
    verifier = token_verifier(settings, OwnKeys(keys), PostgresRevocations(engine))
    passwords = BcryptPasswords(settings.bcrypt_cost, settings.max_waiting_passwords)
    tokens = JwtAccessTokens(current_key, settings.token_issuer, settings.token_audience, clock)
    work = units_of_work(sealer, settings.answer_sealer, new_id).opened_on(engine)
    use_cases = _use_cases(work, _mail_sender(settings), passwords, tokens, clock)
    return Auth(settings, use_cases, work, keys, clock, engine, passwords, verifier, current_key)


@asynccontextmanager
async def resources(auth: Auth) -> AsyncGenerator[None]:
    """What is open while a process runs."""
    async with open_resources(auth.engine):
        with closing(auth.passwords):
            yield


def _use_cases(
    work: OpenWork,
    sender: SmtpMailSender,
    passwords: BcryptPasswords,
    tokens: JwtAccessTokens,
    clock: Clock,
) -> UseCases:
    secrets, standards = RandomSecrets(), PublishedStandards()
    return UseCases(
        register_user=RegisterUserHandler(work, passwords, standards, secrets, clock, new_id),
        verify_email=VerifyEmailHandler(work, secrets, clock),
        resend_verification=ResendVerificationHandler(work, secrets, clock),
        sign_in=SignInHandler(work, passwords, standards, secrets, tokens, clock, new_id),
        refresh_login=RefreshLoginHandler(work, secrets, tokens, clock),
        revoke_token=RevokeTokenHandler(work, secrets, clock),
        end_login=EndLoginHandler(work, clock),
        end_all_logins=EndAllLoginsHandler(work, clock),
        assign_role=AssignRoleHandler(work, clock),
        revoke_role=RevokeRoleHandler(work, clock),
        suspend_user=SuspendUserHandler(work, clock),
        reinstate_user=ReinstateUserHandler(work, clock),
        create_organization=CreateOrganizationHandler(work, clock, new_id),
        rename_organization=RenameOrganizationHandler(work, clock),
        add_member=AddMemberHandler(work, clock),
        remove_member=RemoveMemberHandler(work, clock),
        create_account=CreateAccountHandler(work, passwords, standards, clock, new_id),
        send_account_mails=SendAccountMailsHandler(work, sender, secrets, clock),
        rotate_signing_keys=RotateSigningKeysHandler(work, clock),
        reseal_signing_keys=ResealSigningKeysHandler(work),
        purge_expired=PurgeExpiredHandler(work, clock),
        sum_up_login_count=SumUpLoginCountHandler(work),
        get_profile=GetProfileHandler(work),
        list_organizations=ListOrganizationsHandler(work),
    )


def _mail_sender(settings: AuthSettings) -> SmtpMailSender:
    password = settings.smtp_password
    return SmtpMailSender(
        settings.smtp_host,
        settings.smtp_port,
        settings.mail_from,
        settings.public_url,
        settings.smtp_username,
        password.get_secret_value() if password else None,
        settings.smtp_tls,
    )
