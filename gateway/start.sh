#!/bin/sh
# Starts the gateway in the foreground: start.sh RUN_DIR CONFIGURATION [nginx's options]
#
# nginx cleans up when it is asked to stop, not when it is killed: its socket stays, which the next one could not bind,
# and so may its workers, which go on listening. A supervisor that only started nginx again would do so endlessly.
set -eu

run_dir=$1
configuration=$2
shift 2

former=$(cat "$run_dir/nginx.pid" 2>/dev/null || true)
if [ -n "$former" ] && ! kill -0 "$former" 2>/dev/null && command -v pkill >/dev/null; then
  # Workers live in the group that their master led.
  pkill -KILL -g "$former" -x nginx || true
fi
rm -f "$run_dir"/*.sock

PATH="$PATH:/usr/sbin:/sbin"
exec nginx -e stderr -c "$configuration" -g "daemon off;" "$@"
