"""Which shape a feature has, and the lot that it describes."""

from collections.abc import Mapping
from dataclasses import dataclass

from parking_service.adapters.geojson import fields
from parking_service.adapters.geojson.park_api import draft_of_park_api, is_of_park_api
from parking_service.adapters.geojson.swiss_rail import draft_of_swiss_rail, is_of_swiss_rail
from parking_service.domain.errors import RowRefused
from parking_service.domain.imports import ImportRow, LotDraft, check_draft
from parking_service.domain.unreadable_rows import why_unreadable

MAX_ID = 200


@dataclass(frozen=True, slots=True)
class GeoJsonLotFiles:
    """See `parking_service.application.ports.LotFiles`. `time_zone` holds where neither file nor request names one."""

    time_zone: str

    def source_id(self, feature: Mapping[str, object]) -> str | None:
        """The feature's `id`, or that of its properties."""
        properties = feature.get("properties")
        candidates = [feature.get("id"), properties.get("id") if isinstance(properties, Mapping) else None]
        for candidate in candidates:
            if isinstance(candidate, str | int) and 0 < len(str(candidate)) <= MAX_ID:
                return str(candidate)
        return None

    def draft(self, row: ImportRow, time_zone: str | None, currency: str | None) -> LotDraft:
        """The lot that a feature describes. Raises `RowRefused`, whatever shape it has."""
        if reason := why_unreadable(row.feature):
            raise RowRefused(reason)
        properties = fields.mapping(row.feature, "properties")
        source_id = row.source_id or ""
        if is_of_swiss_rail(properties):
            return check_draft(draft_of_swiss_rail(row.feature, source_id))
        if is_of_park_api(properties):
            zone = time_zone or self.time_zone
            return check_draft(draft_of_park_api(row.feature, source_id, zone, currency))
        raise RowRefused("the capacity is missing")
