# SPDX-License-Identifier: MIT
#
# expect.bash - sourced by every test here: an empty working directory, and functions that compare
# what a command prints with a text in the test. The environment is that of CMakeLists.txt.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
unset ${!GAIAPROF_*} LD_PRELOAD NO_COLOR || true
export TMPDIR=$scratch/tmp LC_ALL=C.UTF-8
mkdir tmp
PATH=$BUILD:$PATH
failures=0

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# expect STATUS COMMAND...: its stdout and stderr together are what stdin says.
expect() {
    local status=0 wanted=$1 actual text
    shift
    text=$(cat)
    actual=$("$@" 2>&1 </dev/null) || status=$?
    [ "$status" = "$wanted" ] || fail "$*: status $status, not $wanted"
    [ "$actual" = "$text" ] || fail "$*: expected (-) and printed (+)
$(diff -u --label expected --label printed <(echo "$text") <(echo "$actual"))"
}

# expect_like STATUS PATTERN COMMAND...: some line matches the extended regular expression.
expect_like() {
    local status=0 wanted=$1 pattern=$2 actual
    shift 2
    actual=$("$@" 2>&1 </dev/null) || status=$?
    [ "$status" = "$wanted" ] || fail "$*: status $status, not $wanted
$actual"
    grep -Eq -- "$pattern" <<<"$actual" || fail "$*: nothing like '$pattern' in
$actual"
}

# expect_no PATTERN COMMAND...: no line of its output matches.
expect_no() {
    local pattern=$1 actual
    shift
    actual=$("$@" 2>&1 </dev/null) || true
    ! grep -Eq -- "$pattern" <<<"$actual" || fail "$*: '$pattern' in
$actual"
}

# await COMMAND...: until it succeeds, however slow the machine is.
await() {
    local attempt
    for attempt in $(seq 1200); do
        ! "$@" || return 0
        sleep 0.05
    done
    fail "not within a minute: $*"
}

need_preload() {
    [ -e "$BUILD/libgaiaprof.so" ] || { echo "no libgaiaprof.so"; exit 77; }
}

finish() {
    [ "$failures" = 0 ] || exit 1
}
