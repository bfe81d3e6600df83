# SPDX-License-Identifier: MIT
#
# errors.sh - every bad input: one line that says what and why, status 2, nothing on stdout.
. "$(dirname "$0")/expect.bash"

# commands and options
expect 2 gaiaprof reprot <<<"gaiaprof: reprot: no such command; did you mean 'report'?"
expect 2 gaiaprof zzz <<<"gaiaprof: zzz: no such command; see gaiaprof help"
expect 2 gaiaprof --verbose <<<"gaiaprof: --verbose: no such option; see gaiaprof help"
expect 2 gaiaprof help reprt <<<"gaiaprof: reprt: no help on this; did you mean 'report'?"
expect 2 gaiaprof help run report <<<"gaiaprof: report: one topic at a time"
expect 2 gaiaprof report --focsu x y <<<"gaiaprof: --focsu: no such option; did you mean '--focus'?"
expect 2 gaiaprof report -Z y <<<"gaiaprof: -Z: no such option; see gaiaprof help report"
expect 2 gaiaprof report -f <<<"gaiaprof: -f: needs a value; see gaiaprof help report"
expect 2 gaiaprof report --quiet=1 y <<<"gaiaprof: --quiet=1: this option takes no value"
expect 2 gaiaprof report <<<"gaiaprof: report: no profile given; see gaiaprof help report"

# values
expect 2 gaiaprof report -f jsn y <<<"gaiaprof: jsn: no such format; did you mean 'json'?"
expect 2 gaiaprof report -f xml y <<<"gaiaprof: xml: no such format; did you mean 'html'?"
expect 2 gaiaprof report -v haep y <<<"gaiaprof: view 'haep': no such view; did you mean 'heap'?"
expect 2 gaiaprof report -v cpu y <<<"gaiaprof: view 'cpu': not recorded by this version"
for rows in x -1 1.5 '' 99999999999999999999; do
    expect 2 gaiaprof report -n "$rows" y <<<"gaiaprof: $rows: not a number of rows (0 for all)"
done
expect 2 gaiaprof report --sort size y <<<"gaiaprof: size: can't sort by this; the keys are \
bytes, blocks, growth, live, peak, temporary, wait, count, leaked, cpu"
expect 2 gaiaprof report --sort wait -v heap y <<<"gaiaprof: wait: view 'heap' has no table to \
sort by this"
expect_like 2 "^gaiaprof: \(: not a regular expression: " gaiaprof report --focus '(' y
expect_like 2 "^gaiaprof: \[: not a regular expression: " gaiaprof report --ignore '[' y

# profiles
mkdir directory
mkfifo fifo
: >empty
printf 'GAIAPROF' >short
echo hello >text
head -c 5000 /dev/zero >zeros
"$PROFILE_MAKE" demo demo.gaia
head -c 4095 demo.gaia >cut
{ head -c 8 demo.gaia; printf '\377'; tail -c +10 demo.gaia; } >newer
expect 2 gaiaprof report nonesuch <<<"gaiaprof: nonesuch: No such file or directory"
for number in 0 99999999999999999999; do
    expect 2 gaiaprof report $number <<<"gaiaprof: $number: no such file or process"
    expect 2 gaiaprof check order=0 $number <<<"gaiaprof: $number: no such file or process"
done
expect 2 gaiaprof report -- -5 <<<"gaiaprof: -5: no such file or process"
expect 2 gaiaprof report directory <<<"gaiaprof: directory: Is a directory"
expect 2 timeout 5 gaiaprof report fifo <<<"gaiaprof: fifo: not a regular file"
expect 2 gaiaprof report /dev/null <<<"gaiaprof: /dev/null: not a regular file"
expect 2 gaiaprof report empty <<<"gaiaprof: empty: the file is empty"
expect 2 gaiaprof report text <<<"gaiaprof: text: not a gaiaprof profile"
expect 2 gaiaprof report zeros <<<"gaiaprof: zeros: not a gaiaprof profile"
expect 2 gaiaprof report short <<<"gaiaprof: short: cut off inside its header"
expect 2 gaiaprof report cut <<<"gaiaprof: cut: cut off inside its header"
expect 2 gaiaprof report newer <<<"gaiaprof: newer: written by a newer gaiaprof, whose format this \
one does not know"
if [ "$(id -u)" != 0 ]; then
    cp demo.gaia secret && chmod 0 secret
    expect 2 gaiaprof report secret <<<"gaiaprof: secret: Permission denied"
fi
expect 2 gaiaprof report $$ <<<"gaiaprof: $$: not a profiled process: it maps no profile"
expect 2 gaiaprof report 999999999 <<<"gaiaprof: 999999999: no such process"
expect 2 gaiaprof report -- -f <<<"gaiaprof: -f: No such file or directory"

# one bad profile of several: the others are reported
expect_like 2 "demo \(pid 4711\)" gaiaprof report -v heap nonesuch demo.gaia
expect_like 2 "demo  1 process" gaiaprof report nonesuch demo.gaia

# output
expect 2 gaiaprof report -o /nonesuch/x demo.gaia <<<"gaiaprof: /nonesuch/x: can't be written: \
No such file or directory"
expect 2 gaiaprof report -o directory demo.gaia <<<"gaiaprof: directory: can't be written: \
Is a directory"
expect 2 gaiaprof report -o /dev/full demo.gaia <<<"gaiaprof: /dev/full: can't be written: \
No space left on device"
for command in "report demo.gaia" "report -f json demo.gaia" "help" "--version" "report --help"; do
    expect 2 sh -c "gaiaprof $command >/dev/full" \
        <<<"gaiaprof: stdout: can't be written: No space left on device"
done
expect_like 2 "can't be written" sh -c "gaiaprof report demo.gaia >&-"

# the profiler's options
expect 2 gaiaprof run -O hepa=off true <<<"gaiaprof: hepa: no such option of the profiler; did you \
mean 'heap'?"
for size in of 1023 2g 17179869185g 512kb 1.5m -1 k ''; do
    expect 2 gaiaprof run -O heap="$size" true <<<"gaiaprof: heap: '$size' is not one of off|exact, \
or a size from 1k to 1g"
done
expect 2 gaiaprof run -O max_frames=0 true <<<"gaiaprof: max_frames: '0' is not a number from 1 to \
1024"
expect 2 gaiaprof run -O max_frames true <<<"gaiaprof: max_frames: not of the form KEY=VALUE; see \
gaiaprof help options"
expect 2 gaiaprof run -f xml true <<<"gaiaprof: report: 'xml' is not one of none|text|json"
expect 2 gaiaprof run <<<"gaiaprof: run: no program given; see gaiaprof help run"
finish
