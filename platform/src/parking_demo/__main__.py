"""`python -m parking_demo`: what is shown on a platform that runs."""

from parking_chassis.cli import Subcommand, run_command_line

SUBCOMMANDS: tuple[Subcommand, ...] = ()


def main() -> None:
    """The command line."""
    run_command_line("python -m parking_demo", "What is shown on a platform that runs.", SUBCOMMANDS)


if __name__ == "__main__":
    main()
