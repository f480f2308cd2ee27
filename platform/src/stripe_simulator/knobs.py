"""What makes the simulator misbehave: everything that Stripe or the network may do to a client."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

from stripe_simulator.store import Store


@dataclass(frozen=True, slots=True)
class Knobs:
    """Settings that a test turns while the simulator runs."""

    webhook_repeat: int = 0
    """Further copies of each event."""
    webhook_delay_ms: int = 0
    """Wait before the first attempt."""
    webhook_reorder: int = 0
    """Hold so many events, then release them last first; 0 keeps the order."""
    webhook_drop_next: int = 0
    """Lose so many of the next events permanently."""
    webhook_drop_ratio: float = 0.0
    """Lose this share of the events, chosen by the seed and the event's number."""
    webhook_drop_seed: int = 0
    webhook_paused: bool = False
    """Send nothing until this is false again."""
    latency_ms: int = 0
    """Time an API call takes; its idempotency key is in flight meanwhile."""
    processing_seconds: float = 0.0
    """Above 0, a confirmed payment is `processing` for so long."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with the next matching API calls."""

    action: Literal["error", "timeout", "reset"]
    when: Literal["before", "after"] = "before"
    method: str = "*"
    path: str = "*"
    times: int = 1
    status: int = 500
    hold_ms: int = 120_000
    remember: bool = True
    """Whether a 5xx sent after the effect is what the idempotency key answers from then on, as at Stripe."""

    def matches(self, method: str, path: str) -> bool:
        """Whether a call is meant; both sides may use shell wildcards."""
        return fnmatchcase(method, self.method) and fnmatchcase(path, self.path)


@dataclass(slots=True)
class Panel:
    """The knobs and the faults to come, kept over restarts."""

    store: Store
    knobs: Knobs = field(init=False)

    def __post_init__(self) -> None:
        self.knobs = Knobs(**self.store.note("knobs", {}))

    def turn(self, changes: Mapping[str, Any]) -> Knobs:
        """Change some knobs; raises ValueError for a name or a type that no knob has."""
        known = {knob.name: type(knob.default) for knob in fields(Knobs)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"there is no knob {name}; there are {', '.join(known)}")
            if type(value) is not known[name] and not (known[name] is float and type(value) is int):
                raise ValueError(f"{name} takes {known[name].__name__}, not {value!r}")
        self.knobs = replace(self.knobs, **changes)
        self.store.keep("knobs", asdict(self.knobs))
        return self.knobs

    def faults(self) -> list[Fault]:
        """What will go wrong, first come first served."""
        return [Fault(**fault) for fault in self.store.note("faults", [])]

    def add_fault(self, description: Mapping[str, Any]) -> Fault:
        """Make something go wrong; raises ValueError for a description that makes no fault."""
        try:
            fault = Fault(**description)
        except TypeError as error:
            raise ValueError(str(error)) from error
        if fault.action not in ("error", "timeout", "reset") or fault.when not in ("before", "after"):
            raise ValueError("action is error, timeout or reset; when is before or after")
        self._keep([*self.faults(), fault])
        return fault

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._keep([])

    def take_fault(self, method: str, path: str) -> Fault | None:
        """The fault that this call meets, used up by one."""
        faults = self.faults()
        for index, fault in enumerate(faults):
            if fault.matches(method, path):
                left = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                self._keep([*faults[:index], *left, *faults[index + 1 :]])
                return fault
        return None

    def reset(self) -> None:
        """Back to good behaviour."""
        self.knobs = Knobs()

    def _keep(self, faults: list[Fault]) -> None:
        self.store.keep("faults", [asdict(fault) for fault in faults])
