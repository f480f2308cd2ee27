"""How much work a call takes in instructions of the interpreter: the same on every machine, whatever its load."""

import gc
import sys
import threading
from collections.abc import Callable

_MONITORING = sys.monitoring
_INSTRUCTION = _MONITORING.events.INSTRUCTION


def instructions(call: Callable[[], object]) -> int:
    """How many instructions a call runs, the second time: what it keeps for later was made by the first.

    Its own alone: neither those of other threads, nor of what others have called at a garbage collection.
    """
    call()
    count, ours = 0, threading.get_ident()

    def counted(*_: object) -> None:
        nonlocal count
        if threading.get_ident() == ours:
            count += 1

    tool = next(number for number in range(6) if _MONITORING.get_tool(number) is None)
    _MONITORING.use_tool_id(tool, "instructions")
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        _MONITORING.register_callback(tool, _INSTRUCTION, counted)
        _MONITORING.set_events(tool, _INSTRUCTION)
        call()
    finally:
        _MONITORING.set_events(tool, 0)
        _MONITORING.free_tool_id(tool)
        if was_collecting:
            gc.enable()
    return count
