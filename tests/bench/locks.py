# SPDX-License-Identifier: MIT
"""Section locks: added time per uncontended use of each kind of lock; what two threads on one get
through; many locks, many threads, many acquisitions, and whether all are counted; system calls."""
import json
import re
import shutil

from bench import heap, measure, output, tools

SECTION = "locks"
OWN = ["exact", "hold_sampled", "hold_exact"]  # exact is with the default, hold=off
PEERS = ["gprofng_sync", "mutrace", "drd", "helgrind"]
TOOLS = ["pass", "no_locks", "locks", *OWN, *PEERS]
CONTENDED = ["pass", "locks", *OWN, "gprofng_sync", "mutrace"]
WORK = 100  # random numbers drawn with the lock, and as many without: some 200 ns each
GUESSES_NS = {"drd": 8000, "helgrind": 8000, "gprofng_sync": 3000, "mutrace": 300}
MILLION = 10 ** 6

VALGRIND = ["drd", "helgrind"]
# of lock_kinds.c: what a use is, and the peers that record it. Those of Debian 12 know no mtx_lock.
KINDS = {
    "mutex": ("mutex", PEERS),
    "recursive": ("recursive mutex", PEERS),
    "robust": ("robust mutex", PEERS),
    "nested": ("nested mutexes, both", PEERS),
    "c11": ("mtx_t", []),
    "read": ("rwlock, to read", [*VALGRIND, "mutrace"]),
    "write": ("rwlock, to write", [*VALGRIND, "mutrace"]),
    "spin": ("spin", VALGRIND),
    "semaphore": ("semaphore, wait+post", ["gprofng_sync", *VALGRIND]),
    "signal": ("condition, signal", VALGRIND),
}
# of lock_many.c: its first arguments, and what it measures. DRD and helgrind take minutes for each.
MANY = [
    (("random", 100000), "100,000 mutexes at random"),
    (("own", 2), "2 threads, own mutexes"),
    (("one", 1000), "1,000 threads, one mutex"),
    (("own", 1000), "1,000 threads, own mutexes"),
]
MANY_PEERS = ["gprofng_sync", "mutrace"]
# what system calls are counted of: program and arguments before the number of pairs
CALLS = [
    (("lock_kinds", "mutex"), "one mutex"),
    (("lock_kinds", "nested"), "one inside another"),
    (("lock_many", "random", 10000), "10,000 at random"),
]


class Pairs(heap.Pairs):
    """As heap's; ns is what a pair takes plain, with what is done around it."""

    def __init__(self, context, tool, program, before, after=(), ns=20):
        super().__init__(context, tool, program, before, 1, after)
        self.ns = max(GUESSES_NS.get(tool, 0), ns)


