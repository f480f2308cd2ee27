"""Entry point of `python -m parking_platform`."""

from parking_platform.cli import main

main()
