# SPDX-License-Identifier: MIT
#
# check.sh - gaiaprof check on profiles whose every figure is known (tests/unit/profile_builder.c):
# what it says, its statuses, JUnit XML, annotations, baselines.
. "$(dirname "$0")/expect.bash"
"$PROFILE_MAKE" demo demo.gaia
"$PROFILE_MAKE" locks locks.gaia
"$PROFILE_MAKE" sampled sampled.gaia
"$PROFILE_MAKE" hostile hostile.gaia

# --- what it says

expect 0 gaiaprof check leaked_threads=1 peak_bytes=64k demo.gaia <<EOT
demo --fast (pid 4711): 2 of 2 budgets kept
  ok        leaked_threads  1 of 1
  ok        peak_bytes      4.4 KiB of 64.0 KiB
EOT
expect 0 gaiaprof check -q leaked_threads=1 peak_bytes=64k demo.gaia </dev/null
expect 23 gaiaprof check leaked_threads=0 lock_wait=20ms peak_bytes=4k allocations=10k demo.gaia <<EOT
demo --fast (pid 4711): 3 of 4 budgets violated
  VIOLATED  leaked_threads  1 thread, above 0
                            1 thread  0x4fff (demo)
  VIOLATED  lock_wait       212 ms, above 20.0 ms
                            212 ms  0x3fff (demo), for 0x601000
  VIOLATED  peak_bytes      4.4 KiB, above 4.0 KiB
                            3.4 KiB  0x2fff (demo)
                            1000 B   0x1fff (demo)
  ok        allocations     1,010 of 10,000
EOT
expect 23 gaiaprof check -q leaked_threads=0 allocations=10k demo.gaia <<EOT
demo --fast (pid 4711): 1 of 2 budgets violated
  VIOLATED  leaked_threads  1 thread, above 0
                            1 thread  0x4fff (demo)
EOT
expect 23 gaiaprof check order=0 locks.gaia <<EOT
demo --fast (pid 4711): 1 budget violated
  VIOLATED  order  1 potential deadlock, above 0
                   0x603000 and 0x603040: 0x100ff (demo) and 0x102ff (demo)
EOT
# to the last byte, where units would say the same
expect_like 23 "allocated_bytes  105,000 B, above 104,999 B" \
    gaiaprof check allocated_bytes=104999 demo.gaia
expect_like 23 "~26.6 MiB, above 1.0 MiB" gaiaprof check peak_bytes=1m sampled.gaia
expect_no $'[\x1b\x07]' gaiaprof check leaked_threads=0 hostile.gaia

# --- several: each has to keep them, programs that don't come first
cp demo.gaia again.gaia
expect 23 gaiaprof check leaked_threads=0 demo.gaia sampled.gaia <<EOT
demo --fast (pid 4711): 1 budget violated
  VIOLATED  leaked_threads  1 thread, above 0
                            1 thread  0x4fff (demo)
demo --fast (pid 4711): 1 budget violated
  VIOLATED  leaked_threads  1 thread, above 0
                            1 thread  0x4fff (demo)
checked 2 processes of 1 program: 2 budgets violated, in 2 processes
EOT
expect 23 gaiaprof check allocations=2000 sampled.gaia demo.gaia again.gaia <<EOT
demo --fast (pid 4711): 1 budget violated
  VIOLATED  allocations  ~820,541 allocations, above 2,000
                         ~820,002 allocations  0x1fff (demo)
                         ~513 allocations      0x5fff (demo)
                         ~26 allocations       0x2fff (demo)
demo (2 other processes): ok
checked 3 processes of 1 program: 1 budget violated, in 1 process
EOT
expect 0 gaiaprof check contentions=90 demo.gaia again.gaia <<EOT
demo (2 processes): ok
checked 2 processes of 1 program: all budgets kept
EOT

