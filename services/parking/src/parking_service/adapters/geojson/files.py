"""Which shape a feature has, and the lot that it describes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parking_chassis.schemas import is_one_line
from parking_service.adapters.geojson import fields
from parking_service.adapters.geojson.columns import Row
from parking_service.adapters.geojson.plain_rows import draft_of_plain_row
from parking_service.adapters.geojson.swiss_rail import draft_of_swiss_rail, is_of_swiss_rail
from parking_service.adapters.geojson.zones import place_warnings
from parking_service.domain.errors import RowRefused
from parking_service.domain.import_options import ImportOptions
from parking_service.domain.imports import ImportRow, LotDraft, check_draft
from parking_service.domain.unreadable_rows import why_unreadable

MAX_ID = 200


@dataclass(frozen=True, slots=True)
class GeoJsonLotFiles:
    """See `parking_service.application.ports.LotFiles`. `time_zone` holds where neither file nor request names one."""

    time_zone: str

    def source_id(self, feature: Mapping[str, object], options: ImportOptions) -> str | None:
        """The feature's `id`, or that of its properties; only the column of that name, where the caller gave one."""
        properties = feature.get("properties")
        row = Row(properties if isinstance(properties, Mapping) else {}, options.columns)
        if "id" in options.columns and not why_unreadable(feature):
            return _id(row.value("id"))
        return _id(feature.get("id")) or _id(row.properties.get("id")) or _id(row.value("id"))

    def draft(self, row: ImportRow, options: ImportOptions) -> LotDraft:
        """The lot that a feature describes. Raises `RowRefused`, whatever shape it has."""
        if reason := why_unreadable(row.feature):
            raise RowRefused(reason)
        properties = fields.mapping(row.feature, "properties")
        source_id = row.source_id or ""
        # Here, and not where ids are read: a row without one could not be named among the refused.
        if not is_one_line(source_id):
            raise RowRefused("id must be one line, without control characters such as a line break")
        if is_of_swiss_rail(properties):
            draft = draft_of_swiss_rail(row.feature, source_id, options)
        else:
            draft = draft_of_plain_row(row.feature, source_id, options, options.time_zone or self.time_zone)
        return replace(check_draft(draft), warnings=place_warnings(draft.place, draft.time_zone))


def _id(value: object) -> str | None:
    """A text or a whole number, `12.0` like `12`; none for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str | int) and not isinstance(value, bool) and 0 < len(str(value)) <= MAX_ID:
        return str(value)
    return None
