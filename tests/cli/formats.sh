# SPDX-License-Identifier: MIT
#
# formats.sh - where the output of each format goes, what it is called, and what is refused. What is
# in it is tested in tests/exchange, tests/analysis and tests/html.
. "$(dirname "$0")/expect.bash"
"$PROFILE_MAKE" demo demo.gaia

has_pprof() { ! gaiaprof help report | grep -q "pprof .*not in this build"; }

# --- names
if has_pprof; then
    expect 0 gaiaprof report -f pprof demo.gaia <<EOT
demo.4711.heap.pb.gz
demo.4711.allocs.pb.gz
demo.4711.peak.pb.gz
demo.4711.temporary.pb.gz
demo.4711.block.pb.gz
demo.4711.mutex.pb.gz
demo.4711.threadcreate.pb.gz
demo.4711.goroutine.pb.gz
EOT
    for file in demo.4711.*.pb.gz; do
        gzip -t "$file" || fail "$file is not compressed"
    done
    mkdir out
    expect 0 gaiaprof report -f pprof -v block -o out demo.gaia <<<"out/demo.4711.block.pb.gz"
    expect 0 gaiaprof report -f pprof -v peak -o out/peak.pb.gz demo.gaia </dev/null
    gzip -t out/peak.pb.gz || fail "out/peak.pb.gz is not compressed"
    gaiaprof report -f pprof -v peak -o - demo.gaia >peak.pb.gz
    cmp peak.pb.gz out/peak.pb.gz || fail "-o - writes something else"
    expect 2 gaiaprof report -f pprof -o new.pb.gz demo.gaia <<<"gaiaprof: new.pb.gz: is no \
directory, for a file of each view; or say which view (-v)"
    gaiaprof report -f pprof -o - demo.gaia >heap.pb.gz # of one view, as no other is asked for
    cmp heap.pb.gz demo.4711.heap.pb.gz || fail "-o - is not the heap"
    expect 2 gaiaprof report -f pprof -v peak -o no/such demo.gaia <<<"gaiaprof: no/such: can't be \
written: No such file or directory"
    expect 2 gaiaprof report -f pprof -v peak -o /dev/full demo.gaia <<<"gaiaprof: /dev/full: \
can't be written: No space left on device"
    cp demo.gaia other.gaia
    expect 2 gaiaprof report -f pprof -v peak -o both.pb.gz demo.gaia other.gaia <<<"gaiaprof: \
pprof: one output holds one profile; gaiaprof merge puts several together"
fi

# --- one output holds one profile
expect 2 gaiaprof report -f speedscope demo.gaia demo.gaia <<<"gaiaprof: speedscope: one output \
holds one profile; gaiaprof merge puts several together"
expect 2 gaiaprof report --tree -o /dev/full demo.gaia <<<"gaiaprof: /dev/full: can't be written: \
No space left on device"
[ "$(gaiaprof report -f folded demo.gaia demo.gaia | wc -l)" = \
    "$((2 * $(gaiaprof report -f folded demo.gaia | wc -l)))" ] || fail "folded stacks of two"

# --- views and values
expect 2 gaiaprof report -f folded -v order demo.gaia <<<"gaiaprof: view 'order': has no values to \
count stacks by; try text, json or html"
expect 2 gaiaprof report --tree -v threads demo.gaia <<<"gaiaprof: view 'threads': has no values to \
count stacks by; try text, json or html"
expect 2 gaiaprof report -f speedscope -v timeline demo.gaia <<<"gaiaprof: view 'timeline': has no \
values to count stacks by; try text, json or html"
expect 2 gaiaprof report -f speedscope -v leaks demo.gaia <<<"gaiaprof: view 'leaks': not asked for \
(GAIAPROF_LEAKS=on)"
expect 2 gaiaprof report --value bytes demo.gaia <<<"gaiaprof: bytes: say of which view (-v)"
expect 2 gaiaprof report --tree --value bytes demo.gaia <<<"gaiaprof: bytes: no value of view \
'heap', which has alloc_objects, alloc_space, inuse_objects, inuse_space"
expect 2 gaiaprof report -f folded -v leaks demo.gaia <<<"gaiaprof: view 'leaks': not asked for \
(GAIAPROF_LEAKS=on)"
expect_like 0 "leaks     unclassified: not asked for" gaiaprof report -v leaks demo.gaia
expect 2 gaiaprof report -f list demo.gaia <<<"gaiaprof: list: say of which functions: --list RE"
expect_like 2 "^gaiaprof: \(: not a regular expression: " gaiaprof report --list '(' demo.gaia

# --- what was not recorded
if [ -e "$BUILD/libgaiaprof.so" ] && [ -z "${SANITIZE:-}" ]; then
    gaiaprof run -q -O heap=off -O locks=off -O threads=off -O report=none -p off.gaia true
    expect 2 gaiaprof report -v heap off.gaia <<<"gaiaprof: view 'heap': the heap was not recorded \
(GAIAPROF_HEAP=exact)"
    expect 2 gaiaprof report --tree off.gaia <<<"gaiaprof: view 'heap': the heap was not recorded \
(GAIAPROF_HEAP=exact)"
    expect 2 gaiaprof report -f folded -v block off.gaia <<<"gaiaprof: view 'block': locks were not \
recorded (GAIAPROF_LOCKS=on)"
    expect 2 gaiaprof report -f json -v goroutine off.gaia <<<"gaiaprof: view 'goroutine': threads \
were not recorded (GAIAPROF_THREADS=on)"
    ! has_pprof || expect 2 gaiaprof report -f pprof off.gaia <<<"gaiaprof: off.gaia: nothing was \
recorded that this format can hold"
fi
finish
