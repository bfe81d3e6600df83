# SPDX-License-Identifier: MIT
#
# run_killed.sh - processes that could not print their report: gaiaprof run prints it for them.
. "$(dirname "$0")/expect.bash"
need_preload

status=0
gaiaprof run sh -c 'kill -9 $$' 2>report.txt || status=$?
[ $status = 137 ] || fail "status $status after SIGKILL"
grep -Eq "^gaiaprof  [a-z]+ \(pid [0-9]+\)  ran .*, ended by SIGKILL" report.txt || fail "SIGKILL"

status=0
gaiaprof run -f json -o report.json sh -c 'kill -SEGV $$' 2>/dev/null || status=$?
[ $status = 139 ] || fail "status $status after SIGSEGV"
tr -d ' \n' <report.json | grep -q '"exit":{"kind":"signaled","status":11}' || fail "SIGSEGV"

# no hook sees this way out
cat >leave.c <<'EOT'
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) { return malloc(5) ? (int)syscall(SYS_exit_group, 4) : 1; }
EOT
"$CC" -o leave leave.c
expect_like 4 "^gaiaprof  leave \(pid [0-9]+\)  ran .*, exited 4" gaiaprof run ./leave

# The profile keeps it.
rm -f ./*.gaia
gaiaprof run -q sh -c 'kill -TERM $$' 2>/dev/null || true
expect_like 0 "ended by SIGTERM" gaiaprof report ./*.gaia

# elsewhere than in the working directory
mkdir profiles
gaiaprof run -o there.txt -p profiles/%e-%p.gaia sh -c 'kill -9 $$' 2>/dev/null || true
grep -q "ended by SIGKILL" there.txt || fail "a profile in another directory"

# SIGINT from the terminal goes to both: the program decides
cat >patient.sh <<'EOT'
trap 'echo caught; exit 5' INT
kill -INT $PPID # gaiaprof, as the terminal would
kill -INT $$
sleep 5
EOT
expect 5 gaiaprof run -q sh patient.sh <<<"caught"

# a program that becomes another
rm -f ./*.gaia
gaiaprof run -o becomes.txt sh -c 'exec echo became' >/dev/null
grep -q "replaced itself by another program" becomes.txt || fail "exec"
finish
