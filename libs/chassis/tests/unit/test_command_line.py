"""The command line: one subcommand, and a sentence for what is wrong."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping

import pytest
from pydantic_settings import SettingsConfigDict

import parking_chassis
from parking_chassis.cli import Arguments, ServiceCommands, Subcommand, run_command_line
from parking_chassis.settings import ServiceSettings


class SampleSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SAMPLE_")


def run(action: Callable[[Arguments], object | Coroutine[object, object, object]]) -> None:
    run_command_line("program", "what it does", [Subcommand("act", "do it", action)], ["act"])


def test_a_subcommand_may_be_a_coroutine() -> None:
    done: list[str] = []

    async def act(_arguments: Arguments) -> None:
        await asyncio.sleep(0)
        done.append("done")

    run(act)
    assert done == ["done"]


def settings_of(variables: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    commands = ServiceCommands("sample", parking_chassis, SampleSettings, lambda settings: settings)
    run(lambda _arguments: commands.settings())


def test_wrong_settings_end_with_78_and_name_the_variable_without_its_value(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit) as ended:
        settings_of({"SAMPLE_DATABASE_URL": "mysql://secret@x"}, monkeypatch)
    said = capsys.readouterr().err
    assert ended.value.code == 78
    assert said.startswith("program: setting SAMPLE_DATABASE_URL: ")
    assert "program: setting SAMPLE_TOKEN_ISSUER: is required\n" in said
    assert "secret" not in said


def test_a_setting_that_cannot_be_read_is_named_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit) as ended:
        settings_of({"SAMPLE_TOKEN_ALGORITHMS": "HS256"}, monkeypatch)
    assert (ended.value.code, capsys.readouterr().err) == (
        78,
        "program: setting SAMPLE_TOKEN_ALGORITHMS: must be JSON\n",
    )


def test_settings_that_do_not_go_together_end_with_78_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = {"SAMPLE_DATABASE_URL": "postgresql://x/x", "SAMPLE_TOKEN_ISSUER": "x"}
    with pytest.raises(SystemExit) as ended:
        settings_of(
            {**alone, "SAMPLE_TOKEN_ALGORITHMS": '["HS256"]', "SAMPLE_TOKEN_SHARED_SECRET": "hush"}, monkeypatch
        )
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
