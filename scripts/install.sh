#!/bin/sh
# `npm ci` with a dot every second, for it is silent for half a minute. Whatever ends this ends npm too.
npm ci --loglevel=error --no-fund --no-audit --no-progress "$@" &
npm=$!
trap 'kill "$npm" 2>/dev/null; wait "$npm"; exit 130' INT TERM HUP
printf 'Installing packages; half a minute or so '
while kill -0 "$npm" 2>/dev/null; do printf .; sleep 1; done
echo
wait "$npm"
