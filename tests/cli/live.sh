# SPDX-License-Identifier: MIT
#
# live.sh - gaiaprof report PID on a process that runs, and after it was killed.
. "$(dirname "$0")/expect.bash"
need_preload

GAIAPROF_REPORT=none LD_PRELOAD=$BUILD/libgaiaprof.so sleep 60 &
pid=$!
trap 'kill -9 $pid 2>/dev/null || true; rm -rf "$scratch"' EXIT
is_asleep() {
    [ -e sleep.$pid.gaia ] && grep -q libc.so /proc/$pid/maps && grep -q '^State:.S' /proc/$pid/status
}
await is_asleep
expect_like 0 "^gaiaprof  sleep \(pid $pid\)  ran .*, still running" gaiaprof report $pid
expect_like 0 "still running" gaiaprof report sleep.$pid.gaia
expect_like 0 "  now [0-9]+ blocks" gaiaprof report $pid
expect_like 0 "leaks     unclassified: it still runs: gaiaprof report -v leaks $pid classifies them" \
    gaiaprof report $pid
expect_like 0 "leaks     none: |leaks   ! " gaiaprof report -v leaks $pid
expect_like 0 "leaks     none: |leaks   ! " gaiaprof report --leaks sleep.$pid.gaia
expect_like 0 "leaks     no more within" gaiaprof report -v leaks --interval 0.2 $pid
expect_like 0 "leaks     none: |leaks   ! " gaiaprof report -v leaks --save copy.gaia $pid
expect_like 0 "leaks     no more within" gaiaprof report -v leaks --since copy.gaia $pid
expect_like 2 "^gaiaprof: copy.gaia: can.t be written: File exists" gaiaprof report --save copy.gaia $pid
expect_like 2 "^gaiaprof: tmp: can.t be written: Is a directory" gaiaprof report --save tmp $pid
[ "$(stat -c %a copy.gaia)" = 600 ] || fail "copy.gaia: mode"
expect_like 0 '"kind": ?"running"' gaiaprof report -f json $pid

{ kill -9 $pid && wait $pid; } 2>/dev/null || true
expect 2 gaiaprof report $pid <<<"gaiaprof: $pid: no such process"
expect_like 0 "ended without a word" gaiaprof report sleep.$pid.gaia
expect_like 0 '"kind": ?"killed"' gaiaprof report -f json sleep.$pid.gaia
finish
