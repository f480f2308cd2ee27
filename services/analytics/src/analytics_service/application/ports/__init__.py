"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them."""

from analytics_service.application.ports.figures import Figures, Scope
from analytics_service.application.ports.lots import Lot, LotCopy, Lots
from analytics_service.application.ports.projections import (
    OUTLIVES_ITS_TOPIC,
    Document,
    DocumentRefused,
    Documents,
    History,
    HistoryAway,
    Indices,
    Projection,
    Rebuilt,
    StoreAway,
)
from analytics_service.application.ports.register import Register, Targets
from analytics_service.application.ports.work import OpenWork, Work

__all__ = [
    "OUTLIVES_ITS_TOPIC",
    "Document",
    "DocumentRefused",
    "Documents",
    "Figures",
    "History",
    "HistoryAway",
    "Indices",
    "Lot",
    "LotCopy",
    "Lots",
    "OpenWork",
    "Projection",
    "Rebuilt",
    "Register",
    "Scope",
    "StoreAway",
    "Targets",
    "Work",
]
