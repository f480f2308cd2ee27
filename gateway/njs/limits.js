/** Seconds until a bucket that was just found empty holds one request again; a socket limit has no such moment. */
function refillSeconds(r) {
  const quota = Number(r.variables.exceeded_quota);
  return String(quota > 0 ? Math.ceil(60 / quota) : 10);
}

export default { refillSeconds };
