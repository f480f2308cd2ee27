-- $1 lock, $2 scope, $3 key
SELECT pg_try_advisory_xact_lock($1) AS is_free, earlier.fingerprint, earlier.status, earlier.body
FROM (SELECT) AS one
LEFT JOIN idempotency_keys earlier ON earlier.scope = $2 AND earlier.key = $3
