# SPDX-License-Identifier: MIT
"""One program under trial: plain twice, which says what of it can be compared, then in each mode of
the profiler; what is seen must be the same, and the profiles must add up."""
import dataclasses
import re
import statistics
import time

from bench import measure
from programs import modes, profiles, running

SHOWN_BYTES = 160


@dataclasses.dataclass
class Program:
    """A program of Debian's and the work it is given: commands, or a function of a running.Run.
    In words, {inputs} is the directory of inputs and {run} that of the run."""
    name: str
    packages: str
    commands: tuple = ()  # argument vectors, run one after the other
    work: object = None
    stdin: str = None
    environment: dict = dataclasses.field(default_factory=dict)
    inputs: tuple = ()  # functions of inputs.py
    keeps: tuple = ()  # files and directories it writes that are compared
    statuses: dict = dataclasses.field(default_factory=dict)  # of commands that don't end with 0
    varies: tuple = ()  # patterns of what is struck out: it differs from run to run
    is_daily: bool = False
    note: str = ""
    limit_s: int = 120

    def perform(self, run):
        if self.work:
            self.work(run)
        for argv in self.commands:
            run.run(argv, self.stdin, self.environment)
        for name in self.keeps:
            run.keep(name)


@dataclasses.dataclass
class Outcome:
    """Of one mode: its differences from the plain run, costs, and what its profiles say."""
    differences: list = dataclasses.field(default_factory=list)
    cpu_s: list = dataclasses.field(default_factory=list)
    wall_s: list = dataclasses.field(default_factory=list)
    totals: profiles.Totals = None


def excerpt(value, other):
    """Where two texts part."""
    at = next((i for i, (a, b) in enumerate(zip(value, other)) if a != b),
              min(len(value), len(other)))
    start = max(at - 40, 0)
    return value[start:start + SHOWN_BYTES].decode(errors="replace")


# The copy of stderr that is kept for the report from when the program's exit begins; threads and
# children that a program may or may not have at its end, and what last failed by then.
NOT_JUDGED = re.compile(rb"descriptor 1\d\d \S+ cloexec|threads |children ")
LAST_ERRNO = re.compile(rb"(?<=^= end\n)errno \d+\n", re.M)


def without(testimony, topics):
    """Lines of libwitness.so but for those of these topics."""
    return b"\n".join(line for line in LAST_ERRNO.sub(b"", testimony).splitlines()
                      if topic(line) not in topics and not NOT_JUDGED.match(line))


def topic(line):
    return b" ".join(line.split()[:2])


def unstable_topics(first, second):
    return {topic(line) for line in set(first.splitlines()) ^ set(second.splitlines())}


def compare(plain, seen, names):
    for name in names:
        if name not in seen:
            yield f"{name}: missing"
        elif seen[name] != plain[name]:
            yield (f"{name}: {excerpt(seen[name], plain[name])!r} and not "
                   f"{excerpt(plain[name], seen[name])!r}")


