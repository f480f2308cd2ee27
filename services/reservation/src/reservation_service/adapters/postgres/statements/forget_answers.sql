-- $1 for how long answers are kept
WITH forgotten AS (
    DELETE FROM idempotency_keys WHERE created_at < now() - $1::interval RETURNING 1
)
SELECT count(*) AS forgotten FROM forgotten
