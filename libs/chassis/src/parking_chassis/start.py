"""Where the process of a service begins: `auth-service` runs `auth_service.entrypoints.cli`."""

import gc
import sys
from importlib import import_module
from pathlib import Path


def main() -> None:
    """The console script of every service.

    What is imported stays to the end. To look for garbage in it meanwhile, and once more at the end, takes a quarter of
    a start's processor time and finds none.
    """
    package = Path(sys.argv[0]).name.replace("-", "_")
    gc.disable()
    command_line = import_module(f"{package}.entrypoints.cli")
    gc.freeze()
    gc.enable()
    command_line.main()
