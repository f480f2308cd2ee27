"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them."""

from parking_service.application.ports.imports import Imports, LotFiles
from parking_service.application.ports.lots import Lots, Organizations, Spots, Tariffs
from parking_service.application.ports.occupancy import Occupancy
from parking_service.application.ports.supply import Bookings, SupplyChanges
from parking_service.application.ports.views import Box, LotFilter, LotView, OccupancyRate, SpotView
from parking_service.application.ports.work import Aggregate, OpenWork, Work

__all__ = [
    "Aggregate",
    "Bookings",
    "Box",
    "Imports",
    "LotFiles",
    "LotFilter",
    "LotView",
    "Lots",
    "Occupancy",
    "OccupancyRate",
    "OpenWork",
    "Organizations",
    "SpotView",
    "Spots",
    "SupplyChanges",
    "Tariffs",
    "Work",
]
