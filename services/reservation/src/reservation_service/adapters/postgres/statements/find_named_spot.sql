-- $1 lot, $2 spot, $3 start, $4 end, $5 an id before which nothing was booked that may be in the way,
-- $6 the tariff version of a quote or null
-- What is in the way is looked up once, in the constraint's own index: without `blocking`, which that index is limited to,
-- all allocations of the platform would be read. A stable instant lets the index find the overdue holds among all that wait.
-- No month is looked through that is before the oldest reservation in the way; by $5 those of years ago are not even opened.
WITH in_the_way AS MATERIALIZED (
    SELECT a.reservation_id FROM allocations a
    WHERE a.parking_lot_id = $1 AND a.spot_id = $2 AND a.during && tstzrange($3, $4, '[)') AND a.blocking
), overdue AS MATERIALIZED (
    SELECT r.id FROM reservations r
    WHERE r.status = 'pending' AND r.hold_expires_at <= LEAST(statement_timestamp(), (SELECT until FROM payments_seen))
        AND r.id <> ALL ((SELECT held FROM payments_seen)::uuid[])
        AND r.id >= $5
        AND r.id >= (SELECT reservation_id FROM in_the_way ORDER BY reservation_id LIMIT 1)
)
SELECT lots.*, COALESCE($6::uuid, lots.tariff_id) AS priced_by, tariffs.document, clock_timestamp() AS as_of,
    spots.id AS spot_id, spots.number AS spot_number, spots.type AS spot_type,
    spots.version AS spot_version,
    EXISTS (SELECT FROM in_the_way) AS is_taken,
    EXISTS (SELECT FROM in_the_way JOIN overdue ON id = reservation_id) AS hold_is_overdue
FROM lots
LEFT JOIN tariffs ON tariffs.id = COALESCE($6::uuid, lots.tariff_id)
LEFT JOIN spots ON spots.parking_lot_id = lots.id AND spots.in_service AND spots.id = $2
WHERE lots.id = $1
