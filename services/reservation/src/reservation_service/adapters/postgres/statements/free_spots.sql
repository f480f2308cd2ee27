-- $1 lot, $2 start, $3 end, $4 spot type or null
-- NOT IN reads what is taken once, from the constraint's own index (docs/decisions/0001).
SELECT s.id, s.number, s.type
FROM spots s
WHERE s.parking_lot_id = $1 AND s.in_service AND (s.type = $4::text OR $4::text IS NULL)
    AND s.id NOT IN (
        SELECT a.spot_id FROM allocations a
        WHERE a.parking_lot_id = $1 AND a.blocking AND a.during && tstzrange($2, $3, '[)'))
