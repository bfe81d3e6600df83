# SPDX-License-Identifier: MIT
"""Every bad command line gives one line `stress: WHAT: WHY` on stderr, no output, and status 2."""
import sys

from stress import finish, run

BAD = """
--threads 0 | --threads 1025 | --threads x | --threads 1x | --threads -1 | --threads
--operations 0 | --operations 1e3 | --operations 99999999999999999999
--duration 0s | --duration 5 | --duration -1s | --duration nans | --duration 0x1s | --duration s
--duration 1s2 | --duration 25h | --seed -1 | --seed x | --seed 18446744073709551616
--subsystems nope | --subsystems requests, | --subsystems ,, | --subsystems request
--format | --format xml | --scenario nope | --scenario | --expect | --expect --list=x
--scenario peak --threads 2 | --scenario peak --format bench --expect
--nope | -x | -qx | -xq | --list=1 | operand | -- --threads
""".replace("\n", "|").split("|")


def is_right(finished):
    lines = finished.stderr.splitlines()
    return (finished.returncode == 2 and not finished.stdout and len(lines) == 1
            and lines[0].startswith("stress: ") and lines[0].count(": ") >= 2)


def bad_options(stress):
    for arguments in (line.split() for line in BAD if line.strip()):
        finished = run(stress, *arguments)
        if not is_right(finished):
            yield f"{arguments}: {finished}"


def good_options(stress):
    for arguments in ("--help", "-h", "--version", "--list"):
        finished = run(stress, arguments)
        if finished.returncode or finished.stderr or not finished.stdout:
            yield f"{arguments}: {finished}"
        for line in finished.stdout.splitlines():
            if len(line) > 100:
                yield f"{arguments}: longer than 100 columns: {line}"


def full_output(stress):
    finished = run("sh", "-c", '"$0" --list > /dev/full', stress)
    if finished.returncode != 2 or "stress: stdout: " not in finished.stderr:
        yield f"output to a full device: {finished}"


stress = sys.argv[1]
finish([*bad_options(stress), *good_options(stress), *full_output(stress)])
