"""Files of lots, as GeoJSON."""
