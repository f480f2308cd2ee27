-- $1 lot, $2 start, $3 end, $4 spot type or null
-- NOT IN reads what is taken once, from the constraint's own index (docs/decisions/0001). One row: five hundred would cost
-- the driver more than the search costs the database.
SELECT lots.*, tariffs.document, clock_timestamp() AS as_of, free.ids, free.numbers, free.types
FROM lots
LEFT JOIN tariffs ON tariffs.id = lots.tariff_id
CROSS JOIN (
    SELECT array_agg(s.id ORDER BY s.number) AS ids, array_agg(s.number ORDER BY s.number) AS numbers,
        array_agg(s.type ORDER BY s.number) AS types
    FROM spots s
    WHERE s.parking_lot_id = $1 AND s.in_service AND (s.type = $4::text OR $4::text IS NULL)
        AND s.id NOT IN (
            SELECT a.spot_id FROM allocations a
            WHERE a.parking_lot_id = $1 AND a.blocking AND a.during && tstzrange($2, $3, '[)'))
) free
WHERE lots.id = $1
