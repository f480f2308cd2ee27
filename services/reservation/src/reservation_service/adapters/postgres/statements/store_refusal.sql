-- $1 scope, $2 key, $3 fingerprint, $4 status, $5 body
INSERT INTO idempotency_keys (scope, key, fingerprint, status, body)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
RETURNING 1
