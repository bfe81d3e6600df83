# SPDX-License-Identifier: MIT
#
# report.sh - gaiaprof report on profiles whose every figure is known (tests/unit/profile_builder.c).
. "$(dirname "$0")/expect.bash"
"$PROFILE_MAKE" demo demo.gaia

summary='gaiaprof  demo (pid 4711)  ran 2.31 s, exited 0                                            demo.gaia

  heap      1,010 allocations, 103 KiB, exact   peak 4.4 KiB   at exit 58 blocks, 8.8 KiB
            95.2% of the bytes from 0x1fff (demo), 60.0% of its blocks temporary
  leaks     unclassified: not asked for (GAIAPROF_LEAKS=on)
  locks   ! 212 ms waited for 0x601000, 100% of it in 0x3fff (demo)
  threads ! 1 of 4 finished and were never joined, made by 0x4fff (demo)
            1 of 4 still running at exit, made by 0x4fff (demo)
  lost      nothing
  unseen    waits inside libc itself (stdio, malloc), inline futex system calls
  note      no names from demo: no longer there, or unreadable'

expect 0 gaiaprof report demo.gaia <<EOT
$summary

ALLOCATIONS  by bytes     bytes  share    sum  blocks  temporary
  0x1fff  demo         97.7 KiB  95.2%  95.2%   1,000      60.0%
  0x2fff  demo          4.9 KiB   4.8%   100%      10         0%

    0x1fff: 97.7 KiB
      0x1fff  demo
      0xfff   demo

LIVE AT EXIT  by bytes    bytes  share    sum  blocks  of made
  0x1fff  demo          4.9 KiB  55.6%  55.6%      50     5.0%
  0x2fff  demo          3.9 KiB  44.4%   100%       8    80.0%

    0x2fff: 3.9 KiB
      0x2fff  demo
      0xfff   demo

PEAK  by bytes    bytes  share    sum  blocks
  0x2fff  demo  3.4 KiB  77.8%  77.8%       7
  0x1fff  demo   1000 B  22.2%   100%      10

LOCKS  by time waited  waited     max     p99  contended  of acquired
  0x601000  (mutex)    212 ms  3.1 ms  3.1 ms         90        1,000
    waiting  0x3fff  demo  212 ms  90 times

    waiting 212 ms for 0x601000:
      0x3fff  demo
      0xfff   demo

THREADS  by creation place  created  finished  joined  detached  leaked  running     CPU
  0x4fff  demo                    4         3       1         1       1        1  150 ms
EOT

# views, rows, order
expect 0 gaiaprof report -v peak -n 1 demo.gaia <<EOT
$summary

PEAK  by bytes    bytes  share    sum  blocks
  0x2fff  demo  3.4 KiB  77.8%  77.8%       7
  … 1 more: -n 0 shows all

    0x2fff: 3.4 KiB
      0x2fff  demo
      0xfff   demo
EOT
expect_like 0 "^ALLOCATIONS  by blocks" gaiaprof report -v allocs --sort blocks demo.gaia
expect_like 0 "^TEMPORARY  by blocks" gaiaprof report -v temporary demo.gaia
expect_like 0 "^  4  worker  0x4fff +detached +pthread_exit +50.0 ms" \
    gaiaprof report -v threads demo.gaia
expect_like 0 "^THREADS  by creation place" gaiaprof report -v threadcreate demo.gaia
expect_no "LOCKS|THREADS" gaiaprof report -v heap demo.gaia
expect_like 0 "^PEAK" gaiaprof report demo.gaia -v peak     # options may follow
expect_like 0 "^PEAK" gaiaprof report --view=peak -n0 demo.gaia

# focus and ignore: all stacks here are in demo
expect_like 0 "shown     focus=demo leaves 100% of 103 KiB and 100% of 1,010 allocations" \
    gaiaprof report --focus demo demo.gaia
expect_like 0 "shown     ignore=dem\. leaves 0% of 103 KiB" gaiaprof report --ignore 'dem.' demo.gaia
expect_like 0 "shown     focus=nonesuch leaves 0% of 103 KiB" gaiaprof report --focus nonesuch demo.gaia
expect_like 0 "^  nothing" gaiaprof report -v inuse --focus nonesuch demo.gaia

