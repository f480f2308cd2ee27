"""Users, logins, organizations, roles, mails, signing keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from parking_messaging.migrations import create_messaging_tables, drop_messaging_tables

revision = "0001"
down_revision = None

PEOPLE = """
CREATE TABLE roles (
    name text CONSTRAINT pk_roles PRIMARY KEY,
    permissions text[] NOT NULL
);
CREATE TABLE users (
    id uuid CONSTRAINT pk_users PRIMARY KEY,
    email text NOT NULL CONSTRAINT uq_users_email UNIQUE,
    full_name text NOT NULL,
    phone_number text,
    password_hash text NOT NULL,
    is_verified boolean NOT NULL,
    status varchar(16) NOT NULL,
    roles text[] NOT NULL,
    created_at timestamptz NOT NULL,
    version integer NOT NULL
);
CREATE TABLE organizations (
    id uuid CONSTRAINT pk_organizations PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    version integer NOT NULL
);
CREATE TABLE members (
    organization_id uuid CONSTRAINT fk_members_organization_id REFERENCES organizations,
    user_id uuid CONSTRAINT fk_members_user_id REFERENCES users,
    role varchar(16) NOT NULL,
    CONSTRAINT pk_members PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX ix_members_user_id ON members (user_id);
"""

CREDENTIALS = """
CREATE TABLE logins (
    id uuid CONSTRAINT pk_logins PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT fk_logins_user_id REFERENCES users,
    device text NOT NULL,
    started_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason varchar(32),
    version integer NOT NULL
);
CREATE INDEX ix_logins_open_of_user ON logins (user_id) WHERE ended_at IS NULL;
CREATE TABLE refresh_tokens (
    secret_hash bytea CONSTRAINT pk_refresh_tokens PRIMARY KEY,
    login_id uuid NOT NULL CONSTRAINT fk_refresh_tokens_login_id REFERENCES logins,
    issued_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX ix_refresh_tokens_login_id ON refresh_tokens (login_id);
CREATE TABLE account_mails (
    id uuid CONSTRAINT pk_account_mails PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT fk_account_mails_user_id REFERENCES users,
    kind varchar(32) NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    sent_at timestamptz
);
CREATE INDEX ix_account_mails_due ON account_mails (due_at) WHERE sent_at IS NULL;
CREATE TABLE mail_tokens (
    secret_hash bytea CONSTRAINT pk_mail_tokens PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT fk_mail_tokens_user_id REFERENCES users,
    purpose varchar(32) NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE TABLE signing_keys (
    key_id text CONSTRAINT pk_signing_keys PRIMARY KEY,
    algorithm varchar(16) NOT NULL,
    sealed_private_key bytea NOT NULL,
    public_key text NOT NULL,
    created_at timestamptz NOT NULL
);
"""

ROLES = {
    "guest": ["read:parking"],
    "user": ["read:parking", "write:reservation", "read:own_data"],
    "operator": ["read:parking", "write:parking", "read:analytics", "read:reservation", "operate:gate"],
    "admin": ["*"],
}


def upgrade() -> None:
    for statement in (PEOPLE + CREDENTIALS).split(";\n"):
        if statement.strip():
            op.execute(statement)
    roles = sa.table("roles", sa.column("name", sa.Text()), sa.column("permissions", postgresql.ARRAY(sa.Text())))
    op.bulk_insert(roles, [{"name": name, "permissions": permissions} for name, permissions in ROLES.items()])
    create_messaging_tables(op)


def downgrade() -> None:
    drop_messaging_tables(op)
    tables = "signing_keys, mail_tokens, account_mails, refresh_tokens, logins, members, organizations, users, roles"
    op.execute(f"DROP TABLE {tables}")
