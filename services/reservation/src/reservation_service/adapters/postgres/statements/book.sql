-- $1 lock, $2 scope, $3 key, $4 fingerprint, $5 status, $6 body; $7.. the reservation; $25.. its events, as arrays;
-- $33 version of the lot, $34 of the spot
-- All or nothing, in one round trip. The gate's lock shows whether the same request is still being worked on. A repeat
-- that committed after this statement's snapshot meets the primary key of idempotency_keys, which undoes it all.
-- Nothing is booked on supply that is not as it was read. What goes after this snapshot finds the booking: a change of
-- supply is over only with a look that began when no statement that has not seen it can be under way.
WITH gate AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock($1) AS is_free
), earlier AS MATERIALIZED (
    SELECT fingerprint, status, body FROM idempotency_keys WHERE scope = $2 AND key = $3
), supply AS MATERIALIZED (
    SELECT EXISTS (
        SELECT FROM spots JOIN lots ON lots.id = spots.parking_lot_id
        WHERE spots.id = $11 AND spots.version = $34 AND lots.id = $10 AND lots.version = $33
    ) AS is_current
), taken AS (
    INSERT INTO allocations (id, parking_lot_id, spot_id, during, reservation_id)
    SELECT gen_random_uuid(), $10, $11, tstzrange($14, $15, '[)'), $7
    FROM gate
    CROSS JOIN supply
    WHERE gate.is_free AND supply.is_current AND NOT EXISTS (SELECT FROM earlier)
    ON CONFLICT DO NOTHING
    RETURNING id
), held AS (
    INSERT INTO reservations (
        id, user_id, organization_id, parking_lot_id, spot_id, spot_number, spot_type, starts_at, ends_at,
        status, tariff_id, currency, charges, refund_due, created_at, hold_expires_at, vehicle_plate, version)
    SELECT $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24
    FROM taken
), published AS (
    INSERT INTO outbox (id, aggregatetype, aggregateid, version, partition_key, type, payload, headers)
    SELECT e.id, e.aggregatetype, e.aggregateid, e.version, e.partition_key, e.type, e.payload, e.headers::jsonb
    FROM taken
    CROSS JOIN unnest(
        $25::uuid[], $26::text[], $27::text[], $28::bigint[], $29::text[], $30::text[], $31::bytea[], $32::text[]
    ) WITH ORDINALITY AS e (id, aggregatetype, aggregateid, version, partition_key, type, payload, headers, place)
    ORDER BY e.place
), stored AS (
    INSERT INTO idempotency_keys (scope, key, fingerprint, status, body)
    SELECT $2, $3, $4, $5, $6
    FROM taken
)
SELECT gate.is_free, supply.is_current, EXISTS (SELECT FROM taken) AS is_booked,
    earlier.fingerprint, earlier.status, earlier.body
FROM gate
CROSS JOIN supply
LEFT JOIN earlier ON true
