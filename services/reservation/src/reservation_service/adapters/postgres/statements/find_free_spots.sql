-- $1 to $4 as in free_spots.sql, $5 the types that are known, $6 how many, $7 the number that they come after, or null
-- One row, and its lists: hundreds would cost the driver more than the search costs the database.
WITH free AS MATERIALIZED (
    SELECT found.* FROM (
{free_spots}
    ) found
    WHERE found.type = ANY ($5::text[])
)
SELECT lots.*, tariffs.document, clock_timestamp() AS as_of,
    (SELECT count(*) FROM free) AS free, page.ids, page.numbers, page.types
FROM lots
LEFT JOIN tariffs ON tariffs.id = lots.tariff_id
CROSS JOIN (
    SELECT array_agg(s.id) AS ids, array_agg(s.number) AS numbers, array_agg(s.type) AS types
    FROM (
        SELECT * FROM free WHERE free.number > $7::text OR $7::text IS NULL ORDER BY free.number LIMIT $6
    ) s
) page
WHERE lots.id = $1
