# SPDX-License-Identifier: MIT
"""Ways to end that must neither hide a verdict nor show that somebody is there.

    at_exit.py BUILD PROGRAM
"""
import os
import subprocess
import sys
import tempfile

VIOLATED = 23


def run(build, program, *ways, **variables):
    environment = {**os.environ, "LD_PRELOAD": f"{build}/libgaiaprof.so",
                   **{f"GAIAPROF_{key}": value for key, value in variables.items()}}
    return subprocess.run([program, *ways], env=environment, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, timeout=60, check=False).returncode


def without_a_reader(build, program, **variables):
    """Its stderr is a pipe that nobody reads."""
    environment = {**os.environ, "LD_PRELOAD": f"{build}/libgaiaprof.so",
                   **{f"GAIAPROF_{key}": value for key, value in variables.items()}}
    with subprocess.Popen([program, "failing"], env=environment, stderr=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, restore_signals=True) as process:
        process.stderr.close()
        return process.wait(60)


def expect(what, status, known):
    assert status == known, f"{what}: exit status {status}, not {known}"


def main():
    build, program = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        gate = {"CHECK": "leaks=0", "REPORT": "none"}
        for way in ("plain", "ignoring", "traced"):
            expect(way, run(build, program, way, **gate), VIOLATED)
            expect(f"{way}, kept", run(build, program, way, CHECK="leaks=2", REPORT="none"), 0)
        for _ in range(10):
            expect("two threads end it", run(build, program, "twice", **gate), VIOLATED)
        expect("no report can be written",
               run(build, program, "plain", CHECK="leaks=9", REPORT_FILE="/nonesuch/x"), VIOLATED)
        expect("its own status", run(build, program, "failing", **gate), 6)
        expect("nobody reads", without_a_reader(build, program), 6)
        expect("nobody reads the verdict", without_a_reader(build, program, **gate), 6)
        expect("children, and their ports",
               subprocess.run([program, "listeners", "34569", f"{build}/libgaiaprof.so"],
                              env={**os.environ, "GAIAPROF_REPORT": "none"}, timeout=100,
                              check=False).returncode, 0)


if __name__ == "__main__":
    main()
