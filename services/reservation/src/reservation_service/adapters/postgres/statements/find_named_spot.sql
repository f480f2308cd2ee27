-- $1 lot, $2 spot
SELECT lots.*, tariffs.document, clock_timestamp() AS as_of,
    spots.id AS spot_id, spots.number AS spot_number, spots.type AS spot_type
FROM lots
JOIN tariffs ON tariffs.id = lots.tariff_id
LEFT JOIN spots ON spots.parking_lot_id = lots.id AND spots.in_service AND spots.id = $2
WHERE lots.id = $1
