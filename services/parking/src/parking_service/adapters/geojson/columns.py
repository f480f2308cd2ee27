"""By which name a file calls what: the usual names, or those that the caller gives."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from parking_service.adapters.geojson import fields

MAX_NAME: Final = 64
NOTHING: Final[tuple[object, ...]] = (None, "", [], {})
"""What says nothing; in a tuple, since what a row holds may not be hashable."""
_USUAL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "id": "id uid original_uid osm_id fid gid objectid identifier ident kennung lot_id place_id id_parking",
        "name": "name bezeichnung nom nombre nome naam parkhaus parkname title titel label libelle place_name",
        "description": "description beschreibung descripcion",
        "address": "address adresse anschrift direccion indirizzo adres strasse street rue",
        "latitude": "latitude lat breite breitengrad latitud ylat y_lat y",
        "longitude": "longitude lon lng long laenge lange laengengrad langengrad longitud xlong x_long x",
        "point": "geo_point_2d geopoint geo_point coordinates coords location",
        "wkt": "wkt geom the_geom geometry geo_shape geometrie shape",
        "capacity": "capacity total kapazitat kapazitaet capacite capacidad stellplatze stellplaetze parkplatze"
        " parkplaetze anzahl anzahl_parkplatze anzahl_stellplatze nb_places nbplaces nombre_de_places places platze"
        " plaetze plazas spaces max num_all total_lots count",
        "capacity_accessible": "capacity_disabled capacity_accessible capacity_woman_disabled nb_pmr",
        "capacity_charging": "capacity_charging capacity_ev",
        "opening_hours": "opening_hours offnungszeiten oeffnungszeiten horaires horario openinghours",
        "type": "parking lot_type parking_type type typ",
        "purpose": "purpose",
        "access": "access",
    }
)


def folded(name: str) -> str:
    """A column's name without regard to case, accents and signs: `Öffnungs-Zeiten` is `offnungs_zeiten`."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", "_", bare.casefold()).strip("_")


@lru_cache(maxsize=4_096)
def _folded(name: str) -> str:
    return folded(name)


@dataclass(slots=True)
class Row:
    """What a row says, by our names for it; and what of it nobody has asked for."""

    properties: Mapping[str, Any]
    named: Mapping[str, str]
    _read: set[str] = field(default_factory=set[str])
    _folded_columns: dict[str, str] = field(default_factory=dict[str, str])

    def column(self, name: str) -> str | None:
        """The file's own name for it: the caller's, or else the first of the usual ones that says something."""
        if name in self.named:
            return self.named[name] if self.named[name] in self.properties else None
        columns = self._by_folded()
        there = [columns[usual] for usual in _USUAL[name].split() if usual in columns]
        return next((column for column in there if self.properties[column] not in NOTHING), next(iter(there), None))

    def _by_folded(self) -> Mapping[str, str]:
        """The columns by their folded names, but for those that the caller gave a meaning; worked out once."""
        if not self._folded_columns:
            taken = set(self.named.values())
            for column in self.properties:
                if len(column) <= MAX_NAME and column not in taken:
                    self._folded_columns.setdefault(_folded(column), column)
        return self._folded_columns

    def has(self, name: str) -> bool:
        """Whether the row says something of it."""
        return self.value(name) is not None

    def value(self, name: str) -> Any:
        """What the row says; none where it says nothing."""
        column = self.column(name)
        if column is None:
            return None
        self._read.add(column)
        value = self.properties[column]
        return None if value == "" else value

    def text(self, name: str) -> str:
        """A text, empty where there is none. Raises `RowRefused`."""
        column = self.column(name)
        if column is None:
            return ""
        self._read.add(column)
        return fields.text(self.properties, column)

    def raw(self, *columns: str) -> str:
        """The first text that stands in one of the file's own columns; empty where there is none."""
        for column in columns:
            value = self.properties.get(column)
            if isinstance(value, str) and value:
                self._read.add(column)
                return fields.text(self.properties, column)
        return ""

    def unread(self, *names: str) -> None:
        """Count it among what is not honoured: it was looked at, and could not be kept."""
        self._read -= {column for name in names if (column := self.column(name))}

    def not_read(self, ignored: Collection[str] = ()) -> Iterator[str]:
        """The columns that say something which nobody has asked for."""
        for column, value in self.properties.items():
            if column not in self._read and column not in ignored and value not in NOTHING:
                yield column[:MAX_NAME]
