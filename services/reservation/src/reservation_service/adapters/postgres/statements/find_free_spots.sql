-- $1 to $4 as in free_spots.sql
-- One row: five hundred would cost the driver more than the search costs the database.
SELECT lots.*, tariffs.document, clock_timestamp() AS as_of, free.ids, free.numbers, free.types
FROM lots
LEFT JOIN tariffs ON tariffs.id = lots.tariff_id
CROSS JOIN (
    SELECT array_agg(s.id ORDER BY s.number) AS ids, array_agg(s.number ORDER BY s.number) AS numbers,
        array_agg(s.type ORDER BY s.number) AS types
    FROM (
{free_spots}
    ) s
) free
WHERE lots.id = $1
