# SPDX-License-Identifier: MIT
"""Section growth: what more events, more distinct stacks and more threads cost."""
import json
import shutil

from bench import context as context_module
from bench import heap, measure, output

SECTION = "growth"


class Growth(measure.Section):
    def __init__(self, context):
        self.context = context
        few = min(context.repeat, 3)
        self.events = [self.events_experiment(10 ** power, few if power < 8 else 1)
                       for power in (5, 6, 7, 8)]
        self.stacks = [self.stacks_experiment(10 ** power, few if power < 6 else 1)
                       for power in (3, 4, 5, 6)]
        alive, turn = [1, 10, 100, 1000], [100, 1000, 10000]
        if context.full:
            turn.append(100000)
        self.threads = [self.threads_experiment(mode, count, self.thread_rounds(count))
                        for mode, counts in (("alive", alive), ("turn", turn)) for count in counts]

    def thread_rounds(self, count):
        """A few threads are quickly made, and little to measure."""
        return self.context.repeat * 4 if count <= 100 else min(self.context.repeat, 3)

    def groups(self):
        return [[each] for each in (*self.events, *self.stacks, *self.threads)]

    def events_experiment(self, count, rounds):
        names = ["exact"]
        if count <= (10 ** 8 if self.context.full else 10 ** 6):
            names.append("heaptrack")
        cases = {tool: self.context.workload_case(tool, "heap_pairs", 10, 1, 1000, count // 2)
                 for tool in self.context.present(names)}
        return self.context.experiment(SECTION, f"{count:,} events", cases, rounds)

    def stacks_experiment(self, count, rounds):
        cases = {"plain": self.context.workload_case("plain", "heap_stacks", count,
                                                     max(count, 200000), 1),
                 "exact": lambda: self.reported("heap_stacks", count, max(count, 200000), 1)}
        return self.context.experiment(SECTION, f"{count:,} stacks", cases, rounds)

    def threads_experiment(self, mode, count, rounds):
        cases = {"plain": self.context.workload_case("plain", "threads", mode, count),
                 "exact": lambda: self.recorded_threads(mode, count)}
        return self.context.experiment(SECTION, f"{mode} {count:,}", cases, rounds)

    def reported(self, *argv):
        """A run under gaiaprof, and the report of its profile."""
        values = self.context.workload("exact", *argv, keep=True)
        directory = values.pop("directory")
        try:
            values["report_s"], text = self.context.report(directory / "profile.gaia")
            values["lost"] = context_module.lost(text)
            return values
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def recorded_threads(self, mode, count):
        values = self.context.workload("exact", "threads", mode, count, keep=True)
        directory = values.pop("directory")
        try:
            _, text = self.context.report(directory / "profile.gaia", "-f", "json")
            values["created"] = json.loads(text)["threads"]["created"]
            values["is_recorded"] = int(values["created"] == count)
            return values
        except (ValueError, KeyError) as error:
            raise measure.Failed(f"JSON report without threads: {error}") from error
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def events_lines(self):
        yield output.title(
            "GROWTH, EVENTS: mallocs and frees at depth 10",
            "ns of CPU time added per pair, for heaptrack of wall time: it waits; the file that is",
            "left; peak resident memory of the program, its own included")
        rows = [["events", "plain ns", "added", "profile", "peak RSS", "heaptrack: added", "file",
                 "peak RSS"]]
        for experiment in self.events:
            rows.append([experiment.title.split()[0],
                         output.median(experiment.median("plain", heap.CPU)),
                         *tool_cells(experiment, "exact"),
                         *tool_cells(experiment, "heaptrack", heap.WALL)])
        yield from output.table(rows, left=0)

    def stacks_lines(self):
        yield output.title(
            "GROWTH, DISTINCT STACKS: of 20 frames, in shuffled order",
            "ns of CPU time added per malloc+free; seconds for the text report, and what that says",
            "was lost")
        rows = [["stacks", "plain ns", "added", "profile", "peak RSS", "report s", "lost"]]
        for experiment in self.stacks:
            lost = [sample["lost"] for sample in experiment.samples["exact"] if sample]
            rows.append([experiment.title.split()[0],
                         output.median(experiment.median("plain", heap.CPU)),
                         *tool_cells(experiment, "exact"),
                         output.median(experiment.median("exact", "report_s")),
                         lost[0] if lost else "-"])
        yield from output.table(rows, left=0)

    def threads_lines(self):
        yield output.title(
            "GROWTH, THREADS: all alive at once, or one after the other",
            "µs of CPU time to create and join one; recorded: in the report")
        rows = [["", "threads", "plain µs", "added µs", "profile", "plain RSS", "peak RSS",
                 "recorded"]]
        for experiment in self.threads:
            mode, count = experiment.title.split()
            plain_rss = experiment.median("plain", "peak_rss_bytes")
            created = experiment.median("exact", "created")
            rows.append([mode.replace("turn", "in turn"), count,
                         output.median(experiment.median("plain", "cpu_us_per_thread")),
                         output.median(experiment.added("exact", "plain", "cpu_us_per_thread")),
                         median_size(experiment, "exact", "profile_bytes"),
                         output.size(plain_rss and plain_rss.median),
                         median_size(experiment, "exact", "peak_rss_bytes"),
                         f"{created.median:,.0f}" if created else "-"])
        yield from output.table(rows)

    def lines(self):
        yield from self.events_lines()
        yield from self.stacks_lines()
        yield from self.threads_lines()
        yield from output.failed_lines(self.experiments(), self.context.title)

    def targets(self):
        small = self.events[1].median("exact", "profile_bytes")
        large = self.events[3].median("exact", "profile_bytes")
        grown = small and large and measure.summary([(large.median / small.median - 1) * 100])
        return [
            output.at_most(SECTION, "profile of 10^8 events, above that of 10^6", grown, 1, " %"),
            output.at_most(SECTION, "report of 10^6 distinct stacks",
                           self.stacks[-1].median("exact", "report_s"), 5, " s"),
            *[output.at_least(SECTION, f"threads recorded: {mode.title}, as a share",
                              mode.median("exact", "is_recorded"), 1, "")
              for mode in self.threads if mode.title in ("alive 1,000", "turn 100,000")]]


def median_size(experiment, tool, metric):
    own = experiment.median(tool, metric)
    return output.size(own and own.median)


def tool_cells(experiment, tool, metric=heap.CPU):
    if tool not in experiment.cases:
        return ["", "", ""]
    return [output.median(experiment.added(tool, "plain", metric)),
            median_size(experiment, tool, "profile_bytes"),
            median_size(experiment, tool, "peak_rss_bytes")]
