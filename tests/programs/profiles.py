# SPDX-License-Identifier: MIT
"""What the profiles of a run say of themselves: read, checked for consistency, added up."""
import collections
import json
import subprocess

SITES_READ_MAX_BYTES = 2 << 20  # of a profile: of larger ones the totals alone are read
OF_SITES = ("allocations", "allocated_bytes", "frees", "freed_bytes", "live_blocks", "live_bytes")


class Totals:
    """Of all processes of a run, or of several."""

    def __init__(self):
        self.processes = self.allocations = self.locks = self.threads = self.truncated = 0
        self.unwind_mismatches = 0
        self.dropped, self.ends = collections.Counter(), collections.Counter()
        self.allocators, self.accusations = set(), collections.Counter()
        self.faults = []  # what is wrong with a profile

    def add(self, report):
        self.processes += 1
        self.ends[report["process"]["exit"]["kind"]] += 1
        self.allocations += report.get("heap", {}).get("allocations", 0)
        self.locks += len(report.get("locks", ()))
        self.threads += report.get("threads", {}).get("created", 0)
        health = report["health"]
        self.dropped.update(health.get("dropped", {}))
        self.truncated += health.get("truncated_stacks", 0)
        self.unwind_mismatches += health.get("unwind_mismatches", 0)
        self.allocators.add(health.get("allocator", "?"))
        for what in ("order", "misuse"):
            for entry in report.get(what, ()):
                if entry["kind"] not in ("potential deadlock", "order inconsistency"):
                    self.accusations[entry["kind"]] += 1
        for entry in report.get("heap", {}).get("mismatches", ()):
            self.accusations[entry["kind"]] += entry["count"]

    def as_json(self):
        return {"processes": self.processes, "allocations": self.allocations, "locks": self.locks,
                "threads": self.threads, "truncated_stacks": self.truncated,
                "dropped": dict(self.dropped), "ends": dict(self.ends),
                "unwind_mismatches": self.unwind_mismatches,
                "allocators": sorted(self.allocators), "accusations": dict(self.accusations),
                "faults": self.faults}


def inconsistencies(report, has_sites):
    """Sums that do not add up."""
    heap = report.get("heap")
    if heap is None:
        return
    if heap["allocations"] - heap["frees"] != heap["live_blocks"]:
        yield ("{allocations} allocations - {frees} frees are not {live_blocks} live blocks"
               .format(**heap))
    for name in OF_SITES if has_sites else ():
        total = sum(site[name] for site in heap["sites"])
        if total != heap[name]:
            yield f"{name} is {heap[name]}, that of all sites {total}"
    if heap["live_bytes"] > heap["peak_bytes"] and report["mode"]["heap"] == "exact":
        yield f"{heap['live_bytes']} live bytes, above the peak of {heap['peak_bytes']}"


def read(command, path, rows, limit_s):
    """(the report, None) or (None, why not). rows: of sites; 0: all."""
    try:
        done = subprocess.run([command, "report", "-q", "-f", "json", "-n", str(rows), path],
                              capture_output=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return None, f"gaiaprof report took more than {limit_s} s"
    if done.returncode:
        return None, f"gaiaprof report: {done.stderr.decode(errors='replace').strip()[-200:]}"
    return json.loads(done.stdout), None


def totals_of(command, directory, limit_s=120):
    """Of all profiles in a directory."""
    totals = Totals()
    for path in sorted(directory.glob("*.gaia")):
        has_sites = path.stat().st_size <= SITES_READ_MAX_BYTES
        report, why = read(command, path, 0 if has_sites else 1, limit_s)
        if report is None:
            totals.faults.append(f"{path.name}: {why}")
            continue
        totals.add(report)
        totals.faults += [f"{path.name}: {what}" for what in inconsistencies(report, has_sites)]
    if not totals.processes and not totals.faults:
        totals.faults.append("no profile")
    return totals
