# SPDX-License-Identifier: MIT
#
# run.sh - gaiaprof run: the program's output and status are its own; the report goes where it was
# asked to.
. "$(dirname "$0")/expect.bash"
need_preload

expect 0 gaiaprof run -q echo hello <<<"hello"
expect 7 gaiaprof run -q sh -c 'exit 7' </dev/null
expect 0 gaiaprof run -q -- echo -f json <<<"-f json"
expect 0 gaiaprof run -q echo -q -- x <<<"-q -- x"
expect 0 sh -c 'echo in | gaiaprof run -q cat' <<<"in"
ls echo.*.gaia >/dev/null || fail "no profile in the working directory"

# report on stderr, results on stdout
[ "$(gaiaprof run echo hello 2>/dev/null)" = hello ] || fail "stdout"
gaiaprof run echo hello 2>&1 >/dev/null | grep -q "^gaiaprof  echo (pid [0-9]*)  ran .*, exited 0" ||
    fail "no report on stderr"

# -o, -p, -f, -O
gaiaprof run -o report.txt -p mine.gaia ls >/dev/null
grep -q "^gaiaprof  ls" report.txt || fail "-o"
grep -q "heap  .* allocations, .* exact" report.txt || fail "-o"
expect_like 0 "exited 0 .*mine.gaia" gaiaprof report mine.gaia
gaiaprof run -f json -o report.json true
grep -q '"schema": 1' report.json || fail "-f json"
gaiaprof run -q -p off.gaia -O heap=off -O locks=off true
expect_like 0 "heap      not recorded \(GAIAPROF_HEAP=exact\)" gaiaprof report off.gaia
expect_like 0 "locks     not recorded \(GAIAPROF_LOCKS=on\)" gaiaprof report off.gaia
[ "$(GAIAPROF_REPORT=text gaiaprof run -q true 2>&1)" = "" ] || fail "-q over the environment"

# an own preload of the user stays
LD_PRELOAD=/nonesuch.so gaiaprof run -q env 2>/dev/null >environment
# the program's children don't get ours
gaiaprof run -q sh -c 'env; true' 2>/dev/null | grep -q LD_PRELOAD && fail "LD_PRELOAD in a child"

# a script is its interpreter
printf '#!/bin/sh\necho script "$1"\n' >script && chmod +x script
expect 0 gaiaprof run -q ./script x <<<"script x"
printf '#!/usr/bin/env sh\necho by env\n' >by_env && chmod +x by_env
expect 0 gaiaprof run -q ./by_env <<<"gaiaprof: ./by_env: this script is started by env: use -O \
follow=exec to profile what env runs
by env"
printf 'echo no interpreter\n' >plain && chmod +x plain
expect 0 gaiaprof run -q ./plain <<<"no interpreter"

# the program ignores what it would without us
ignored() { (trap '' BUS; "$@" grep SigIgn /proc/self/status); }
if [ -z "$SANITIZE" ]; then # which has handlers of its own
    [ "$(ignored gaiaprof run -q)" = "$(ignored env)" ] || fail "SIGBUS is no longer ignored"
fi
finish
