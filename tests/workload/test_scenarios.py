# SPDX-License-Identifier: MIT
"""Each scenario ends well, silently and within 5 s, and promises figures that are valid JSON."""
import sys

from stress import expected, finish, run, scenarios


def complaints(stderr):
    """What is said on stderr, but for AddressSanitizer's remarks on calls that fail on purpose."""
    return [line for line in stderr.splitlines()
            if "AddressSanitizer failed to allocate" not in line]


def failures(stress):
    names = scenarios(stress)
    if len(names) < 18:
        yield f"only these scenarios: {names}"
    for name in names:
        finished = run(stress, "--scenario", name, timeout=5)
        if finished.returncode or finished.stdout or complaints(finished.stderr):
            yield f"{name}: {finished}"
        want = expected(stress, name)
        if want["scenario"] != name or want["schema"] != 1 or len(want) < 3:
            yield f"{name}: expects {want}"


finish([*failures(sys.argv[1])])