class Trial:
    def __init__(self, program, scratch, inputs, build, chosen):
        self.program, self.scratch, self.inputs = program, scratch, inputs
        self.command = build / "gaiaprof"
        self.plain_mode, self.modes = modes.of_build(build, chosen)
        self.plain = Outcome()
        self.outcomes = {mode.name: Outcome() for mode in self.modes}
        self.plain_seen, self.compared, self.varying = None, [], []
        self.topics = {}  # of testimonies: what varies
        self.failed = None  # why it could not be tried
        self.is_missing = False

    def run_once(self, mode, outcome):
        """What was seen; None, with a difference noted, where the run itself went wrong."""
        run = running.Run(self.scratch / "run", self.inputs, mode, self.program.limit_s)
        try:
            self.program.perform(run)
        except running.Missing:
            raise
        except (measure.Failed, OSError) as why:
            outcome.differences.append(f"HANG: {why}" if isinstance(why, running.Hang)
                                       else str(why))
            return None
        finally:
            running.end_descendants()
        outcome.cpu_s.append(run.cpu_s)
        outcome.wall_s.append(run.wall_s)
        return running.normalised(run.seen, self.program.varies)

    def run_plain(self):
        """What differs between two plain runs is the program's own and is not compared."""
        first = self.run_once(self.plain_mode, self.plain)
        second = self.run_once(self.plain_mode, self.plain)
        if first is None or second is None:
            raise measure.Failed("; ".join(self.plain.differences))
        for name, value in first.items():
            label, _, what = name.rpartition(" ")
            if what == "status" and int(value) != self.program.statuses.get(label, 0):
                raise measure.Failed(f"{name} {value.decode()}")
            if what == "witness":
                self.topics[name] = unstable_topics(value, second.get(name, b""))
        self.plain_seen, second = self.judged(first), self.judged(second)
        self.compared = [name for name in first if second.get(name) == self.plain_seen[name]]
        self.varying = [name for name in first if name not in self.compared]
        self.varying += [f"{name} ({topic.decode()})" for name, topics in self.topics.items()
                         for topic in sorted(topics)]

    def judged(self, seen):
        """What can be compared of testimonies."""
        return {name: without(value, self.topics[name]) if name in self.topics else value
                for name, value in seen.items()}

    def run_profiled(self, mode):
        outcome = self.outcomes[mode.name]
        seen = self.run_once(mode, outcome)
        if seen is not None:
            found = compare(self.plain_seen, self.judged(seen), self.compared)
            outcome.differences += [each for each in found if each not in outcome.differences]
        if outcome.totals is None:
            outcome.totals = profiles.totals_of(self.command, self.scratch / "profiles")

    def perform(self, rounds=1, deadline=float("inf")):
        try:
            for make in self.program.inputs:
                make(self.inputs)
            self.run_plain()
            for number in range(rounds):
                if number and time.monotonic() < deadline:
                    self.run_once(self.plain_mode, self.plain)
                for mode in self.modes:
                    self.run_profiled(mode)
        except running.Missing as why:
            self.failed, self.is_missing = str(why), True
        except measure.Failed as why:
            self.failed = f"plain: {why}"

    def slowdown(self, name):
        """CPU time of a mode against the plain runs, medians."""
        spent = self.outcomes[name].cpu_s
        if not spent or not self.plain.cpu_s or not statistics.median(self.plain.cpu_s):
            return None
        return statistics.median(spent) / statistics.median(self.plain.cpu_s)

    def faults(self):
        """Everything that must not be, with its mode."""
        found = [] if self.failed is None or self.is_missing else [self.failed]
        for name, outcome in self.outcomes.items():
            found += [f"{name}: {what}" for what in outcome.differences]
            if outcome.totals:
                found += [f"{name}: {what}" for what in outcome.totals.faults]
                if outcome.totals.unwind_mismatches:
                    found.append(f"{name}: {outcome.totals.unwind_mismatches} stacks differ from "
                                 "libunwind's")
        return found

    def totals(self):
        """Of the first mode that has an exact heap."""
        chosen = next((name for name in ("exact", "report", "locks", "check", "sampled")
                       if name in self.outcomes), None)
        return self.outcomes[chosen].totals if chosen else None

    def as_json(self):
        return {"name": self.program.name, "failed": self.failed, "missing": self.is_missing,
                "compared": self.compared, "not_compared": self.varying,
                "faults": self.faults(), "note": self.program.note,
                "plain": {"cpu_s": self.plain.cpu_s, "wall_s": self.plain.wall_s},
                "modes": {name: {"cpu_s": outcome.cpu_s, "wall_s": outcome.wall_s,
                                 "slowdown": self.slowdown(name),
                                 "profile": outcome.totals and outcome.totals.as_json()}
                          for name, outcome in self.outcomes.items()}}
