-- $1 to $4 as in free_spots.sql, $5 the types to choose from (the best first where $6 limits it), $6 how many, or null
SELECT free.id, free.number, free.type
FROM (
{free_spots}
) free
WHERE free.type = ANY ($5::text[])
ORDER BY CASE WHEN $6::bigint IS NOT NULL THEN array_position($5::text[], free.type) END, free.number
LIMIT $6
