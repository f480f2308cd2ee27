-- $1 lot, $2 start, $3 end, $4 spot type or null, $5 how many, $6 types for a driver who names none, the best first,
-- $7 an id before which nothing was booked that may be in the way, $8 the tariff version of a quote or null
-- A random sample of the free spots keeps clients of one hot lot apart. Of the sample, the spot with the
-- tightest gap around the period wastes least of the timetable. Where none is free, the same snapshot shows whether a
-- hold that may expire stands in the way: without one, "nothing is free" is true.
-- What lies around is read once for all of the lot: looked for spot by spot, a full timetable costs six times as much, and
-- gaps of more than four hours waste nothing that matters.
-- NOT IN reads what is taken once and looks spots up in it, whatever the planner knows of the tables; with NOT EXISTS it
-- may read it again for each spot. A stable instant lets the index find the overdue holds among all that wait. No month is
-- looked through that is before the oldest reservation in the way; by $7 those of years ago are not even opened.
WITH in_the_way AS MATERIALIZED (
    SELECT a.spot_id, a.reservation_id FROM allocations a
    WHERE a.parking_lot_id = $1 AND a.blocking AND a.during && tstzrange($2, $3, '[)')
), free AS (
    SELECT s.id, s.number, s.type, s.version
    FROM spots s
    WHERE s.parking_lot_id = $1 AND s.in_service
        AND (s.type = $4::text OR ($4::text IS NULL AND s.type = ANY ($6::text[])))
        AND s.id NOT IN (SELECT spot_id FROM in_the_way)
    ORDER BY array_position($6::text[], s.type), random()
    LIMIT 16
), around AS (
    SELECT a.spot_id,
        max(upper(a.during)) FILTER (WHERE upper(a.during) <= $2) AS previous_at,
        min(lower(a.during)) FILTER (WHERE lower(a.during) >= $3) AS next_at
    FROM allocations a
    WHERE a.parking_lot_id = $1 AND a.blocking
        AND a.during && tstzrange($2 - interval '4 hours', $3 + interval '4 hours')
    GROUP BY a.spot_id
), fitting AS (
    SELECT free.*,
        row_number() OVER (ORDER BY array_position($6::text[], free.type), COALESCE(around.next_at, $3::timestamptz + interval '4 hours')
            - COALESCE(around.previous_at, $2::timestamptz - interval '4 hours'), random()) AS place
    FROM free
    LEFT JOIN around ON around.spot_id = free.id
    ORDER BY place
    LIMIT $5
), overdue AS MATERIALIZED (
    SELECT r.id FROM reservations r
    WHERE r.status = 'pending' AND r.hold_expires_at <= LEAST(statement_timestamp(), (SELECT until FROM payments_seen))
        AND r.id <> ALL ((SELECT held FROM payments_seen)::uuid[])
        AND r.id >= $7
        AND r.id >= (SELECT reservation_id FROM in_the_way ORDER BY reservation_id LIMIT 1)
)
SELECT lots.*, COALESCE($8::uuid, lots.tariff_id) AS priced_by, tariffs.document, clock_timestamp() AS as_of,
    fitting.id AS spot_id, fitting.number AS spot_number, fitting.type AS spot_type,
    fitting.version AS spot_version,
    CASE WHEN fitting.id IS NULL THEN EXISTS (SELECT FROM in_the_way JOIN overdue ON id = reservation_id)
        ELSE false END AS hold_is_overdue,
    CASE WHEN fitting.id IS NULL THEN EXISTS (
        SELECT FROM spots s
        WHERE s.parking_lot_id = $1 AND s.in_service
            AND (s.type = $4::text OR ($4::text IS NULL AND s.type = ANY ($6::text[]))))
        ELSE true END AS has_such_spots
FROM lots
LEFT JOIN tariffs ON tariffs.id = COALESCE($8::uuid, lots.tariff_id)
LEFT JOIN fitting ON true
WHERE lots.id = $1
ORDER BY fitting.place
