# SPDX-License-Identifier: MIT
"""Section heap: added time per free+malloc pair, the stack at a fixed depth or moving."""
from bench import measure, output

SECTION = "heap"
TOOLS = ["pass", "count", "verify", "exact", "sampled", "libunwind", "heaptrack", "je_sampled",
         "je_exact", "gperftools", "massif", "dhat", "memcheck", "gprofng_heap"]
FEW = ["count", "verify", "exact", "sampled", "libunwind", "heaptrack"]
BY_CPU = ["plain", "count", "verify", "exact", "sampled", "heaptrack"]
WALL, CPU = "ns_per_pair", "cpu_ns_per_pair"
RUN_NS = 250e6  # of timed work in each run

NOTES = ("depth: frames from malloc's caller to main; 2 threads: at depth 10, time per own pair",
         "ratio: what the tool adds, as a multiple of what gaiaprof exact adds",
         "pass-through, counting, verifying: interposers of this benchmark, gaiaprof's limits: to",
         "forward; to count, and find sizes by address; and to compare two words per frame",
         "the profilers of jemalloc and gperftools are compared with the same allocators without")
CPU_NOTES = ("hardly disturbed by others on the machine, so gaiaprof's own targets go by it;",
             "blind to waiting, half of what heaptrack costs, so the comparison with it does not")


class Pairs:
    """One tool's runs of a program that is told its number of pairs: each long enough to be timed,
    however slow the tool. Its own first run says how slow."""

    def __init__(self, context, tool, program, before, depth, after=()):
        self.context, self.tool, self.program = context, tool, program
        self.before, self.depth, self.after = before, depth, after
        self.ns = context.tools[tool].guess_ns

    def __call__(self):
        pairs = max(int(RUN_NS / self.ns), 1000)
        values = self.context.workload(self.tool, self.program, *self.before, pairs, *self.after,
                                       depth=self.depth)
        self.ns = max(values[WALL], 1)
        return {**values, "pairs": pairs}


def experiment(context, title, names, program, before, depth, after=()):
    cases = {tool: Pairs(context, tool, program, before, depth, after)
             for tool in context.present(names)}
    made = context.experiment(SECTION, title, cases)
    made.name = f"{program}, {title}"
    return made


def at_depth(context, names, depth, threads=1, live=1000, program="heap_pairs"):
    title = f"{threads} threads" if threads > 1 else f"depth {depth}"
    made = experiment(context, title, names, program, (depth, threads, live), depth)
    made.name = f"{program}, depth {depth}, threads {threads}, live blocks {live}"
    return made


class Heap(measure.Section):
    def __init__(self, context):
        self.context = context
        shapes = ((10, 1), (30, 1), (10, 2))
        self.fixed = [at_depth(context, TOOLS, *shape) for shape in shapes]
        self.large = [at_depth(context, FEW, *shape, 100000) for shape in shapes if context.full]
        self.pointers = [at_depth(context, ["count", "exact"], depth, program="heap_pairs_fp")
                         for depth in (10, 30)]
        names = ["exact", "sampled", "libunwind", "heaptrack"]
        self.moving = [experiment(context, title, names, "heap_stacks", (1000,), 20, (shuffled,))
                       for title, shuffled in (("in order", 0), ("shuffled", 1))]

    def groups(self):
        return [self.fixed, self.moving, self.pointers, self.large]

    def base(self, tool):
        return self.context.tools[tool].base if tool in self.context.tools else "plain"

    def differences(self, each, tool, metric):
        return each.differences(tool, self.base(tool), metric)

    def added(self, each, tool, metric):
        return measure.summary(self.differences(each, tool, metric))

    def to_exact(self, each, tool, metric):
        """What the tool adds, as a multiple of what gaiaprof adds in the same round."""
        return measure.quotient(self.differences(each, tool, metric),
                                self.differences(each, "exact", metric))

    def cells(self, each, tool, metric):
        if tool not in output.measured(each):
            return "", "", ""
        if self.base(tool) is None:
            own = each.median(tool, metric)
            return " " + output.median(own), output.spread(own), ""
        added = self.added(each, tool, metric)
        return (" " + output.median(added), output.spread(added),
                output.times(self.to_exact(each, tool, metric)))

    def rows(self, experiments, metric, names):
        """First what the tools are compared with, in ns per pair; then what each adds to it."""
        shown = [tool for tool in names
                 if any(tool in output.measured(each) for each in experiments)]
        yield [""] + [cell for each in experiments for cell in ("", each.title, "")]
        yield ["ns per pair"] + [" time", "min..max", ""] * len(experiments)
        for tool in shown:
            if self.base(tool) is None:
                yield self.row(experiments, tool, metric)
        yield ["ns ADDED to that"] + ["", "", "ratio"] * len(experiments)
        for tool in shown:
            if self.base(tool) is not None:
                yield self.row(experiments, tool, metric)

    def row(self, experiments, tool, metric):
        return [self.context.title(tool)] + [cell for each in experiments
                                             for cell in self.cells(each, tool, metric)]

    def table(self, title, experiments, notes=(), metric=WALL, names=None):
        yield output.title(title, *notes)
        names = names or dict.fromkeys(tool for each in experiments for tool in each.cases)
        yield from output.table(list(self.rows(experiments, metric, names)), gap=1)

    def lines(self):
        yield from self.table("HEAP: a free+malloc pair of 16-256 bytes, 1,000 live blocks per "
                              "thread", self.fixed, NOTES)
        yield from output.failed_lines(self.fixed, self.context.title)
        yield from self.table("HEAP, BY CPU TIME: the same runs", self.fixed, CPU_NOTES, CPU,
                              BY_CPU)
        yield from output.target_lines(self.targets())
        yield from self.table(
            "HEAP, THE STACK MOVES: a malloc+free pair on each of 1,000 stacks of 20 frames",
            self.moving,
            ["in order: few frames differ from one stack to the next; shuffled: many; CPU time"],
            CPU)
        yield from self.table("HEAP, FRAME POINTERS: the first table's program, built with them",
                              self.pointers, ["CPU time"], CPU)
        if self.large:
            yield from self.table("HEAP, MANY BLOCKS: the first table with 100,000 live blocks per "
                                  "thread", self.large, ["CPU time"], CPU)

    def targets(self):
        ten, thirty, two = self.fixed
        return [
            output.at_most(SECTION, "exact adds at depth 10", self.added(ten, "exact", CPU), 40,
                           " ns"),
            output.at_most(SECTION, "exact adds at depth 30", self.added(thirty, "exact", CPU), 60,
                           " ns"),
            output.at_most(SECTION, "exact adds with 2 threads, as a multiple of one",
                           measure.quotient(self.differences(two, "exact", CPU),
                                            self.differences(ten, "exact", CPU)), 1.25, "x"),
            self.limit_target(ten), self.limit_target(thirty),
            *[output.at_least(
                SECTION, f"heaptrack adds, as a multiple of exact, {each.title} (wall)",
                self.to_exact(each, "heaptrack", WALL), 20, "x") for each in (ten, thirty)]]

    def limit_target(self, each):
        """Not far above what any exact profiler must do: count, and verify the stack."""
        above = measure.summary(each.differences("exact", "verify", CPU))
        return output.at_most(SECTION, f"exact above counting+verifying, {each.title}", above, 10,
                              " ns")
