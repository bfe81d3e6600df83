# SPDX-License-Identifier: MIT
"""The same seed and threads do the same work: operations, allocations, bytes, checksum."""
import re
import sys

from stress import finish, run


def work_done(stress, threads, seed, *more):
    """Rows with their times left out, the sums and the checksum."""
    output = run(stress, "--threads", str(threads), "--seed", str(seed), "--operations", "200",
                 *more).stdout
    rows = re.findall(r"^(\w+) +([\d,]+) .* ([\d.]+) +([\d.]+)$", output, re.M)
    sums = re.findall(r"^allocated +(.*) bytes", output, re.M)
    return rows, sums, re.findall(r"^checksum +([0-9a-f]{16})$", output, re.M)


def failures(stress):
    for threads in (1, 2, 5):
        runs = [work_done(stress, threads, 7) for _ in range(3)]
        if runs[0] != runs[1] or runs[0] != runs[2]:
            yield f"{threads} threads: runs differ: {runs}"
        if len(runs[0][0]) != 8 or len(runs[0][1]) != 1 or len(runs[0][2]) != 1:
            yield f"{threads} threads: output not understood: {runs[0]}"
    if work_done(stress, 2, 7)[2] == work_done(stress, 2, 8)[2]:
        yield "another seed, but the same checksum"
    if work_done(stress, 2, 7)[2] == work_done(stress, 2, 7, "--subsystems", "cache,queue")[2]:
        yield "other subsystems, but the same checksum"


finish([*failures(sys.argv[1])])