# a sampled heap: every figure of it is marked
"$PROFILE_MAKE" sampled sampled.gaia
expect 0 gaiaprof report -v inuse sampled.gaia <<'EOT'
gaiaprof  demo (pid 4711)  ran 2.31 s, exited 0                                         sampled.gaia

  heap      ~820,541 allocations, ~803 MiB, sampled every 512 KiB (±4.9%)   peak ~26.6 MiB   at exit
            ~25,651 blocks, ~26.6 MiB
            ~99.7% of the bytes from 0x1fff (demo), ~31.3% of its blocks temporary
  leaks     unclassified: a sampled heap does not have all blocks
  locks   ! 212 ms waited for 0x601000, 100% of it in 0x3fff (demo)
  threads ! 1 of 4 finished and were never joined, made by 0x4fff (demo)
            1 of 4 still running at exit, made by 0x4fff (demo)
  lost      nothing
  unseen    waits inside libc (stdio, malloc), inline futexes; heap locks known by address only
  note      ~ estimated from 1,604 samples, ± at 95% confidence; places below 1.5 MiB may be missing
  note      no names from demo: no longer there, or unreadable

LIVE AT EXIT  by bytes      bytes   share     sum   blocks  of made      error
  0x1fff  demo          ~25.0 MiB  ~94.0%  ~94.0%  ~25,625    ~3.1%       ±28%
  0x2fff  demo           ~1.6 MiB   ~6.0%   ~100%      ~26    ~100%  3 samples

    0x1fff: ~25.0 MiB
      0x1fff  demo
      0xfff   demo

    0x2fff: ~1.6 MiB
      0x2fff  demo
      0xfff   demo
EOT
expect_like 0 "leaves ~100% of ~803 MiB and ~100% of ~820,541 allocations" \
    gaiaprof report --focus demo sampled.gaia
expect_no "exact" gaiaprof report sampled.gaia

# leaks: views, suppressions
"$PROFILE_MAKE" leaks leaks.gaia
expect 0 gaiaprof report -v leaks leaks.gaia <<'EOT'
gaiaprof  demo (pid 4711)  ran 2.31 s, exited 0                                           leaks.gaia

  heap      57 allocations, 76.8 KiB, exact   peak 76.7 KiB   at exit 55 blocks, 76.7 KiB
            93.8% of the bytes from 0x5fff (demo)
  leaks   ! 4 blocks, 620 B, and 4.0 KiB lost with them, from 0x1fff (demo) and 1 other place
            2 blocks possible, 64 B; 41 reachable, 72.1 KiB
  misuse  ! mismatch: 3 blocks allocated by new[] are freed by delete, in 0x7fff (demo); 2 more
  locks     none
  threads   none created
  lost      nothing
  note      no names from demo: no longer there, or unreadable

LEAKS  definite, by bytes  bytes  blocks  and with them  first at  last at
  0x1fff  demo             120 B       3        4.0 KiB    315 ms   419 ms
  0x2fff  demo             500 B       1              -    105 ms   105 ms

    0x1fff: 4.1 KiB, with what is lost with them
      0x1fff  demo
      0xfff   demo

    0x2fff: 500 B
      0x2fff  demo
      0xfff   demo

LEAKS  possible: only pointers into them, by bytes  bytes  blocks
  0x4fff  demo                                       64 B       2

    0x4fff: 64 B
      0x4fff  demo
      0xfff   demo

LOST WITH THEM  indirect, by bytes    bytes  blocks  first at  last at
  0x3fff  demo                      4.0 KiB       8    325 ms   524 ms

  41 blocks, 72.1 KiB reachable: -v reachable shows them

