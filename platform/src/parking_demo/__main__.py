"""`python -m parking_demo`: what is made for a demonstration, and shown in it."""

import argparse
from pathlib import Path

from parking_chassis.cli import Arguments, Subcommand, run_command_line
from parking_demo import playing


def _seed(arguments: Arguments) -> None:
    # Importing four services takes seconds, which the other subcommands need not wait for.
    from parking_demo.seeding.seed import Scale, run  # noqa: PLC0415

    scale = Scale(arguments.lots, arguments.visits)
    run(arguments.stamp, scale, arguments.operator, arguments.driver)


def _seed_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stamp", type=Path, required=True, help="the file that says what was begun and done")
    parser.add_argument("--lots", type=int, required=True, help="how many car parks")
    parser.add_argument("--visits", type=int, required=True, help="how many bookings of other drivers")
    parser.add_argument("--operator", required=True, help="the address of the operator of the car parks")
    parser.add_argument("--driver", required=True, help="the address of the driver who has a history afterwards")
    parser.epilog = "Settings of the services and the database's superuser come from the environment."


def _demo_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--demo", type=Path, default=Path(".run/demo.json"), help="where everything is: `make up` wrote it"
    )


SUBCOMMANDS = (
    Subcommand("seed", "make the car parks and the week before now; services must not run", _seed, _seed_arguments),
    Subcommand(
        "journey",
        "play a booking, and supply that goes away under two; show what each service did",
        lambda arguments: playing.narrate(arguments.demo),
        _demo_file,
    ),
    Subcommand("prove", "play it quietly; one line", lambda arguments: playing.prove(arguments.demo), _demo_file),
)


def main() -> None:
    """The command line."""
    run_command_line("python -m parking_demo", "What is made for a demonstration, and shown in it.", SUBCOMMANDS)


if __name__ == "__main__":
    main()
