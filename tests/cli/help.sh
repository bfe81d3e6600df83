# SPDX-License-Identifier: MIT
#
# help.sh - help of every kind: what it says, where it goes, and with which status.
. "$(dirname "$0")/expect.bash"

general='gaiaprof profiles any dynamically linked program: every allocation with its stack, lock waits,
threads. Nothing has to be rebuilt.

  gaiaprof run PROGRAM [ARGS]         profile it; a report is printed when it ends
  gaiaprof report PROFILE|PID         report again, or on a process that runs

Commands:
  run       profile a program
  report    report on a profile, or on a process that runs
  check     hold profiles against budgets, for CI
  diff      what changed between profiles, or between repeated runs
  merge     add profiles up to one
  help      explain a command, or the options of the profiler

gaiaprof help COMMAND explains one; gaiaprof help options lists what can be recorded, and how.'

expect 2 gaiaprof <<<"$general"
expect 0 gaiaprof help <<<"$general"
expect 0 gaiaprof --help <<<"$general"
expect 0 gaiaprof -h <<<"$general"
[ "$(gaiaprof 2>/dev/null || true)" = "" ] || fail "usage errors belong on stderr"
[ "$(gaiaprof help 2>/dev/null)" = "$general" ] || fail "help belongs on stdout"

version=$(gaiaprof --version)
for command in run report check help; do
    [ "$(gaiaprof "$command" --help)" = "$(gaiaprof help "$command")" ] || fail "$command --help"
    [ "$(gaiaprof "$command" -h)" = "$(gaiaprof help "$command")" ] || fail "$command -h"
    [ "$(gaiaprof "$command" --version)" = "$version" ] || fail "$command --version"
    expect_like 0 "^Usage: gaiaprof $command" gaiaprof help "$command"
    expect_like 0 "^Examples:" gaiaprof help "$command"
done
expect_like 0 "^gaiaprof [0-9]+\.[0-9]+" gaiaprof --version

# Generated from the one table of options.
for key in output report report_file heap sample_seed locks threads follow arguments max_frames \
    unwind; do
    expect_like 0 "^  $key " gaiaprof help options
done
expect_like 0 "one of none\|text\|json; default text" gaiaprof help options
expect_like 0 "a number from 1 to 1024; default 256" gaiaprof help options
expect_like 0 "one of off\|exact, or a size from 1k to 1g; default exact" gaiaprof help options

for topic in "" run report check help options; do
    gaiaprof help $topic | awk 'length > 100 { print; bad = 1 } END { exit bad }' ||
        fail "help $topic is wider than 100 columns"
done
finish
