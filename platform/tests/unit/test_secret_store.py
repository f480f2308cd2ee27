import base64
import stat
from pathlib import Path

from parking_platform.secret_store import SecretStore


def test_a_secret_stays_the_same(tmp_path: Path) -> None:
    first = SecretStore(tmp_path / "secrets.json")
    password, key = first.password("postgres.auth"), first.key("auth.master_key")

    again = SecretStore(tmp_path / "secrets.json")

    assert (again.password("postgres.auth"), again.key("auth.master_key")) == (password, key)
    assert len(base64.b64decode(key)) == 32


def test_secrets_differ(tmp_path: Path) -> None:
    store = SecretStore(tmp_path / "secrets.json")

    assert store.password("postgres.auth") != store.password("postgres.parking")


def test_only_the_owner_may_read_them(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    SecretStore(file).password("any")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
