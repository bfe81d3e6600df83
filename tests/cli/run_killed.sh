# SPDX-License-Identifier: MIT
#
# run_killed.sh - processes that could not print their report: gaiaprof run prints it for them.

# a shell can't trap what was ignored when it began (nohup, &)
[ -n "${SIGNALS_AS_USUAL-}" ] || exec env --default-signal=HUP,INT SIGNALS_AS_USUAL=1 bash "$0"
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

# SIGTERM and SIGHUP to gaiaprof alone are passed on, and everything there is to say is said
cat >served.c <<'EOT'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void *volatile sink;
static volatile sig_atomic_t ended;
static void on_signal(int signal) { ended = signal; }
int main(int argc, char **argv)
{
    (void)argv;
    alarm(60); // whatever becomes of the test
    if (argc > 1)
        signal(SIGTERM, on_signal);
    sink = malloc(100);
    fclose(fopen("up", "w"));
    while (!ended)
        usleep(10000);
    puts("stopped");
    return 3;
}
EOT
"$CC" -o served served.c

# served_until SIGNAL STATUS [ARGUMENT]
served_until() {
    local status=0
    rm -f up served.xml
    gaiaprof run --check allocations=0 --junit served.xml ./served ${3-} >served.txt 2>&1 &
    local pid=$!
    await test -e up
    kill -$1 $pid
    wait $pid 2>/dev/null || status=$?
    [ $status = $2 ] || fail "$1: status $status, not $2"
    grep -q "VIOLATED  allocations" served.txt || fail "$1: no verdict"
    grep -q "<testcase" served.xml || fail "$1: no JUnit"
    grep -Eq "^gaiaprof  served \(pid" served.txt || fail "$1: no report"
}
served_until TERM 143
grep -q "ended by SIGTERM" served.txt || fail "SIGTERM: not the program's end"
served_until HUP 129
served_until TERM 3 patiently
grep -q "^stopped" served.txt || fail "SIGTERM was not the program's to handle"

# what is ignored stays so
rm -f up
(trap '' HUP; exec gaiaprof run -q ./served patiently >served.txt 2>&1) &
ignoring=$!
await test -e up
kill -HUP $ignoring
sleep 0.1
kill -TERM $ignoring
status=0
wait $ignoring || status=$?
[ $status = 3 ] || fail "an ignored SIGHUP: status $status"

# a program that becomes another
rm -f ./*.gaia
gaiaprof run -o becomes.txt sh -c 'exec echo became' >/dev/null
grep -q "replaced itself by another program" becomes.txt || fail "exec"
finish
