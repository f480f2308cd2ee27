"""The command line that every service has: `serve`, `work`, `migrate`, and what it adds of its own."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

Arguments = argparse.Namespace
CONFIGURATION_ERROR = 78  # EX_CONFIG of sysexits.h
UNAVAILABLE = 69  # EX_UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One subcommand: what it is called, what it does, its arguments."""

    name: str
    help: str
    run: Callable[[Arguments], object | Coroutine[Any, Any, object]]
    add_arguments: Callable[[argparse.ArgumentParser], object] = lambda _parser: None


def run_command_line(
    program: str, description: str, subcommands: Sequence[Subcommand], argv: Sequence[str] | None = None
) -> None:
    """Parse the arguments and run one subcommand.

    Wrong settings end with a sentence for each and exit code 78; a server that cannot be reached, with one and 69.
    """
    parser = argparse.ArgumentParser(prog=program, description=description)
    choices = parser.add_subparsers(required=True, metavar="command")
    for subcommand in subcommands:
        added = choices.add_parser(subcommand.name, help=subcommand.help, description=subcommand.help)
        subcommand.add_arguments(added)
        added.set_defaults(run=subcommand.run)
    arguments = parser.parse_args(argv)
    try:
        outcome = arguments.run(arguments)
        if asyncio.iscoroutine(outcome):
            asyncio.run(outcome)
    except ValidationError as error:
        for each in error.errors():
            name = "_".join(str(part) for part in each["loc"]) or "settings"
            sys.stderr.write(f"{program}: setting {name.upper()}: {each['msg']}\n")
        sys.exit(CONFIGURATION_ERROR)
    except OSError as error:
        sys.stderr.write(f"{program}: {error}\n")
        sys.exit(UNAVAILABLE)