# --- some programs of many
expect 0 gaiaprof check contentions=90 --only 'nonesuch,d*o' demo.gaia again.gaia <<EOT
demo (2 processes): ok
checked 2 processes of 1 program: all budgets kept
EOT
expect 2 gaiaprof check contentions=90 --only 'dem,emo' demo.gaia again.gaia <<<"gaiaprof: dem,emo: \
no such program among 2 profiles"
# by the name of the file, too; a title that a process gave itself is none
"$PROFILE_MAKE" titled titled.gaia
expect 0 gaiaprof check contentions=90 --only nginx titled.gaia <<EOT
nginx (pid 4711): 1 budget kept
  ok        contentions  90 of 90
EOT
expect_like 0 "^gaiaprof  nginx \(pid 4711\)" gaiaprof report titled.gaia
expect_like 0 "^  nginx  1 process" gaiaprof report --by-program titled.gaia

# --- budgets: where they come from, what is wrong with them
expect 0 gaiaprof check -b contentions=90,order=0 -q demo.gaia </dev/null
expect 23 gaiaprof check -q -b contentions=90 contentions=89 demo.gaia <<EOT
demo --fast (pid 4711): 1 budget violated
  VIOLATED  contentions  90 waits, above 89
                         90 waits  0x3fff (demo), for 0x601000
EOT
expect_like 23 "90 waits, above 5" env GAIAPROF_CHECK=contentions=5 gaiaprof check demo.gaia
expect_like 23 "90 waits, above 6" env GAIAPROF_OPTIONS=heap=off:check=contentions=6 \
    gaiaprof check demo.gaia
expect_like 0 "90 of 90" env GAIAPROF_CHECK=contentions=5 gaiaprof check contentions=90 demo.gaia
expect 2 gaiaprof check demo.gaia <<<"gaiaprof: check: no budget given; see gaiaprof help check"
expect 2 gaiaprof check leaks=0 <<<"gaiaprof: check: no profile given; see gaiaprof help check"
expect 2 gaiaprof check leek=0 demo.gaia <<<"gaiaprof: check: leek: no such budget; did you mean \
'leaks'?"
expect 2 gaiaprof check leaks=x demo.gaia <<<"gaiaprof: check: leaks: 'x' is not a whole number \
(10, 10k), or +N% of a baseline"
expect 2 gaiaprof check leaks=1.5 demo.gaia <<<"gaiaprof: check: leaks: '1.5' is not a whole number \
(10, 10k), or +N% of a baseline"
expect 2 gaiaprof check lock_wait=5 demo.gaia <<<"gaiaprof: check: lock_wait: '5' is not a time \
with its unit (500us, 20ms, 1.5s), or +N% of a baseline"
expect 2 gaiaprof check -b leaks demo.gaia <<<"gaiaprof: check: leaks: not of the form NAME=LIMIT; \
see gaiaprof help check"
expect 2 env GAIAPROF_CHECK=x=y gaiaprof check demo.gaia <<<"gaiaprof: check: x: no such budget; \
see gaiaprof help check"
for budget in leaks leak_bytes mismatches peak_bytes allocations allocated_bytes leaked_threads \
    running_threads lock_wait contentions deadlocks order; do
    expect_like 0 "^  $budget  " gaiaprof help check
    expect_like 0 " $budget " sh -c "gaiaprof check $budget=0 demo.gaia || test \$? = 23"
done

# --- what can't be read: the rest is checked
cp demo.gaia a=b
expect 2 gaiaprof check order=0 nonesuch <<<"gaiaprof: nonesuch: No such file or directory"
expect_like 2 "^demo --fast \(pid 4711\): 1 budget kept" gaiaprof check order=0 nonesuch ./a=b
expect 2 gaiaprof check order=0 999999999 <<<"gaiaprof: 999999999: no such process"
expect 2 gaiaprof check order=0 --suppressions nonesuch demo.gaia \
    <<<"gaiaprof: nonesuch: No such file or directory"