MISUSE  of the heap                                  times  thread      at
  mismatch               new[], freed by delete          3       1  500 ms
    allocated in 0x1fff  demo
    freed in 0x7fff      demo
  double free            freed twice, by free            2       1  700 ms
    allocated in 0x1fff  demo
    freed in 0x7fff      demo
  interior free          realloc of 64 B at byte 16      1       1  600 ms
    allocated in 0x1fff  demo
    freed in 0x7fff      demo

    mismatch: freed in
      0x7fff  demo
      0xfff   demo

    mismatch: allocated in
      0x1fff  demo
      0xfff   demo

    double free: freed in
      0x7fff  demo
      0xfff   demo

    double free: allocated in
      0x1fff  demo
      0xfff   demo

    interior free: freed in
      0x7fff  demo
      0xfff   demo

    interior free: allocated in
      0x1fff  demo
      0xfff   demo
EOT
expect_like 0 "leaks   ! 4 blocks, 620 B, and 4.0 KiB lost with them; none of it shown$" \
    gaiaprof report --ignore demo leaks.gaia
expect_like 0 "^REACHABLE  by blocks " gaiaprof report -v reachable --sort blocks leaks.gaia
expect_like 0 '^leak:/demo\$$' gaiaprof report --generate-suppressions leaks.gaia
gaiaprof report --generate-suppressions leaks.gaia >known.supp
echo 'leak:nonesuch' >>known.supp
expect_like 0 "leaks     none: 41 reachable, 72.1 KiB; 14 suppressed, 4.7 KiB, by 1 pattern$" \
    gaiaprof report --suppressions known.supp leaks.gaia
expect_like 0 "leaks     none: .*, by 1 pattern$" \
    env GAIAPROF_SUPPRESSIONS=known.supp gaiaprof report leaks.gaia
expect_like 0 "^  leak:nonesuch  known.supp:3  unused$" \
    gaiaprof report -v leaks --suppressions known.supp leaks.gaia
expect_like 0 '"pattern": ?"leak:/demo[$]"' \
    gaiaprof report -f json --suppressions known.supp leaks.gaia
expect 0 gaiaprof report --suppressions known.supp --generate-suppressions leaks.gaia </dev/null
printf 'leak:x\nleek:y\n' >bad.supp
expect 2 gaiaprof report --suppressions bad.supp leaks.gaia \
    <<<"gaiaprof: bad.supp:2: no such kind 'leek' (leak, thread, lock, order)"
expect 2 gaiaprof report --suppressions none.supp leaks.gaia \
    <<<"gaiaprof: none.supp: No such file or directory"
expect 2 gaiaprof report --interval 1 leaks.gaia \
    <<<"gaiaprof: leaks.gaia: no process runs that writes it: nothing to scan"
expect 2 gaiaprof report --interval never leaks.gaia \
    <<<"gaiaprof: never: not a number of seconds (such as 10 or 0.5)"
expect 2 gaiaprof report --save copy.gaia leaks.gaia \
    <<<"gaiaprof: leaks.gaia: no process runs that writes it: nothing to scan"
expect 2 gaiaprof report --since locks.gaia leaks.gaia \
    <<<"gaiaprof: locks.gaia: No such file or directory"
expect 2 gaiaprof report --since demo.gaia leaks.gaia \
    <<<"gaiaprof: demo.gaia: has no scan for leaks: gaiaprof report --save makes one"
expect_like 0 "leaks     no more within" gaiaprof report -v leaks --since leaks.gaia leaks.gaia
expect 2 gaiaprof report -f none leaks.gaia <<<"gaiaprof: none: no such format; see gaiaprof help report"
expect_like 0 '^leak:\^MallocExtension::Register$' gaiaprof help suppressions
expect_like 0 '^leak:\^g_type_register_$' gaiaprof help suppressions