class Locks(measure.Section):
    def __init__(self, context):
        self.context = context
        few = min(context.repeat, 3)
        self.single = context.experiment(SECTION, "uncontended", {
            tool: Pairs(context, tool, "lock_pairs", (1,), (0,))
            for tool in context.present(TOOLS)}, None, fewer(few))
        self.contended = context.experiment(SECTION, "2 threads", {
            tool: Pairs(context, tool, "lock_pairs", (2,), (WORK,), 20 + 6 * WORK)
            for tool in context.present(CONTENDED)},
            context.repeat * 2)
        self.kinds = {kind: self.kind_experiment(kind, *each) for kind, each in KINDS.items()}
        self.many = [self.many_experiment(*each) for each in MANY]
        self.events = [self.events_experiment(10 ** power, few if power < 8 else 1)
                       for power in (5, 6, 7, *([8] if context.full else []))]
        self.calls = [self.calls_experiment(*each, few)
                      for each in (CALLS if "strace" in context.peers else [])]

    def groups(self):
        return [[self.single], [self.contended], *[[each] for each in self.kinds.values()],
                *[[each] for each in (*self.many, *self.events, *self.calls)]]

    # --- what is run

    def kind_experiment(self, kind, title, peers):
        cases = {tool: Pairs(self.context, tool, "lock_kinds", (kind,))
                 for tool in self.context.present([*OWN, *peers])}
        rounds = min(self.context.repeat, 3) if self.context.full else 1
        return self.context.experiment(SECTION, f"uncontended {title}", cases, None,
                                       fewer(rounds))

    def many_experiment(self, arguments, title):
        pairs = MILLION * (10 if self.context.full else 4)
        cases = {tool: lambda tool=tool: self.recorded(
            tool, "lock_many", *arguments, pairs // (100 if tool in MANY_PEERS else 1))
            for tool in self.context.present(["exact", *MANY_PEERS])}
        return self.context.experiment(SECTION, title, cases, None, fewer(1))

    def events_experiment(self, count, rounds):
        cases = {tool: lambda tool=tool: {"pairs": count, **self.recorded(
            tool, "lock_kinds", "mutex", count)} for tool in self.context.present(
                ["exact", *(["gprofng_sync"] if count <= MILLION else [])])}
        return self.context.experiment(SECTION, f"{count:,} acquisitions", cases, rounds)

    def calls_experiment(self, argv, title, rounds):
        cases = {tool: lambda tool=tool: self.calls_per_million(tool, argv)
                 for tool in self.context.present(["exact", "hold_exact"])}
        return self.context.experiment(SECTION, f"system calls: {title}", cases, rounds)

    def recorded(self, tool, *argv):
        """A run, and of gaiaprof's profile how many acquisitions of mutexes it has."""
        if tool != "exact":
            return self.context.workload(tool, *argv)
        values = self.context.workload(tool, *argv, keep=True)
        directory = values.pop("directory")
        try:
            values["report_s"], text = self.context.report(directory / "profile.gaia", "-f", "json")
            values["recorded"] = sum(lock["acquisitions"] for lock in json.loads(text)["locks"]
                                     if lock["kind"] == "mutex")
            return values
        except (ValueError, KeyError) as error:
            raise measure.Failed(f"JSON report without locks: {error}") from error
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def calls_per_million(self, tool, argv):
        few, many = (self.count_calls(tool, argv, count) for count in (MILLION, 11 * MILLION))
        return {"calls": few, "calls_per_million": round((many - few) / 10)}

    def count_calls(self, tool, argv, count):
        """All system calls of a run. The variables are for the program alone, not for strace."""
        directory = self.context.scratch.new()
        _, variables = tools.filled(self.context.tools[tool], directory, 1)
        settings = [word for name, value in variables.items() for word in ("-E", f"{name}={value}")]
        program, *arguments = map(str, argv)
        try:
            measure.run([self.context.peers["strace"][0], "-f", "-c", "-o", f"{directory}/calls",
                         *settings, self.context.program(program), *arguments, str(count)],
                        limit_s=self.context.options.limit, directory=self.context.scratch.path)
            total = re.search(r"^100\.00 +\S+ +\d+ +(\d+) .*total$",
                              (directory / "calls").read_text(encoding="utf-8"), re.M)
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        if not total:
            raise measure.Failed("strace counted nothing")
        return int(total.group(1))

    # --- tables

    def throughput(self, tool):
        """Pairs per second, as a share of plain's in the same round."""
        return self.contended.ratio("plain", tool, heap.WALL)

    def pair_rows(self):
        yield ["tool", "ns per pair", "added", "min..max", "2 threads: ns", "throughput",
               "min..max"]
        for tool in output.measured(self.single):
            added = self.single.added(tool, "plain", heap.CPU) if tool != "plain" else None
            cells = [self.context.title(tool), output.median(self.single.median(tool, heap.CPU)),
                     output.median(added), output.spread(added)]
            if tool in output.measured(self.contended):
                share = self.throughput(tool)
                cells += [output.median(self.contended.median(tool, heap.WALL)),
                          output.median(share, "x"), output.spread(share)]
            yield cells

    def kind_rows(self):
        others = [tool for tool in [*OWN[1:], *PEERS]
                  if any(tool in each.cases for each in self.kinds.values())]
        yield ["ns of a use", "plain", "ADDED: exact", "min..max",
               *[self.context.title(tool).replace("gaiaprof ", "").replace(" sync trace", "")
                 for tool in others]]
        for kind, experiment in self.kinds.items():
            added = experiment.added("exact", "plain", heap.CPU)
            yield [KINDS[kind][0], output.median(experiment.median("plain", heap.CPU)),
                   output.median(added), output.spread(added),
                   *[output.median(experiment.added(tool, "plain", heap.CPU))
                     for tool in others]]

    def many_rows(self):
        yield ["", "tool", "pairs", "ns", "added", "min..max", "wall ns", "profile", "peak RSS",
               "counted"]
        for experiment in self.many:
            for tool in output.measured(experiment):
                yield [experiment.title if tool == "plain" else "", self.context.title(tool),
                       *self.many_cells(experiment, tool)]

    def many_cells(self, experiment, tool):
        pairs, size, rss = (experiment.median(tool, metric)
                            for metric in ("pairs", "profile_bytes", "peak_rss_bytes"))
        added = experiment.added(tool, "plain", heap.CPU) if tool != "plain" else None
        return [f"{pairs.median / MILLION:g}M" if pairs else "-",
                output.median(experiment.median(tool, heap.CPU)), output.median(added),
                output.spread(added), output.median(experiment.median(tool, heap.WALL)),
                output.size(size.median) if size and tool != "plain" else "",
                output.size(rss and rss.median), counted(experiment) if tool == "exact" else ""]

    def events_rows(self):
        yield ["acquisitions", "plain ns", "added", "min..max", "profile", "counted",
               "gprofng: added", "its file"]
        for experiment in self.events:
            added, size, peer = (experiment.added("exact", "plain", heap.CPU),
                                 experiment.median("exact", "profile_bytes"),
                                 experiment.median("gprofng_sync", "profile_bytes"))
            yield [experiment.title.split()[0],
                   output.median(experiment.median("plain", heap.CPU)), output.median(added),
                   output.spread(added), output.size(size and size.median), counted(experiment),
                   output.median(experiment.added("gprofng_sync", "plain", heap.CPU)),
                   output.size(peer and peer.median)]

    def calls_rows(self):
        cases = list(dict.fromkeys(case for each in self.calls for case in each.cases))
        yield ["per million pairs", *[self.context.title(tool) for tool in cases], "at all: plain",
               "exact"]
        for (_, title), experiment in zip(CALLS, self.calls):
            yield [title, *[whole(experiment.median(tool, "calls_per_million")) for tool in cases],
                   *[whole(experiment.median(tool, "calls")) for tool in ("plain", "exact")]]

    def lines(self):
        yield output.title(
            "LOCKS: a lock+unlock of one pthread_mutex",
            "one thread, never contended, by CPU time; then two threads that want it half of their",
            "time, by wall time: throughput is that of plain = 1, in the same round;",
            "exact: heap=exact, locks=on, hold=off; hold=... the same, with that")
        yield from output.table(list(self.pair_rows()))
        yield output.title(
            "LOCKS, EACH KIND: one thread, never contended, by CPU time",
            "columns after min..max: what these add; -: does not record that kind, or is not here")
        yield from output.table(list(self.kind_rows()), gap=1)
        yield output.title(
            "LOCKS, MANY: locks and threads; by CPU time of the process, and wall time",
            "peers with a hundredth of the pairs, so that what a lock or thread costs once weighs",
            "more; DRD and helgrind take minutes; counted: the acquisitions in the report")
        yield from output.table(list(self.many_rows()), left=2, gap=1)
        yield output.title("LOCKS, MANY ACQUISITIONS: lock+unlock of one mutex, by CPU time")
        yield from output.table(list(self.events_rows()), left=0)
        yield output.title(
            "LOCKS, SYSTEM CALLS per million uncontended pairs",
            "what 11 million pairs make more than one million, by strace; at all: of one million")
        if self.calls:
            yield from output.table(list(self.calls_rows()))
        else:
            yield "  not measured: strace is missing"
        yield from output.failed_lines(self.experiments(), self.context.title)

    def targets(self):
        return [
            output.at_most(SECTION, "exact adds per uncontended lock+unlock",
                           self.single.added("exact", "plain", heap.CPU), 5, " ns"),
            output.at_least(SECTION, "exact, 2 threads on one lock: throughput to plain",
                            self.throughput("exact"), 0.9, "x"),
            *[output.at_most(SECTION, f"system calls per million pairs: {title}",
                             experiment.median("exact", "calls_per_million"), 0, "")
              for (_, title), experiment in zip(CALLS, self.calls)],
            *[output.at_most(SECTION, f"counted: {experiment.title}: wrong by",
                             miscount(experiment), 0, "")
              for experiment in (*self.many, self.events[-1])],
            output.at_most(SECTION, f"profile of {self.events[-1].title}, above that of 10^6",
                           self.growth(), 1, " %")]

    def growth(self):
        small, large = (each.median("exact", "profile_bytes")
                        for each in (self.events[1], self.events[-1]))
        return small and large and measure.summary([(large.median / small.median - 1) * 100])


def fewer(rounds):
    """Of an experiment: the peers in so many rounds only."""
    return {tool: rounds for tool in PEERS}


def miscount(experiment):
    """By how much the report is wrong, in the worst round."""
    wrong = measure.combined(lambda recorded, pairs: abs(recorded - pairs),
                             experiment.values("exact", "recorded"),
                             experiment.values("exact", "pairs"))
    summary = measure.summary(wrong)
    return summary and summary._replace(median=summary.high)


def counted(experiment):
    wrong = miscount(experiment)
    if wrong is None:
        return "-"
    return "exactly" if wrong.high == 0 else f"wrong by {wrong.high:,.0f}"


def whole(summary):
    return "-" if summary is None else f"{summary.median:,.0f}"
