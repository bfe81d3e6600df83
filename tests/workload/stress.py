# SPDX-License-Identifier: MIT
"""What the tests of stress share: running it, its scenarios, and reporting failures."""
import json
import subprocess
import sys

SKIPPED = 77


def run(*command, timeout=30):
    """The finished process, with its output as text."""
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


def scenarios(stress):
    """Names of all scenarios, from stress --list."""
    listing = run(stress, "--list").stdout
    return [line.split()[0] for line in listing.partition("\nscenarios")[2].splitlines()[1:]]


def expected(stress, scenario):
    return json.loads(run(stress, "--scenario", scenario, "--expect").stdout)


def skip_without_valgrind(valgrind, stress):
    """Ends the test as skipped if Valgrind can't run stress: an old one can't read new DWARF."""
    if run(valgrind, stress, "--scenario", "nothing").returncode != 0:
        print("skipped: valgrind can't run stress")
        sys.exit(SKIPPED)


def finish(failures):
    for failure in failures:
        print("FAILED:", failure)
    sys.exit(1 if failures else 0)
