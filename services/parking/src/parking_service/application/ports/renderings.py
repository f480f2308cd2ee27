"""How what was made is answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parking_kernel.repeatable import Answer
from parking_service.domain.imports import ImportState
from parking_service.domain.lots import LotState
from parking_service.domain.spots import SpotState


@dataclass(frozen=True, slots=True)
class Renderings:
    """What a client gets that makes something; a repeated request gets the same again."""

    created_lot: Callable[[LotState], Answer]
    added_spots: Callable[[Sequence[SpotState]], Answer]
    started_import: Callable[[ImportState], Answer]
