#!/bin/sh
# A box office is run live, guests break it, and what came of that is replayed: usage: run-break-replay.sh [PORT]
set -e
port=${1:-8765}
journal=.detrun/seats-$$.bin
say() { echo "--- $*" >&2; }
say "a server with two seats runs live, and guests come at once: it will sell too many"
detrun run --live examples/seats.py --journal "$journal" -- office "$port" &
python examples/seats.py guests "$port"
# Both end with 1: the program has failed, and does so again.
wait $! || test $? = 1
say "the same run again from its journal, without network and guests: it fails as it did"
detrun replay "$journal" || test $? = 1
say "so it should: what failed was found again"
