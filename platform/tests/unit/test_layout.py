"""What of a checkout outlives it, and what a clone that is made again at its path finds."""

import shutil
import stat
from pathlib import Path

import pytest

from parking_platform.layout import Layout, LostSecrets
from parking_platform.secret_store import SecretStore


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(run=tmp_path / "clone" / ".run", state=tmp_path / "state")


def delete_and_clone_again(layout: Layout) -> Layout:
    shutil.rmtree(layout.run.parent)
    layout.run.mkdir(parents=True)
    return Layout(run=layout.run, state=layout.state)


def test_a_clone_made_again_finds_the_data_and_their_secrets(layout: Layout) -> None:
    assert not layout.create()
    password = SecretStore(layout.secrets).password("postgres.auth")
    layout.server("postgres").mkdir()

    again = delete_and_clone_again(layout)

    assert again.create()
    again.require_secrets()
    assert SecretStore(again.secrets).password("postgres.auth") == password
    assert (again.run / "state").samefile(again.state)
    assert not again.create()  # from now on it is its own


def test_data_without_their_secrets_say_what_to_do(layout: Layout) -> None:
    layout.create()
    layout.server("postgres").mkdir()
    again = delete_and_clone_again(layout)
    again.create()

    with pytest.raises(LostSecrets, match="`make reset` deletes the data"):
        again.require_secrets()
    with pytest.raises(LostSecrets):
        SecretStore(again.secrets, again.require_secrets).password("postgres.auth")

    again.delete()
    again.create()
    again.require_secrets()


def test_secrets_of_an_older_version_are_taken_to_the_data(layout: Layout) -> None:
    layout.run.mkdir(parents=True)
    where_they_were = layout.run / "secrets.json"
    password = SecretStore(where_they_were).password("postgres.auth")

    layout.create()

    assert SecretStore(layout.secrets).password("postgres.auth") == password
    assert stat.S_IMODE(layout.secrets.stat().st_mode) == 0o600
    assert not where_they_were.exists()


def test_a_reset_takes_the_secrets_with_the_data(layout: Layout) -> None:
    layout.create()
    SecretStore(layout.secrets).password("postgres.auth")

    assert layout.delete() == [layout.state, layout.run]
    assert not layout.secrets.exists()
