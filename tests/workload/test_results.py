# SPDX-License-Identifier: MIT
"""The table's width, the benchmark text, --duration, -q, and a figure that is known: the queue
allocates one item of 208 bytes per operation."""
import re
import sys
import time

from stress import finish, run

BENCH_LINE = re.compile(r"Benchmark[A-Z]\w*-3\s+[1-9]\d*(\s+[\d.]+ \S+)+$")


def table(stress):
    output = run(stress, "--operations", "50").stdout
    wide = [line for line in output.splitlines() if len(line) > 100]
    if wide or "P99" not in output:
        yield f"table: {output}"
    queue = run(stress, "--operations", "500", "--subsystems", "queue").stdout
    if not re.search(r"^queue +2,000 .* 208.0 +1.000$", queue, re.M):
        yield f"queue: {queue}"


def bench(stress):
    lines = run(stress, "--format", "bench", "--operations", "50", "--threads",
                "3").stdout.splitlines()
    results = [line for line in lines if not re.match(r"[a-z]+: \S", line)]
    if len(results) != 7 or not all(BENCH_LINE.match(line) for line in results):
        yield f"bench: {lines}"
    if not all(unit in line for line in results for unit in (" ns/op", " B/op", " allocs/op")):
        yield f"bench: units missing: {results}"


def duration(stress):
    start = time.monotonic()
    output = run(stress, "--duration", "700ms").stdout
    took = time.monotonic() - start
    if not 0.5 < took < 5 or "checksum   none" not in output:
        yield f"--duration 700ms took {took}: {output}"


def quiet(stress):
    finished = run(stress, "-q", "--operations", "10")
    if finished.returncode or finished.stdout or finished.stderr:
        yield f"-q: {finished}"


stress = sys.argv[1]
finish([*table(stress), *bench(stress), *duration(stress), *quiet(stress)])
