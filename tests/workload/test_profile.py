# SPDX-License-Identifier: MIT
"""The profiler's JSON report of each scenario says what `--expect` promises, and without the
profiler the scenario prints the same."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from expectation import compare
from stress import expected, finish, scenarios


def run_scenario(stress, name, directory, variables):
    return subprocess.run([stress, "--scenario", name], cwd=directory, capture_output=True,
                          text=True, timeout=30, check=False, env={**os.environ, **variables})


def profile_failures(stress, library, name):
    with tempfile.TemporaryDirectory() as directory:
        plain = run_scenario(stress, name, directory, {})
        profiled = run_scenario(stress, name, directory, {
            "LD_PRELOAD": library, "GAIAPROF_REPORT": "json",
            "GAIAPROF_REPORT_FILE": "report.json"})
        if (plain.returncode, plain.stdout) != (profiled.returncode, profiled.stdout):
            yield f"{name}: {plain} became {profiled}"
        report = json.loads(pathlib.Path(directory, "report.json").read_text(encoding="utf-8"))
    for part in ("heap", "threads", "locks"):
        if part not in report:
            yield f"{name}: no {part} in the report"
    # leak classes and holders of locks are not recorded yet
    want = expected(stress, name)
    for lock in want.get("locks", []):
        lock["holders"] = []
    for difference in compare(want, report, unknown=("leaks",)):
        yield f"{name}: {difference}"
    dropped = {reason: count for reason, count in report["health"]["dropped"].items() if count}
    if dropped:
        yield f"{name}: lost {dropped}"


def main():
    stress, library = sys.argv[1:]
    failures = []
    for name in scenarios(stress):
        failures.extend(profile_failures(stress, library, name))
    finish(failures)


main()
