# SPDX-License-Identifier: MIT
"""Section locks: added time per uncontended lock+unlock, and what two threads still get through."""
from bench import heap, measure, output

SECTION = "locks"
TOOLS = ["pass", "exact", "locks", "gprofng_sync", "drd", "helgrind"]
CONTENDED = ["pass", "exact", "locks", "gprofng_sync"]
WORK = 100  # random numbers drawn with the lock, and as many without: some 200 ns each


class Pairs(heap.Pairs):
    """As heap's, with THREADS PAIRS WORK; the program divides by the pairs of all threads."""

    def __init__(self, context, tool, threads, work):
        super().__init__(context, tool, "lock_pairs", (threads,), 1, (work,))
        guesses = {"drd": 8000, "helgrind": 8000, "gprofng_sync": 3000}
        self.ns = guesses.get(tool, 20) + 6 * work


class Locks(measure.Section):
    def __init__(self, context):
        self.context = context
        self.single = context.experiment(SECTION, "uncontended", {
            tool: Pairs(context, tool, 1, 0) for tool in context.present(TOOLS)})
        self.contended = context.experiment(SECTION, "2 threads", {
            tool: Pairs(context, tool, 2, WORK) for tool in context.present(CONTENDED)},
            context.repeat * 2)

    def groups(self):
        return [[self.single], [self.contended]]

    def throughput(self, tool):
        """Pairs per second, as a share of plain's in the same round."""
        return self.contended.ratio("plain", tool, heap.WALL)

    def rows(self):
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

    def lines(self):
        yield output.title(
            "LOCKS: a lock+unlock of one pthread_mutex",
            "one thread, never contended, by CPU time; then two threads that want it half of their",
            "time, by wall time: throughput is that of plain = 1, in the same round")
        yield from output.table(list(self.rows()))
        yield from output.failed_lines(self.experiments(), self.context.title)

    def targets(self):
        return [
            output.at_most(SECTION, "exact adds per uncontended lock+unlock",
                           self.single.added("exact", "plain", heap.CPU), 5, " ns"),
            output.at_least(SECTION, "exact, 2 threads on one lock: throughput to plain",
                            self.throughput("exact"), 0.9, "x")]
