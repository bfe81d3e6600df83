# SPDX-License-Identifier: MIT
"""Section rest: start and exit, exceptions, memory in the host, report of much DWARF, CPU mode."""
import re
import shutil

from bench import inputs, measure, output

SECTION = "rest"
HEAP_MIB = 256
FIXED_BYTES = 4 << 20  # what the library may take beside what grows with the heap


class Rest(measure.Section):
    def __init__(self, context):
        self.context = context
        self.throws = [context.experiment(SECTION, f"C++ throw through {depth} frames", {
            tool: context.workload_case(tool, "throws", depth, 50000)
            for tool in context.present(["pass", "exact", "heaptrack"])}, context.repeat * 2)
            for depth in (10, 30)]
        self.start = context.experiment(SECTION, "start and exit of true", {
            tool: lambda tool=tool: self.run_true(tool)
            for tool in context.present(["pass", "exact", "report", "heaptrack"])},
            context.repeat * 4)
        self.memory = context.experiment(SECTION, f"memory of {HEAP_MIB} MiB in blocks of 64", {
            tool: context.workload_case(tool, "heap_blocks", HEAP_MIB)
            for tool in context.present(["exact", "sampled", "heaptrack"])},
            min(context.repeat, 3))
        self.dwarf_size = 0
        self.profiles = {}  # tool: the directory of its profile of the program with DWARF
        self.report = context.experiment(SECTION, "report of 2,000 stacks", {
            tool: lambda tool=tool: self.time_report(tool)
            for tool in context.present(["exact", "heaptrack"]) if tool != "plain"})
        self.cpu = context.experiment(SECTION, "CPU profile at 100 Hz", {
            tool: context.workload_case(tool, "lock_pairs", 1, 400000, 200)
            for tool in context.present(["cpu"])})

    def groups(self):
        return [[self.start], self.throws, [self.memory], [self.report], [self.cpu]]

    def run_true(self, tool):
        ended, _, _ = self.context.run(tool, [shutil.which("true") or "/bin/true"])
        return {"wall_ms": ended.wall_s * 1e3, "cpu_ms": ended.cpu_s * 1e3}

    def time_report(self, tool):
        """Of the program with DWARF, which is profiled once; the report is made every time."""
        if tool not in self.profiles:
            program = inputs.program_with_dwarf(self.context.directory)
            self.dwarf_size = inputs.dwarf_bytes(program)
            _, _, self.profiles[tool] = self.context.run(tool, [program], keep=True)
        written = list(self.profiles[tool].iterdir())
        if not written:
            raise measure.Failed("no profile was written")
        if tool == "exact":
            seconds, text = self.context.report(written[0])
            if not re.search(r"\bmake_\d+\b.*unit_\d+\.c", text):
                raise measure.Failed("the report has no names and lines")
            return {"seconds": seconds}
        printer = shutil.which("heaptrack_print")
        if not printer:
            raise measure.Failed("heaptrack_print is not installed")
        return {"seconds": measure.run([printer, str(written[0])]).wall_s}

    def start_lines(self):
        yield output.title("START AND EXIT of `true`", "wall time; heaptrack: with its script and "
                           "the process that writes its file")
        rows = [["tool", "ms", "min..max", "added", "min..max"]]
        for tool in output.measured(self.start):
            own = self.start.median(tool, "wall_ms")
            added = self.start.added(tool, "plain", "wall_ms") if tool != "plain" else None
            rows.append([self.context.title(tool), output.median(own), output.spread(own),
                         output.median(added), output.spread(added)])
        yield from output.table(rows)

    def throw_lines(self):
        yield output.title("C++ EXCEPTIONS: from the throw to its handler, by CPU time")
        rows = [["tool", *[cell for depth in (10, 30)
                           for cell in (f"{depth} frames: ns", "ratio", "min..max")]]]
        for tool in output.measured(self.throws[0]):
            cells = [self.context.title(tool)]
            for experiment in self.throws:
                ratio = experiment.ratio(tool, "plain", "ns_per_throw")
                cells += [output.median(experiment.median(tool, "ns_per_throw")),
                          output.median(ratio, "x"), output.spread(ratio)]
            rows.append(cells)
        yield from output.table(rows)

    def memory_limit(self):
        plain = self.memory.median("plain", "peak_rss_bytes")
        return plain and plain.median / 2 + FIXED_BYTES

    def memory_lines(self):
        yield output.title(
            f"MEMORY IN THE HOST: {HEAP_MIB} MiB of live blocks of 64 bytes, from one stack",
            "peak resident memory of the program; target: 8 bytes per 16 bytes of heap, 64 bytes "
            "per", f"(thread, stack), 4 MiB; here {output.size(self.memory_limit())}")
        rows = [["tool", "peak RSS", "added", "of the plain RSS"]]
        for tool in output.measured(self.memory):
            own = self.memory.median(tool, "peak_rss_bytes")
            added = self.memory.added(tool, "plain", "peak_rss_bytes")
            share = self.memory.ratio(tool, "plain", "peak_rss_bytes")
            rows.append([self.context.title(tool), output.size(own and own.median)] + (
                [output.size(added.median), f"{(share.median - 1) * 100:.0f} %"]
                if added and tool != "plain" else []))
        yield from output.table(rows)

    def report_lines(self):
        yield output.title(
            f"REPORT: a program with {output.size(self.dwarf_size)} of DWARF and 2,000 stacks",
            "seconds from the profile to the text; heaptrack has looked up names while it recorded")
        rows = [["report", "seconds", "min..max"]]
        for tool, title in (("exact", "gaiaprof report"), ("heaptrack", "heaptrack_print")):
            own = self.report.median(tool, "seconds")
            rows.append([title, output.median(own), output.spread(own)])
        yield from output.table(rows)

    def cpu_lines(self):
        yield output.title("CPU PROFILE at 100 Hz: a program that only computes")
        ratio = self.cpu.ratio("cpu", "plain", "ns_per_pair")
        yield f"  slowdown {output.median(ratio)}  {output.spread(ratio)}"

    def lines(self):
        yield from self.start_lines()
        yield from self.throw_lines()
        yield from self.memory_lines()
        yield from self.report_lines()
        if "cpu" not in self.cpu.failed:
            yield from self.cpu_lines()
        yield from output.failed_lines(self.experiments(), self.context.title)

    def targets(self):
        limit = self.memory_limit()
        return [
            output.at_most(SECTION, "start and exit of true, text report: added",
                           self.start.added("report", "plain", "wall_ms"), 15, " ms"),
            *[output.at_most(SECTION, f"{experiment.title}: to plain",
                             experiment.ratio("exact", "plain", "ns_per_throw"), 1.05, "x")
              for experiment in self.throws],
            output.at_most(SECTION, "memory in the host, as a share of what the formula allows",
                           limit and measure.summary([
                               added and added / limit for added in self.memory.differences(
                                   "exact", "plain", "peak_rss_bytes")]), 1, "x"),
            output.at_most(SECTION, "report of 2,000 stacks, 5 MB of DWARF",
                           self.report.median("exact", "seconds"), 0.5, " s"),
            output.at_most(SECTION, "CPU profile at 100 Hz: slowdown",
                           self.cpu.ratio("cpu", "plain", "ns_per_pair"), 1.01, "x")]
