# SPDX-License-Identifier: MIT
#
# cut_off.sh - a profile that somebody cuts off while it is read: one line, status 2, and nothing
# else is lost. cut_mmap.c does it at the worst moment.
. "$(dirname "$0")/expect.bash"

"$PROFILE_MAKE" demo demo.gaia
says="gaiaprof: cut.gaia: cut off while it was read"

# cut BYTES ARGUMENTS...: with a profile cut.gaia of which only that is left, once it is mapped (by
# diff: for the third time; it looks at builds and kinds of files first).
cut() {
    local -x CUT_NAME=cut.gaia CUT_BYTES=$1 CUT_AT=1
    [ "$2" != diff ] || CUT_AT=3
    shift
    cp demo.gaia cut.gaia
    "$CUT_COMMAND" "$@"
}

for bytes in 0 4096; do
    expect 2 cut $bytes report cut.gaia <<<"$says"
    expect 2 cut $bytes report -f json cut.gaia <<<"$says"
    expect 2 cut $bytes merge -o sum.gaia demo.gaia cut.gaia <<<"$says"
    expect 2 cut $bytes diff demo.gaia cut.gaia <<<"$says"
    expect_like 2 "^$says$" cut $bytes check leaks=0 cut.gaia
done
expect 2 cut 0 diff cut.gaia demo.gaia <<<"$says"
[ ! -e sum.gaia ] || fail "merge: wrote a sum"

# the others of several are reported
expect_like 2 "demo \(pid 4711\)" cut 4096 report -v heap cut.gaia demo.gaia
expect_like 2 "demo  1 process" cut 4096 report cut.gaia demo.gaia
expect_like 0 "^sum.gaia: 1 profile" cut 4096 merge --skip-damaged -o sum.gaia cut.gaia demo.gaia

# what an output file had stays in it
echo before >out
cp demo.gaia sum.gaia
for command in "report -f json -o out cut.gaia" "report -o out cut.gaia" \
    "report --by-program -o out cut.gaia" "diff -o out demo.gaia cut.gaia" \
    "merge -o sum.gaia demo.gaia cut.gaia"; do
    expect 2 cut 4096 $command <<<"$says"
    [ "$(cat out)" = before ] || fail "$command: out is '$(cat out)'"
    cmp -s demo.gaia sum.gaia || fail "$command: another sum.gaia"
done
expect 2 gaiaprof report -o out nonesuch <<<"gaiaprof: nonesuch: No such file or directory"
[ "$(cat out)" = before ] || fail "a profile that is not there: out is '$(cat out)'"
gaiaprof report -f json -o out demo.gaia
[ "$(head -c 1 out)" = '{' ] || fail "out is not written"

finish
