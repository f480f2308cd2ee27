"""What the services cost when nobody asks for anything."""

import asyncio
import time

from benchmarks.figures import Goal, Line
from benchmarks.rotation import Contender, Measured
from benchmarks.trial import Findings, Trial

from parking_platform.testing.usage import usage

WHAT = "processor time and memory of the idle service processes"
SETTLING_SECONDS = 15
MEGABYTE = 1024 * 1024
TOGETHER, LARGEST = "all together", "the largest"
CPU, MEMORY = "% of a core", "MB"


async def run(trial: Trial) -> Findings:
    """A minute in all; with `--full`, a minute a round."""
    seconds = trial.sized(2, 20, 60)
    settings = trial.platform.parts.settings
    names = [f"{service}-{command}" for service in settings.services for command in ("serve", "work")]
    pids = {name: trial.platform.stack.state(name).pid for name in names}
    await asyncio.sleep(trial.sized(1, SETTLING_SECONDS, SETTLING_SECONDS))
    spent: dict[str, float] = {}

    async def together(times: int) -> Measured:
        before, began = {name: usage(pid).cpu for name, pid in pids.items()}, time.monotonic()
        await asyncio.sleep(times)
        passed = time.monotonic() - began
        spent.update({name: (usage(pid).cpu - before[name]) / passed * 100 for name, pid in pids.items()})
        return {CPU: sum(spent.values())}

    async def largest(_times: int) -> Measured:
        return {MEMORY: max(usage(pid).memory for pid in pids.values()) / MEGABYTE}

    rotation = await trial.rotated([Contender(TOGETHER, together), Contender(LARGEST, largest)], seconds)
    return Findings(
        [
            Line(f"{len(pids)} processes together", rotation.series(TOGETHER, CPU), goal=Goal("figure", "≤", 5)),
            Line("the largest process", rotation.series(LARGEST, MEMORY), goal=Goal("figure", "≤", 150)),
        ],
        rotation,
        {
            "seconds of each round": seconds,
            "% of a core, last round": {name: round(share, 2) for name, share in spent.items()},
            "MB of each": {name: round(usage(pid).memory / MEGABYTE) for name, pid in pids.items()},
        },
    )
