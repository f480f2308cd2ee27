-- $1 to $4 as in free_spots.sql, $5 the types to choose from, $6 how many, or null
SELECT free.id, free.number, free.type
FROM (
{free_spots}
) free
WHERE free.type = ANY ($5::text[])
ORDER BY free.number
LIMIT $6
