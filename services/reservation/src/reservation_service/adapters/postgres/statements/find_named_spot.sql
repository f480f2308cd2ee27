-- $1 lot, $2 spot, $3 start, $4 end
-- A stable instant lets the index find the overdue holds among all that wait.
SELECT lots.*, tariffs.document, clock_timestamp() AS as_of,
    spots.id AS spot_id, spots.number AS spot_number, spots.type AS spot_type,
    EXISTS (
        SELECT FROM allocations a
        WHERE a.parking_lot_id = $1 AND a.spot_id = $2 AND a.during && tstzrange($3, $4, '[)') AND a.blocking
    ) AS is_taken,
    EXISTS (
        SELECT FROM allocations a JOIN reservations r ON r.id = a.reservation_id
        WHERE a.parking_lot_id = $1 AND a.spot_id = $2 AND a.during && tstzrange($3, $4, '[)') AND r.status = 'pending'
            AND r.hold_expires_at <= LEAST(statement_timestamp(), (SELECT until FROM payments_seen))
    ) AS hold_is_overdue
FROM lots
LEFT JOIN tariffs ON tariffs.id = lots.tariff_id
LEFT JOIN spots ON spots.parking_lot_id = lots.id AND spots.in_service AND spots.id = $2
WHERE lots.id = $1
