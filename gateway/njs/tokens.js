/*
 * The edge's verdict on access tokens (RFC 9068 profile, ES256). The services verify again; this one only keeps bad
 * tokens from reaching them. njs 0.7.9 keeps nothing between requests, so nginx caches keys and verdicts.
 */
import hashes from 'crypto';

const VERDICT_SECONDS = 30;
const REFUSAL_SECONDS = 5;
// Clocks of auth and gateway may differ by this much before a fresh token looks like one from the future.
const CLOCK_SKEW_SECONDS = 5;
// DER of a SubjectPublicKeyInfo for P-256 up to the point; njs 0.7.9 imports no JWK, but it imports this.
const P256_SPKI_PREFIX = '3059301306072a8648ce3d020106082a8648ce3d03010703420004';

/** The cache's key: a digest, because nginx writes the key to disk. */
function digest(r) {
  return hashes.createHash('sha256').update(r.headersIn.Authorization || '').digest('base64url');
}

function decoded(part) {
  const value = JSON.parse(Buffer.from(part, 'base64url').toString());
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new TypeError('not an object');
  }
  return value;
}

/** Throws on whatever is no JWS of two JSON objects and 64 bytes of signature. */
function parsed(authorization) {
  const parts = authorization.replace(/^bearer +/i, '').split('.');
  const signature = Buffer.from(parts[2], 'base64url');
  if (parts.length !== 3 || signature.length !== 64) {
    throw new TypeError('not a signed token');
  }
  return {
    header: decoded(parts[0]),
    claims: decoded(parts[1]),
    signature: signature,
    signed: parts[0] + '.' + parts[1],
  };
}

/** RFC 8037 says EdDSA, RFC 9864 says Ed25519. */
function isEdwards(header) {
  return header.alg === 'EdDSA' || header.alg === 'Ed25519';
}

function isFor(audience, wanted) {
  return Array.isArray(audience) ? audience.indexOf(wanted) !== -1 : audience === wanted;
}

/** Why the token cannot be good, whichever key signed it, or '' where only the signature is left to check. */
function flaw(token, issuer, audience, now) {
  const header = token.header;
  const claims = token.claims;
  if (!/^(application\/)?at\+jwt$/i.test(header.typ) || header.crit !== undefined || typeof header.kid !== 'string') {
    return 'invalid';
  }
  if (header.alg !== 'ES256' && !isEdwards(header)) {
    return 'invalid';
  }
  if (claims.iss !== issuer || !isFor(claims.aud, audience)) {
    return 'invalid';
  }
  if (typeof claims.sub !== 'string' || claims.sub === '' || !Number.isInteger(claims.exp)) {
    return 'invalid';
  }
  if ([claims.nbf, claims.iat].some((at) => at !== undefined && !(at <= now + CLOCK_SKEW_SECONDS))) {
    return 'invalid';
  }
  return claims.exp > now ? '' : 'expired';
}

/** The keys at an internal location, or null where they cannot be had. */
async function keysAt(r, location) {
  const reply = await r.subrequest(location);
  if (reply.status !== 200) {
    return null;
  }
  try {
    const keys = JSON.parse(reply.responseText).keys;
    return Array.isArray(keys) ? keys : null;
  } catch (e) {
    return null;
  }
}

function keyFor(header, keys) {
  const type = isEdwards(header) ? 'OKP' : 'EC';
  return keys.find((key) => key.kid === header.kid && key.kty === type && (key.alg || header.alg) === header.alg);
}

async function signatureHolds(token, key) {
  const spki = Buffer.concat([
    Buffer.from(P256_SPKI_PREFIX, 'hex'),
    Buffer.from(key.x, 'base64url'),
    Buffer.from(key.y, 'base64url'),
  ]);
  const publicKey = await crypto.subtle.importKey(
    'spki', spki, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, publicKey, token.signature, token.signed);
}

function accept(r, claims, subject, now) {
  // nginx serves an entry until its second has passed: hence one second less.
  r.headersOut['X-Accel-Expires'] = '@' + (Math.min(now + VERDICT_SECONDS, claims.exp) - 1);
  if (subject !== '') {
    // A header's value, and a bucket's name: any string becomes one of plain characters, and no two become the same.
    r.headersOut['Token-Subject'] = encodeURIComponent(subject);
  }
  r.return(204);
}

function refuse(r, reason, seconds) {
  r.headersOut['X-Accel-Expires'] = String(seconds);
  r.headersOut['Token-Refusal'] = reason;
  r.return(401, reason);
}

/** 204 for a token worth passing on, 401 for a bad one, 403 where that cannot be known now (never cached). */
async function judge(r) {
  const now = Math.floor(Date.now() / 1000);
  let token;
  let found;
  try {
    token = parsed(r.headersIn.Authorization);
    found = flaw(token, r.variables.token_issuer, r.variables.token_audience, now);
  } catch (e) {
    found = 'invalid';
  }
  if (found !== '') {
    refuse(r, found, REFUSAL_SECONDS);
    return;
  }

  const known = await keysAt(r, '/keys');
  let key = keyFor(token.header, known || []);
  if (key === undefined) {
    const newest = await keysAt(r, '/newest-keys');
    if (newest === null) {
      r.headersOut['Token-Refusal'] = 'unavailable';
      r.return(403);
      return;
    }
    key = keyFor(token.header, newest);
  }
  if (key === undefined) {
    refuse(r, 'invalid', 1);
    return;
  }
  if (isEdwards(token.header)) {
    // njs cannot check it, so the service does; its subject is unproven and counts for nothing here.
    accept(r, token.claims, '', now);
    return;
  }

  let holds = false;
  try {
    holds = await signatureHolds(token, key);
  } catch (e) {
    // njs throws on a signature or a key that is no such thing.
  }
  if (holds) {
    accept(r, token.claims, token.claims.sub, now);
  } else {
    refuse(r, 'invalid', REFUSAL_SECONDS);
  }
}

export default { digest, judge };
