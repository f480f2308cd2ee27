-- $1 for how long answers are kept, $2 how many at once
WITH forgotten AS (
    DELETE FROM idempotency_keys WHERE (scope, key) IN (
        SELECT scope, key FROM idempotency_keys WHERE created_at < now() - $1::interval ORDER BY created_at LIMIT $2
    )
    RETURNING 1
)
SELECT count(*) AS forgotten FROM forgotten
