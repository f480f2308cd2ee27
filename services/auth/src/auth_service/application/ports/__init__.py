"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them.

What a repository hands out as an aggregate (`User`, `Login`, `Organization`) is locked until the transaction ends, so
that two changes of the same thing follow each other; what it hands out as a state is only read. A use case that needs
several aggregates takes them in the order organization, users by their ids, logins, so that no two wait for each other
in a circle. What an administrator changes is taken by `lock_user` or `lock_asker`.
"""

from auth_service.application.ports.attempts import CountedAttempts
from auth_service.application.ports.logins import AskersLogin, Logins
from auth_service.application.ports.mails import Letter, Mails, MailSender, MailUnsent, Registration
from auth_service.application.ports.people import Organizations, Roles, Users
from auth_service.application.ports.secrets import PasswordHasher, PasswordStandards, Secret, Secrets
from auth_service.application.ports.tokens import AccessTokens, SigningKeys, SignToken
from auth_service.application.ports.work import Aggregate, OpenWork, Work

__all__ = [
    "AccessTokens",
    "Aggregate",
    "AskersLogin",
    "CountedAttempts",
    "Letter",
    "Logins",
    "MailSender",
    "MailUnsent",
    "Mails",
    "OpenWork",
    "Organizations",
    "PasswordHasher",
    "PasswordStandards",
    "Registration",
    "Roles",
    "Secret",
    "Secrets",
    "SignToken",
    "SigningKeys",
    "Users",
    "Work",
]
