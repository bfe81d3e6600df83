#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ends a busy program at random moments in each way there is: its profile is true up to there.

    moments.py --build BUILD [--moments N] [--seed N] [--way WAY]
    moments.py --build BUILD --growth      ends it at each call that a growing profile makes

Of each profile: chunks follow each other without a gap, no stack, cell or id is there twice, the
blocks allocated, freed, and locks taken are no fewer than the program had done and no more than it
had begun, and allocations - frees are the live blocks, of each stack and in all.
"""
import argparse
import collections
import concurrent.futures
import glob
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile

THREADS, KINDS = 8, 4
ALLOCATIONS, FREES, ACQUISITIONS, CREATIONS = range(KINDS)
COUNTS_BYTES = 4096
BLOCK_BYTES = 1237
TIME_LIMIT_S = 60
CHUNK = struct.Struct("<IIQQII32x")
CELL = struct.Struct("<IIQQQQQqq")
NODE = struct.Struct("<QII")
NODES, CELLS = 4, 5
STACK_MASK = (1 << 30) - 1
PC_MASK = (1 << 63) - 1

# exit status of the program, and what the profile says of its end
WAYS = {
    "kill": (-signal.SIGKILL, "killed"),
    "segv": (-signal.SIGSEGV, "killed"),
    "abort": (-signal.SIGABRT, "killed"),
    "_exit": (5, "exited"),
    "exec": (5, "execed"),
    "exec_fails": (0, "exited"),
    "fork_exec": (0, "exited"),
    "main_exits": (0, "exited"),
}
NO_WAY = "none"  # it ends when all is done


def check(is_true, what):
    if not is_true:
        raise AssertionError(what)


def chunks(data):
    used = struct.unpack_from("<Q", data, 16)[0]
    check(4096 <= used <= len(data), f"used bytes {used} of {len(data)}")
    offset = 4096
    while offset < used:
        kind, record, length, filled, first_id, slot = CHUNK.unpack_from(data, offset)
        check(length >= 64 and length % 64 == 0 and offset + length <= used, f"chunk at {offset}")
        payload = data[offset + 64:offset + (64 + filled if filled else length)]
        yield kind, record, first_id, slot, payload
        offset += length
    check(offset == used, "chunks end beyond the profile")


def read_nodes(data):
    """{id: (parent, pc)}"""
    nodes = {}
    for kind, _, first_id, _, payload in chunks(data):
        if kind != NODES:
            continue
        for index, (pc, parent, _) in enumerate(NODE.iter_unpack(payload)):
            if pc:
                check(first_id + index not in nodes, "the id of a stack twice")
                nodes[first_id + index] = (parent, pc & PC_MASK)
    for node, (parent, _) in nodes.items():
        check(parent == 0 or parent in nodes and parent < node, f"stack {node} has no parent")
    return nodes


def check_stacks(nodes, cells):
    """Two threads that find a stack new both make it; one of them takes back its own."""
    used = {cell[0] & STACK_MASK for cell in cells} | {parent for parent, _ in nodes.values()}
    times = collections.Counter(nodes[node] for node in nodes if node in used)
    check(all(count == 1 for count in times.values()), "a stack twice")
    unused = len(set(nodes) - used)
    check(unused <= 2 * THREADS, f"{unused} stacks without a block")


def read_cells(data, nodes):
    """[stack, allocations, bytes, frees, bytes] of each cell."""
    cells, seen = [], set()
    for kind, record, _, slot, payload in chunks(data):
        if kind != CELLS:
            continue
        check(record == CELL.size and len(payload) % CELL.size == 0, "cells")
        for stack, _, blocks, size, frees, freed, _, _, _ in CELL.iter_unpack(payload):
            if stack == 0:
                continue
            check((slot, stack) not in seen, "a cell twice")
            check(stack & STACK_MASK in nodes, "a cell without a stack")
            seen.add((slot, stack))
            cells.append((stack, blocks, size, frees, freed))
    return cells


def is_of_host(cell):
    """All its blocks have one size, the loader's others; an event may be half recorded."""
    _, blocks, size, frees, freed = cell
    return (size % BLOCK_BYTES == 0 and abs(size // BLOCK_BYTES - blocks) <= 1 and
            freed % BLOCK_BYTES == 0 and abs(freed // BLOCK_BYTES - frees) <= 1 and
            size + freed > 0)


def between(name, recorded, done, begun):
    check(done <= recorded <= begun, f"{name}: {recorded} recorded, {done} done, {begun} begun")


def check_file(data, done, begun):
    nodes = read_nodes(data)
    cells = read_cells(data, nodes)
    check_stacks(nodes, cells)
    cells = [cell for cell in cells if is_of_host(cell)]
    between("allocations", sum(cell[1] for cell in cells), done[ALLOCATIONS], begun[ALLOCATIONS])
    between("frees", sum(cell[3] for cell in cells), done[FREES], begun[FREES])
    live = collections.Counter()
    for stack, blocks, _, frees, _ in cells:
        live[stack & STACK_MASK] += blocks - frees
    check(min(live.values(), default=0) >= 0, "more freed than allocated")


def check_report(report, done, begun, ends):
    heap, health = report["heap"], report["health"]
    check(health["complete"], "not complete")
    check(not any(health["dropped"].values()), f"dropped: {health['dropped']}")
    check(heap["allocations"] - heap["frees"] == heap["live_blocks"], "live blocks")
    for key in ("allocations", "frees", "live_blocks", "allocated_bytes", "live_bytes"):
        check(heap[key] == sum(site[key] for site in heap["sites"]), f"{key}: not of its sites")
    check(report["process"]["exit"]["kind"] in ends, f"end: {report['process']['exit']}")
    serials = [record["serial"] for record in report["threads"]["records"]]
    check(len(serials) == len(set(serials)), "a thread twice")
    between("threads", report["threads"]["created"], done[CREATIONS], begun[CREATIONS] + THREADS)
    taken = sum(lock["acquisitions"] for lock in report["locks"] if lock["name"] == "lock")
    between("acquisitions", taken, done[ACQUISITIONS], begun[ACQUISITIONS])


def read_counts(path):
    with open(path, "rb") as file:
        words = struct.unpack(f"<{2 * THREADS * KINDS}Q", file.read(2 * THREADS * KINDS * 8))
    begun, done = words[:THREADS * KINDS], words[THREADS * KINDS:]
    return [sum(done[kind::KINDS]) for kind in range(KINDS)], \
           [sum(begun[kind::KINDS]) for kind in range(KINDS)]


def events_in_all(path):
    with open(path, "rb") as file:
        return struct.unpack_from("<Q", file.read(), 2 * THREADS * KINDS * 8)[0]


class Moments:
    def __init__(self, options):
        self.options = options
        self.program = f"{options.build}/tests/faults/faults_moment"
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("GAIAPROF_") and name != "LD_PRELOAD"}

    def run(self, directory, way, event, fault=None):
        counts = f"{directory}/counts"
        with open(counts, "wb") as room:
            room.write(bytes(COUNTS_BYTES))
        library = "tests/faults/libgaiaprof.so" if fault else "libgaiaprof.so"
        environment = dict(self.environment, LD_PRELOAD=f"{self.options.build}/{library}",
                           GAIAPROF_OUTPUT=f"{directory}/%p.gaia",
                           GAIAPROF_OPTIONS="report=none:leaks=off")
        if fault:
            environment.update(fault)
        done = subprocess.run([self.program, counts, way, str(event)], env=environment,
                              cwd=directory, capture_output=True, check=False,
                              timeout=TIME_LIMIT_S)
        return done

    def events(self):
        with tempfile.TemporaryDirectory() as directory:
            self.run(directory, NO_WAY, 0)
            return events_in_all(f"{directory}/counts")

    def one(self, moment):
        """What is wrong with the profile of a program that ended there."""
        way, event, with_report, fault = moment
        with tempfile.TemporaryDirectory() as directory:
            try:
                ended = self.run(directory, way, event, fault)
                check(ended.stdout + ended.stderr == b"", f"says {ended.stderr}")
                status = -signal.SIGKILL if fault else WAYS[way][0]  # or it is done before
                check(ended.returncode in (status, 0), f"status {ended.returncode}")
                self.check_profile(directory, way, with_report, ended.returncode)
            except (AssertionError, subprocess.TimeoutExpired, struct.error) as error:
                return f"{way} {event} {fault or ''}: {error!r}"
        return None

    def check_profile(self, directory, way, with_report, status):
        profiles = glob.glob(f"{directory}/*.gaia*")
        if status == -signal.SIGKILL and not profiles:
            return  # at its very start
        check(len(profiles) == 1, f"profiles {profiles}")
        with open(profiles[0], "rb") as file:
            data = file.read()
        if not any(data[:24]):
            return  # at its very start: not published yet
        done, begun = read_counts(f"{directory}/counts")
        check_file(data, done, begun)
        if not with_report:
            return
        printed = subprocess.run([f"{self.options.build}/gaiaprof", "report", "-f", "json",
                                  profiles[0]], capture_output=True, check=False,
                                 timeout=TIME_LIMIT_S)
        check(printed.returncode == 0, f"unreadable: {printed.stderr}")
        ends = [WAYS.get(way, (0, "exited"))[1]]
        if status == -signal.SIGKILL:
            ends = ["killed", "exited"] if way == NO_WAY else ["killed"]  # or in its last steps
        check_report(json.loads(printed.stdout), done, begun, ends)

    def moments(self, events):
        chance = random.Random(self.options.seed)
        for way in WAYS if self.options.way is None else [self.options.way]:
            for number in range(self.options.moments):
                yield way, chance.randint(1, events), number % self.options.report_every == 0, None

    def growth(self):
        """SIGKILL in the place of each call that makes or grows a profile."""
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/of_calls"
            with open(path, "wb") as room:
                room.write(bytes(4096))
            self.run(directory, NO_WAY, 0, {"FAULT_COUNTS": path})
            with open(path, "rb") as file:
                data = file.read(4096 // 40 * 40)
        for name, _, count in struct.iter_unpack("24sqq", data):
            name = name.rstrip(b"\0").decode()
            if name in ("openat", "fallocate", "mmap", "fstat", "madvise", "prlimit64"):
                for at in range(1, count + 1):
                    yield NO_WAY, 0, at % self.options.report_every == 0, \
                        {"FAULT": f"{name}:{at}:KILL"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--moments", type=int, default=10, help="of each way (10)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--way", choices=list(WAYS))
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--report-every", type=int, default=5,
                        help="every so many moments the whole report is read, too (5)")
    options = parser.parse_args()
    moments = Moments(options)
    failures, count = [], 0
    chosen = moments.growth() if options.growth else moments.moments(moments.events())
    print(f"seed {options.seed}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for found in pool.map(moments.one, list(chosen)):
            count += 1
            if found:
                failures.append(found)
                print(found[:1000], flush=True)
    print(f"{count} moments, {len(failures)} wrong")
    sys.exit(1 if failures or not count else 0)


if __name__ == "__main__":
    main()
