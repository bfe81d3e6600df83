#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Timelines of programs whose shape is known.

    timeline.py BUILD CASE PROGRAM

The programs say at which times what was true (shape.h); the moments that were recorded between two
such times must say the same. Nothing depends on how long anything takes.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

MOMENTS_MAX = 1000
SUMS = ("allocations", "allocated_bytes", "lock_wait_ns", "cpu_ns")
# what the C library and the program's own printing have for a while
LITTLE_BYTES, LITTLE_BLOCKS = 16 << 10, 16


class Run:
    """A program under gaiaprof: what it said, and the reports of its profiles, oldest first."""

    def __init__(self, program, *arguments, options="", signal=0, status=0):
        self.folder = tempfile.TemporaryDirectory()
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("GAIAPROF_")}
        environment.update(LD_PRELOAD=f"{BUILD}/libgaiaprof.so",
                           GAIAPROF_OPTIONS="report=none" + options,
                           GAIAPROF_OUTPUT=f"{self.folder.name}/%p.gaia")
        done = subprocess.run([program, *arguments], env=environment, cwd=self.folder.name,
                              stdout=subprocess.PIPE, text=True, timeout=60, check=False)
        if done.returncode == 77:
            sys.exit(77)
        assert done.returncode == (-signal if signal else status), f"ended with {done.returncode}"
        self.said = [(words[0], int(words[1]), int(words[2]))
                     for words in map(str.split, done.stdout.splitlines())]
        self.paths = sorted(pathlib.Path(self.folder.name).iterdir(),
                            key=lambda path: path.stat().st_ino)
        self.reports = [report(path) for path in self.paths]
        self.start_ns = [start_ns(path) for path in self.paths]

    def time(self, name, number=0, profile=0):
        """When the program said it, of the run."""
        return [time for word, time, _ in self.said if word == name][number] - \
            self.start_ns[profile]

    def value(self, name):
        return [value for word, _, value in self.said if word == name][0]

    def moments(self, first_ns=0, last_ns=1 << 62, profile=0):
        return [moment for moment in self.reports[profile]["timeline"]
                if first_ns <= moment["t_ns"] <= last_ns]


def gaiaprof(*arguments):
    return subprocess.run([f"{BUILD}/gaiaprof", *arguments], stdout=subprocess.PIPE, text=True,
                          check=True, timeout=60).stdout


def report(path):
    return json.loads(gaiaprof("report", "-f", "json", path))


def start_ns(path):
    """header.start_ns, which reports leave out: their times count from there."""
    return int.from_bytes(path.read_bytes()[40:48], sys.byteorder)


def check_form(timeline):
    """What is true of every timeline."""
    assert 1 <= len(timeline) <= MOMENTS_MAX, f"{len(timeline)} moments"
    assert timeline[0]["t_ns"] < 1_000_000_000
    for before, after in zip(timeline, timeline[1:]):
        assert before["t_ns"] < after["t_ns"], "times rise"
        for key in SUMS:
            assert before.get(key, 0) <= after.get(key, 1 << 62), f"{key} falls"
    for moment in timeline:
        assert moment["threads"] >= 1
        assert moment["live_bytes"] >= 0 and moment["live_blocks"] >= 0


def check_end(whole):
    """The last moment is that of the end: it has what the report has."""
    last, heap = whole["timeline"][-1], whole["heap"]
    for key in ("live_bytes", "live_blocks", "allocations", "allocated_bytes"):
        assert last[key] == heap[key], f"{key}: {last[key]}, in the report {heap[key]}"
    waited = sum(thread["lock_wait_ns"] for thread in whole["threads"]["records"])
    assert last["lock_wait_ns"] == waited, f"waited {last['lock_wait_ns']} of {waited}"
    assert last["t_ns"] <= whole["process"]["duration_ns"]


def check_steps(run):
    levels = [(time, value) for name, time, value in run.said if name == "level" and value]
    seen = 0
    for step, (_, level) in enumerate(levels):
        moments = run.moments(run.time("level", step), run.time("left", step))
        seen += len(moments)
        for moment in moments:
            assert 0 <= moment["live_bytes"] - level <= LITTLE_BYTES, (level, moment)
            assert 0 <= moment["live_blocks"] - level // 1024 <= LITTLE_BLOCKS, (level, moment)
            assert moment.get("rss_bytes", level) >= level, (level, moment)
    assert seen >= len(levels), "steps without a moment"
    return levels[-1][1]


def check_staircase(program):
    run = Run(program)
    check_form(run.reports[0]["timeline"])
    check_end(run.reports[0])
    top = check_steps(run)
    # the fall is frees alone
    falling = [moment["live_bytes"] for moment in
               run.moments(run.time("falls"), run.time("level", -1))]
    assert len(falling) >= 3, "no moments while it only frees"
    assert falling == sorted(falling, reverse=True), falling
    # the peak is told as a time between two of the moments there were
    heap = run.reports[0]["heap"]
    assert top <= heap["peak_bytes"] <= top + LITTLE_BYTES
    assert heap["peak_after_ns"] < heap["peak_until_ns"]
    assert heap["peak_until_ns"] >= run.time("left", 3)
    assert heap["peak_after_ns"] <= run.time("level", -1)
    text = gaiaprof("report", "-v", "timeline", run.paths[0])
    assert "TIMELINE  live bytes" in text and "█" in text, text
    assert max(map(len, text.splitlines())) <= 100, text
    line = [line for line in gaiaprof("report", run.paths[0]).splitlines()
            if "live over the run" in line]
    assert len(line) == 1 and "█" in line[0] and "▄" in line[0], line


