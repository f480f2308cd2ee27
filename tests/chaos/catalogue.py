"""The rows: what each promises, and how it is tried."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.chaos.rows import c0, c1, c3, c4, c6, c8, c12, c13, c14, c16, c25, c27, c28, kill, limits, mix
from tests.chaos.verdict import Verdict
from tests.chaos.world import World


@dataclass(frozen=True)
class Row:
    """`run` tries it, in full or in short, and notes in the verdict what did not hold; `profile` is the platform's."""

    name: str
    promise: str
    run: Callable[[World, Verdict, bool], Awaitable[None]]
    profile: str = "bench"


def _sized[Size](
    run: Callable[[World, Size, Verdict], Awaitable[None]], full: Size, short: Size
) -> Callable[[World, Verdict, bool], Awaitable[None]]:
    async def either(world: World, verdict: Verdict, is_short: bool) -> None:
        await run(world, short if is_short else full, verdict)

    return either


ROWS = {
    row.name: row
    for row in (
        Row("C0", c0.PROMISE, _sized(c0.run, c0.FULL, c0.SHORT)),
        Row("C1", c1.PROMISE, _sized(c1.run, c1.FULL, c1.SHORT)),
        Row("C3", c3.PROMISE, _sized(c3.run, c3.FULL, c3.SHORT)),
        Row("C4", c4.PROMISE, _sized(c4.run, c4.FULL, c4.SHORT)),
        Row("C6", c6.PROMISE, _sized(c6.run, c6.FULL, c6.SHORT)),
        Row("C8", c8.PROMISE, _sized(c8.run, c8.FULL, c8.SHORT)),
        Row("C12", c12.PROMISE, _sized(c12.run, c12.FULL, c12.SHORT)),
        Row("C13", c13.PROMISE, _sized(c13.run, c13.FULL, c13.SHORT)),
        Row("C14", c14.PROMISE, _sized(c14.run, c14.FULL, c14.SHORT)),
        Row("C16", c16.PROMISE, _sized(c16.run, c16.FULL, c16.SHORT)),
        Row("C25", c25.PROMISE, _sized(c25.run, c25.FULL, c25.SHORT)),
        Row("C27", c27.PROMISE, _sized(c27.run, c27.FULL, c27.SHORT)),
        Row("C28", c28.PROMISE, _sized(c28.run, c28.FULL, c28.SHORT)),
        Row("KILL", kill.PROMISE, _sized(kill.run, kill.FULL, kill.SHORT)),
        Row("LIMITS", limits.PROMISE, _sized(limits.run, limits.FULL, limits.SHORT), limits.PROFILE),
        Row("MIX", mix.PROMISE, _sized(mix.run, mix.FULL, mix.SHORT)),
    )
}
