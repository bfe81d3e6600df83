# SPDX-License-Identifier: MIT
"""Runs programs and keeps what was measured: one child, experiments in turn, their samples.

An experiment measures several cases (the same work plain, under gaiaprof, under a peer) in turn: in
every round each case once, in an order that changes, so that a machine that slows down for a while
slows all of them. Differences and ratios are taken within a round; then the median of the rounds.
"""
import collections
import contextlib
import os
import pathlib
import random
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time

Ended = collections.namedtuple("Ended", "wall_s cpu_s stdout peak_rss_bytes")
Summary = collections.namedtuple("Summary", "median low high count")

VALUE_LINE = re.compile(rb"^(\w+) (-?\d+(?:\.\d+)?)$", re.M)
# what would make another run of ours, or change how a program works
UNWANTED = re.compile(r"LD_|GAIAPROF_|MALLOC_|HEAP|PYTHON|PERL|BENCH_|GLIBC_TUNABLES|SP_COLLECTOR")


class Failed(Exception):
    """A case that could not be measured; says why in a few words."""


def summary(values):
    values = [value for value in values if value is not None]
    if not values:
        return None
    return Summary(statistics.median(values), min(values), max(values), len(values))


def combined(function, left, right):
    """function of each pair of samples; None where one is missing."""
    return [function(a, b) if a is not None and b is not None else None
            for a, b in zip(left, right)]


def quotient(left, right):
    """Summary of left / right, round by round, where right is above zero."""
    return summary(combined(lambda a, b: a / b if b > 0 else None, left, right))


def clean_environment():
    kept = {name: value for name, value in os.environ.items() if not UNWANTED.match(name)}
    return {**kept, "LC_ALL": "C"}


def last_line(path):
    lines = path.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")[:160]


def end_group(process):
    """It leads a group of its own: what it started goes with it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def wait_for(process, limit_s):
    """The child's status and resource usage; one that takes too long is killed with its group."""
    is_late = threading.Event()

    def end():
        is_late.set()
        end_group(process)

    timer = threading.Timer(limit_s, end)
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        end_group(process)
        process.wait()  # or it would still write where it is tidied up
        raise
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if is_late.is_set():
        raise Failed(f"took more than {limit_s:.0f} s")
    return usage


def run(argv, environment=None, stdin=None, limit_s=120, directory=None):
    """Runs a program to its end, its stdout kept. CPU time is that of the program and of what it
    started and waited for. Raises Failed if it can't start, fails or is too slow."""
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        out, err = pathlib.Path(scratch, "stdout"), pathlib.Path(scratch, "stderr")
        with open(stdin or os.devnull, "rb") as source, out.open("wb") as o, err.open("wb") as e:
            start = time.monotonic()
            try:
                process = subprocess.Popen(argv, stdin=source, stdout=o, stderr=e, cwd=scratch,
                                           env={**clean_environment(), **(environment or {})},
                                           start_new_session=True)
            except OSError as error:
                raise Failed(f"{argv[0]}: {error.strerror}") from error
            usage = wait_for(process, limit_s)
            wall_s = time.monotonic() - start
        if process.returncode:
            raise Failed(f"exit status {process.returncode}: {last_line(err)}")
        return Ended(wall_s, usage.ru_utime + usage.ru_stime, out.read_bytes(),
                     usage.ru_maxrss * 1024)


@contextlib.contextmanager
def parked(argv, environment, limit_s, directory):
    """A program that prints one line when it is ready and ends when its stdin is closed: its PID
    and that line. Raises Failed if it can't start or ends before."""
    with open(pathlib.Path(directory, "stderr"), "w+b") as err:
        try:
            process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=err, cwd=directory, start_new_session=True,
                                       env={**clean_environment(), **environment})
        except OSError as error:
            raise Failed(f"{argv[0]}: {error.strerror}") from error
        timer = threading.Timer(limit_s, end_group, [process])
        timer.start()
        try:
            line = process.stdout.readline()
            if not line:
                process.wait()
                raise Failed(f"it ended: {last_line(pathlib.Path(err.name))}")
            yield process.pid, line
        finally:
            timer.cancel()
            process.stdin.close()
            try:
                process.wait(limit_s)
            except subprocess.TimeoutExpired:
                end_group(process)
                process.wait()
            process.stdout.close()


def printed_values(stdout):
    """The lines "NAME VALUE" of a workload, among whatever a tool prints beside them."""
    return {name.decode(): float(value) for name, value in VALUE_LINE.findall(stdout)}


class Experiment:
    """One row, column or table of the results. cases: {name: function of nothing that returns
    {metric: value} or raises Failed}. Names are those of tools."""

    def __init__(self, section, title, cases, rounds, fewer=None):
        self.section, self.title, self.cases, self.rounds = section, title, cases, rounds
        self.name = title  # unlike the title, it says all
        self.fewer = fewer or {}  # cases that are measured in so many rounds only
        self.samples = {name: [] for name in cases}
        self.failed = {}

    def values(self, case, metric):
        """By round; None where there is no sample."""
        return [sample.get(metric) if sample else None for sample in self.samples.get(case, [])]

    def median(self, case, metric):
        return summary(self.values(case, metric))

    def differences(self, case, base, metric):
        return combined(lambda a, b: a - b, self.values(case, metric), self.values(base, metric))

    def added(self, case, base, metric):
        """What the case costs more than its base, round by round."""
        return summary(self.differences(case, base, metric))

    def ratio(self, case, base, metric):
        return quotient(self.values(case, metric), self.values(base, metric))

    def names(self, number):
        """The cases of a round."""
        return [name for name in self.cases if number < self.fewer.get(name, self.rounds)]

    def count(self):
        return sum(len(self.names(number)) for number in range(self.rounds))

    def run_round(self, number, before_each):
        names = self.names(number)
        random.Random(number).shuffle(names)
        for name in names:
            before_each(self, name, number)
            sample = None
            if name not in self.failed:
                try:
                    sample = self.cases[name]()
                except Failed as why:
                    self.failed[name] = str(why)
            self.samples[name].append(sample)

    def as_json(self):
        return {"section": self.section, "name": self.name, "samples": self.samples,
                "failed": self.failed}


class Section:
    """A part of the benchmark. groups(): its experiments; those of one group are measured in turn
    as well, for they are compared. lines(): its tables. targets(): with what was measured."""

    def groups(self):
        raise NotImplementedError

    def experiments(self):
        return [experiment for group in self.groups() for experiment in group]


class Scratch:
    """A directory for what the tools write, a new one for each run; gone at the end."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="gaiaprof-bench-"))

    def new(self):
        return pathlib.Path(tempfile.mkdtemp(dir=self.path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)
