"""The command line: one subcommand, and a sentence for what is wrong."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from parking_chassis.cli import Arguments, Subcommand, run_command_line
from parking_chassis.settings import ServiceSettings


def run(action: Callable[[Arguments], object | Coroutine[object, object, object]]) -> None:
    run_command_line("program", "what it does", [Subcommand("act", "do it", action)], ["act"])


def test_a_subcommand_may_be_a_coroutine() -> None:
    done: list[str] = []

    async def act(_arguments: Arguments) -> None:
        await asyncio.sleep(0)
        done.append("done")

    run(act)
    assert done == ["done"]


def test_wrong_settings_end_with_78_and_name_the_setting_without_its_value(capsys: pytest.CaptureFixture[str]) -> None:
    def act(_arguments: Arguments) -> None:
        ServiceSettings.model_validate({"database_url": "mysql://secret@x", "token_issuer": "x"})

    with pytest.raises(SystemExit) as ended:
        run(act)
    said = capsys.readouterr().err
    assert ended.value.code == 78
    assert said.startswith("program: setting DATABASE_URL: ")
    assert "secret" not in said


def test_settings_that_do_not_go_together_end_with_78_too(capsys: pytest.CaptureFixture[str]) -> None:
    together = {"token_algorithms": ["HS256"], "token_shared_secret": "hush"}

    def act(_arguments: Arguments) -> None:
        ServiceSettings.model_validate({"database_url": "postgresql://x/x", "token_issuer": "x", **together})

    with pytest.raises(SystemExit) as ended:
        run(act)
    said = capsys.readouterr().err
    assert ended.value.code == 78
    assert "token_shared_secret must have at least 32 characters" in said
    assert "hush" not in said


def test_what_cannot_be_reached_ends_with_69(capsys: pytest.CaptureFixture[str]) -> None:
    def act(_arguments: Arguments) -> None:
        raise ConnectionRefusedError("nobody is there")

    with pytest.raises(SystemExit) as ended:
        run(act)
    assert (ended.value.code, capsys.readouterr().err) == (69, "program: nobody is there\n")


def test_without_a_subcommand_the_usage_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command_line("program", "what it does", [Subcommand("act", "do it", print)], [])
    assert ended.value.code == 2
    assert "usage: program" in capsys.readouterr().err