def check_killed(program):
    run = Run(program, "kill", signal=9)
    check_form(run.reports[0]["timeline"])
    check_steps(run)
    last, heap = run.reports[0]["timeline"][-1], run.reports[0]["heap"]
    assert last["allocations"] <= heap["allocations"]
    assert last["t_ns"] <= run.time("left", -1) + 1_000_000


def check_threads(program):
    run = Run(program)
    whole = run.reports[0]
    check_form(whole["timeline"])
    check_end(whole)
    moments = run.moments(run.time("alive"), run.time("over"))
    assert moments, "no moment while all were alive"
    assert {moment["threads"] for moment in moments} == {run.value("alive")}
    assert whole["timeline"][-1]["threads"] == 1
    assert whole["threads"]["created"] == 305


def check_waits(program):
    run = Run(program)
    whole = run.reports[0]
    check_form(whole["timeline"])
    check_end(whole)
    assert all(moment["lock_wait_ns"] == 0 for moment in run.moments(0, run.time("before")))
    moments = run.moments(run.time("waits"), run.time("over"))
    assert len(moments) >= 3
    for before, after in zip(moments, moments[1:]):
        assert after["lock_wait_ns"] - before["lock_wait_ns"] == after["t_ns"] - before["t_ns"]
    text = gaiaprof("report", "-v", "timeline", run.paths[0])
    assert "waited/s" in text, text


def check_children(program):
    run = Run(program, options=":follow=fork")
    assert len(run.reports) == 2, run.paths
    for whole in run.reports:
        check_form(whole["timeline"])
        check_end(whole)
    # the parent's goes on after the exec that failed, and ends with the one that did not
    assert run.reports[0]["process"]["exit"]["kind"] == "execed"
    assert run.moments(run.time("refused"), run.time("execs"))
    assert run.moments(run.time("execs"))
    # CPU time is the process's own, also while a child shares its memory
    assert run.reports[0]["timeline"][-1]["cpu_ns"] > 0
    # the child's begins with the child
    assert run.reports[1]["process"]["pid"] == run.value("child")
    assert run.time("child", 0, 1) >= 0 and run.moments(run.time("child", 0, 1), 1 << 62, 1)
    alone = Run(program)
    assert len(alone.reports) == 1
    check_end(alone.reports[0])


def check_filter(program):
    run = Run(program)
    moments = run.moments(run.time("filters") + 1_000_000, run.time("done"))
    assert len(moments) >= 2, "the timeline goes on"
    assert all("rss_bytes" not in moment and "cpu_ns" not in moment for moment in moments)
    assert any("rss_bytes" in moment
               for moment in run.moments(run.time("probed"), run.time("filters")))
    notes = " ".join(run.reports[0]["health"]["notes"])
    assert "set a filter of system calls" in notes, notes
    assert "set a filter of system calls" in run.reports[0]["leaks"]["why"], run.reports[0]["leaks"]


def check_descriptors(program):
    run = Run(program, options=":leaks=off")  # the scan's process has descriptors of its own
    moments = run.moments(run.time("filters") + 1_000_000, run.time("done"))
    assert len(moments) >= 2, "the timeline goes on"
    assert not any("rss_bytes" in moment for moment in moments)
    assert all(moment.get("rss_highest_bytes", 1 << 20) >= 1 << 20 for moment in moments)
    assert run.moments(0, run.time("filters"))[0]["rss_bytes"] > 1 << 20


def check_untouched(program):
    run = Run(program)
    assert [word for word, _, _ in run.said] == ["jumped"], run.said
    check_form(run.reports[0]["timeline"]) # (a jump out of a hook leaves what it counted in half)
    assert run.moments(run.time("jumped")), "none after the jumps"


def check_off(program):
    run = Run(program, options=":timeline=off")
    assert "timeline" not in run.reports[0]
    assert run.reports[0]["mode"]["timeline"] is False
    assert "peak_after_ns" not in run.reports[0]["heap"]
    text = gaiaprof("report", "-v", "timeline", run.paths[0])
    assert "not recorded (GAIAPROF_TIMELINE=on)" in text, text
    assert "live over the run" not in gaiaprof("report", run.paths[0])


def check_modes(program):
    """Without a heap, without locks, and with a heap that is sampled."""
    run = Run(program, options=":heap=off:locks=off")
    for moment in run.reports[0]["timeline"]:
        assert "live_bytes" not in moment and "lock_wait_ns" not in moment
        assert moment["threads"] >= 1
    text = gaiaprof("report", "-v", "timeline", run.paths[0])
    assert "TIMELINE  resident bytes" in text and "allocs/s" not in text, text
    whole = Run(program, options=":heap=16k:sample_seed=7").reports[0]
    check_form(whole["timeline"])
    last, heap = whole["timeline"][-1], whole["heap"]
    assert last["live_bytes"] == heap["live_bytes"]
    assert last["allocated_bytes"] == heap["allocated_bytes"]
    assert abs(last["allocations"] - heap["allocations"]) <= 1  # of the same sum, rounded


CASES = {name[6:]: case for name, case in globals().items() if name.startswith("check_")
         and name not in ("check_form", "check_end", "check_steps")}

if __name__ == "__main__":
    BUILD = sys.argv[1]
    CASES[sys.argv[2]](sys.argv[3])
