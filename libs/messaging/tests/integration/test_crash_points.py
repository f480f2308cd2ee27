"""A process that was armed dies where it was ordered to, and nowhere else."""

import signal
import subprocess
import sys
from pathlib import Path

from parking_messaging.crash_points import CrashPoint, order

PROGRAM = """
import sys
from pathlib import Path
from parking_messaging.crash_points import CrashPoint, arm, reach
arm(Path(sys.argv[1]) if sys.argv[1] else None, "sample")
for point in CrashPoint:
    print(point, flush=True)
    reach(point)
"""


def run(directory: Path | str) -> tuple[int, list[str]]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(directory)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.split()


def test_an_order_is_carried_out_at_its_point_and_once(tmp_path: Path) -> None:
    ordered = order(tmp_path, "sample", CrashPoint.EVENTS_PRODUCED)
    ordered.touch()
    code, reached = run(tmp_path)
    assert (code, reached[-1]) == (-signal.SIGKILL, "events-produced")
    assert not ordered.exists()
    assert run(tmp_path) == (0, list(CrashPoint))


def test_an_order_to_another_service_or_to_a_process_that_is_not_armed_is_left_alone(tmp_path: Path) -> None:
    orders = [order(tmp_path, "other", CrashPoint.EVENTS_TAKEN), order(tmp_path, "sample", CrashPoint.EVENTS_TAKEN)]
    orders[0].touch()
    assert run(tmp_path)[0] == 0
    orders[1].touch()
    assert run("")[0] == 0
    assert all(each.exists() for each in orders)