# locks: views, one deadlock as it is printed when it forms
"$PROFILE_MAKE" locks locks.gaia
expect_like 0 "^  deadlock! 2 threads wait for each other" gaiaprof report locks.gaia
expect_like 0 "^DEADLOCK  2 threads wait for each other" gaiaprof report -v order locks.gaia
expect_like 0 "^ORDER  locks taken in circles" gaiaprof report -v order locks.gaia
expect_like 0 "^HOLDERS  by time others waited" gaiaprof report -v mutex locks.gaia
expect_like 0 "^WAITS " gaiaprof report -v block --sort count locks.gaia
expect_no "DEADLOCK|HOLDERS" gaiaprof report -v block locks.gaia
expect 0 gaiaprof report --deadlock 1 locks.gaia <<'EOT'
gaiaprof: deadlock: 2 threads of demo (pid 4711) wait for each other
  thread 2 worker waits for 0x603040 (rwlock), held by thread 3 worker
    0xffff  demo
    0xfff   demo
    it holds 0x603000 (mutex), acquired in
      0x101ff  demo
      0xfff    demo
  thread 3 worker waits for 0x603000 (mutex), held by thread 2 worker
    0x100ff  demo
    0xfff    demo
    it holds 0x603040 (rwlock), acquired in
      0x100ff  demo
      0xfff    demo
EOT
expect 2 gaiaprof report --deadlock 9 locks.gaia <<<"gaiaprof: locks.gaia: no such deadlock"
expect 2 gaiaprof report --deadlock x locks.gaia <<<"gaiaprof: x: not the number of a deadlock"
expect 0 gaiaprof report -v order demo.gaia <<EOT
$summary

ORDER  no locks taken in circles, no deadlock
EOT

# several
[ "$(gaiaprof report -v all demo.gaia demo.gaia | grep -c '^gaiaprof ')" = 2 ] || fail "two profiles"
expect_like 0 "^  demo  2 processes        2,020   4.4 KiB" gaiaprof report demo.gaia demo.gaia
expect_like 0 "^  demo  1 process " gaiaprof report --by-program demo.gaia
expect_no "ALLOCATIONS" gaiaprof report demo.gaia demo.gaia

# a partial profile says so
head -c 5000 demo.gaia >cut.gaia
expect_like 0 "^  lost    ! part of the profile" gaiaprof report cut.gaia
expect_like 0 "^  note      the file is cut off: 5000 of [0-9]+ bytes" gaiaprof report cut.gaia

# -o, and colour only where a terminal is
gaiaprof report -o out.txt demo.gaia
cmp -s out.txt <(gaiaprof report demo.gaia) || fail "-o FILE"
expect_no $'\033' gaiaprof report demo.gaia
if command -v script >/dev/null; then
    TERM=xterm script -qec "gaiaprof report demo.gaia" /dev/null </dev/null | grep -q $'\033\\[1m' ||
        fail "bold headings on a terminal"
    NO_COLOR=1 TERM=xterm script -qec "gaiaprof report demo.gaia" /dev/null </dev/null |
        grep -q $'\033' && fail "NO_COLOR"
fi

# what names can do
"$PROFILE_MAKE" hostile hostile.gaia
for view in all threads; do
    gaiaprof report -v $view hostile.gaia | LC_ALL=C grep -q $'[\001-\011\013-\037\177]' &&
        fail "a control character in view $view"
done

# JSON
if [ -n "$PYTHON3" ]; then
    for profile in demo hostile cut sampled locks; do
        gaiaprof report -f json $profile.gaia | "$PYTHON3" -c '
import json, sys
report = json.load(sys.stdin)
assert report["schema"] == 1
assert sum(s["allocations"] for s in report["heap"]["sites"]) == report["heap"]["allocations"]
for section in ("leaks", "cpu", "timeline"):
    assert section not in report, section
' || fail "JSON of $profile"
    done
fi

# What reports for a program that waits goes first where memory runs short (it waits for a reader).
has_score() {
    score=$(cat /proc/$1/oom_score_adj)
    [ "$score" = $2 ]
}
score_of() {
    mkfifo slow
    gaiaprof report $1 -o slow demo.gaia &
    await has_score $! $2
    cat slow >slow.txt
    wait $! || fail "report $1: status $?"
    rm slow
}
score_of --at-exit 1000
score_of "" "$(cat /proc/self/oom_score_adj)"

# A million stacks: seconds, not minutes.
"$PROFILE_MAKE" large large.gaia 1000000
timeout 30 gaiaprof report large.gaia >/dev/null || fail "a million stacks"
finish