expect 2 gaiaprof check order=0 -o /nonesuch/x demo.gaia <<<"gaiaprof: /nonesuch/x: can't be \
written: No such file or directory"
expect_like 2 "^gaiaprof: /nonesuch/x: can't be written" \
    gaiaprof check order=0 --junit /nonesuch/x demo.gaia
expect 2 sh -c "gaiaprof check order=0 demo.gaia >/dev/full" \
    <<<"gaiaprof: stdout: can't be written: No space left on device"
gaiaprof check order=0 -o out.txt demo.gaia && grep -q "1 budget kept" out.txt || fail "-o"

# --- a process that was cut short
head -c $(($(stat -c %s demo.gaia) - 64)) demo.gaia >cut.gaia
expect_like 23 "UNKNOWN   order  not known: part of the profile is missing" \
    gaiaprof check order=0 cut.gaia
expect_like 23 "^demo --fast \(pid 4711\): 1 budget not known to be kept" gaiaprof check order=0 cut.gaia

# --- baselines
expect 0 gaiaprof check allocations=+0% peak_bytes=+0% --baseline demo.gaia -q demo.gaia </dev/null
expect_like 23 "~820,541 allocations, above 1,111 \(\+10% of 1,010\)" \
    gaiaprof check allocations=+10% --baseline demo.gaia sampled.gaia
expect 2 gaiaprof check allocations=+10% demo.gaia \
    <<<"gaiaprof: check: a budget of +N% needs --baseline FILE"
expect 2 gaiaprof check allocations=+10% --baseline nonesuch demo.gaia \
    <<<"gaiaprof: nonesuch: No such file or directory"

# --- JUnit
is_xml() {
    "$PYTHON3" -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$1" || fail "$1: no XML"
    ! command -v xmllint >/dev/null || xmllint --noout "$1" || fail "$1: not for xmllint"
}
gaiaprof check -q leaked_threads=0 order=0 leaks=0 --junit results.xml demo.gaia >/dev/null || true
is_xml results.xml
sed -i 's/ timestamp="[^"]*"//' results.xml
expect 0 cat results.xml <<EOT
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="gaiaprof check" tests="3" failures="1" errors="1" skipped="0">
  <testsuite name="demo" tests="3" failures="1" errors="1" skipped="0" time="2.310">
    <testcase classname="demo" name="leaked_threads">
      <failure type="VIOLATED" message="leaked_threads: 1 thread, above 0">demo --fast (pid 4711, demo.gaia): 1 thread, above 0
  1 thread  0x4fff (demo)
</failure>
    </testcase>
    <testcase classname="demo" name="order"/>
    <testcase classname="demo" name="leaks">
      <error type="UNKNOWN" message="leaks: not known: $(gaiaprof check leaks=0 demo.gaia |
        sed -n 's/.*not known: //p')">demo --fast (pid 4711, demo.gaia): not known: $(
        gaiaprof check leaks=0 demo.gaia | sed -n 's/.*not known: //p')
</error>
    </testcase>
  </testsuite>
</testsuites>
EOT
# one case for all processes of a program
gaiaprof check -q leaked_threads=0 --junit both.xml demo.gaia again.gaia >/dev/null || true
is_xml both.xml
grep -q 'tests="1" failures="1"' both.xml || fail "a case for each process"
grep -q "above 0 (and 1 more process)" both.xml || fail "the other process"
cp demo.gaia '<&".gaia'
gaiaprof check -q leaked_threads=0 --junit odd.xml hostile.gaia '<&".gaia' >/dev/null || true
is_xml odd.xml
gaiaprof check -q order=0 --junit - demo.gaia >stdout.xml
is_xml stdout.xml

# --- annotations for GitHub
expect 23 gaiaprof check -q leaked_threads=0 --github demo.gaia <<EOT
demo --fast (pid 4711): 1 budget violated
  VIOLATED  leaked_threads  1 thread, above 0
                            1 thread  0x4fff (demo)
::error title=gaiaprof leaked_threads::demo --fast (pid 4711): 1 thread, above 0%0A1 thread  0x4fff (demo)
EOT
finish
