"""How the use cases' answers are written, for what wires them."""

from parking_service.application.ports import Renderings
from parking_service.entrypoints.http.imports import started_import
from parking_service.entrypoints.http.lot_answers import created_lot
from parking_service.entrypoints.http.spots import added_spots

RENDERINGS = Renderings(created_lot, added_spots, started_import)
