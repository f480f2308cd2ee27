"""What a measurement was taken on."""

import os
import platform
import time
from collections.abc import Mapping

STEPS = 10_000_000


def this_machine() -> Mapping[str, object]:
    """Cores, Python, and how long one core takes for ten million steps of a loop: seconds of processor time.

    The same machine can be three times as fast an hour later, which only such a yardstick shows.
    """
    began = time.process_time()
    for _ in range(STEPS):
        pass
    return {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "ten million steps": f"{time.process_time() - began:.2f} s",
    }
