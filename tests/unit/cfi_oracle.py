#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the rules of preload/cfi.h with readelf's reading of the same files.

    cfi_oracle.py DUMP [FILE...]    FILEs, or a choice of what this machine has (directories: all
                                    files in them); --all: every x86-64 program and library

What readelf shows of a row (--debug-dump=frames-interp) says what the rule must be; where the CFA
or the frame pointer is an expression, the instructions do (--debug-dump=frames). Compared are the
first and the last address of each row, all addresses that a PLT's expression tells apart, and the
addresses around each function that belong to none. Prints every difference, then what was compared;
exits with 1 if there is a difference, with 77 (skipped) without readelf.
"""
import argparse
import bisect
import collections
import concurrent.futures
import glob
import itertools
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

# Deterministic, and of many kinds: hand-written assembler, several compilers and linkers.
CHOICE = """
    ld-linux-x86-64.so.2 libc.so.6 libm.so.6 libgcc_s.so.1 libstdc++.so.6 libcrypto.so.*
    libpython3*.so.1* libperl.so.* libunwind.so.8 libgmp.so.10 libavcodec.so.* libffi.so.8
    libgfortran.so.5 libgo.so.* libgnat-*.so liblapack.so.* libopenblas*.so libasan.so.*
    libtsan.so.2 libquadmath.so.0 libLLVM-*.so* libclang-cpp.so.* libjvm.so libx265.so.* libz.so.1
    bash perl python3 gdb ld.lld ld.gold cc1 cc1plus gnat1 rustc git""".split()
FOLDERS = """/lib64 /usr/lib64 /lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu
    /usr/lib/x86_64-linux-gnu/* /usr/lib /usr/lib/gcc/x86_64-linux-gnu/* /usr/lib/llvm-*/lib
    /usr/lib/jvm/*/lib/server /usr/bin /bin""".split()
ALL = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/bin", "/usr/sbin", "/usr/libexec")
ROWS_OF_A_CHOICE = 60000  # of each file
ADDRESSES_AT_ONCE = 400000
SHOWN_MAX = 20  # differences of one file

PLT = re.compile(r"DW_OP_breg7 \(rsp\): (\d+); DW_OP_breg16 \(rip\): 0; DW_OP_lit(\d+); "
                 r"DW_OP_and; DW_OP_lit(\d+); DW_OP_ge; DW_OP_lit(\d+); DW_OP_shl; DW_OP_plus")
DEREF = re.compile(r"DW_OP_breg6 \(rbp\): (-?\d+); DW_OP_deref")
REGISTER = re.compile(r"DW_OP_breg([67]) \(r[sb]p\): (-?\d+)")
FP_AT_FP = "DW_OP_breg6 (rbp): 0"


# ---- what the rule must be

def fp_slot(cell):
    """The number of a rule's fp_slot; None where no rule can say it."""
    if cell in ("u", "s", None):
        return 0
    offset = int(cell[1:]) if re.fullmatch(r"c-\d+", cell) else 1
    return -offset // 8 if offset < 0 and offset % 8 == 0 else None


def fits(offset):
    return offset % 8 == 0 and -2**31 <= offset < 2**31


def rule_of(cells, expressions=None):
    """The rule of a row. `expressions`: of the CFA and the fp; None is the answer where they are
    needed and not given."""
    ra, cfa, slot = cells.get("ra"), cells["CFA"], fp_slot(cells.get("rbp"))
    if ra == "u":
        return "END"
    if ra != "c-8" or cells.get("rsp", "u") not in ("u", "s"):
        return "ODD"
    if cfa == "exp":
        return rule_of_expression(slot, *expressions) if expressions else None
    base, sign, offset = re.fullmatch(r"(\w+)([+-])(\d+)", cfa).groups()
    offset = int(sign + offset)
    kind = {"rsp": "SP", "rbp": "FP"}.get(base)
    if kind and slot is not None and fits(offset):
        return f"{kind} {offset} {slot}"
    return "ODD"


def rule_of_expression(slot, address, cfa, fp):
    plt, deref, register = (kind.fullmatch(cfa or "") for kind in (PLT, DEREF, REGISTER))
    if deref and fp == FP_AT_FP and fits(int(deref.group(1))):
        return f"FP_DEREF {deref.group(1)}"
    if plt and slot is not None:
        offset, mask, first_pushed, shift = map(int, plt.groups())
        offset += (address & mask >= first_pushed) << shift
        return f"SP {offset} {slot}" if fits(offset) else "ODD"
    if register and slot is not None and fits(int(register.group(2))):
        return f"{'SP' if register.group(1) == '7' else 'FP'} {register.group(2)} {slot}"
    return "ODD"


# ---- what readelf shows

def readelf(path, what):
    return subprocess.Popen(["readelf", "-W", f"--debug-dump={what},no-follow-links", path],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=1 << 20)


class Row:
    """Instructions from `first` to before `end`."""
    __slots__ = ("first", "end", "rule", "cells", "fde")

    def __init__(self, first, end, rule, cells, fde):
        self.first, self.end, self.rule, self.cells, self.fde = first, end, rule, cells, fde


class Rows:
    """The rows of all FDEs of a file, one by one; `fdes` are their bounds when it is done."""

    def __init__(self, path, rows_max):
        self.path, self.rows_max = path, rows_max
        self.fdes = []
        self.count = 0
        self.is_whole = True
        self.rules = {}    # (columns, is a signal frame) -> {text of a row: (rule, cells)}
        self.initial = {}  # CIE -> (columns, row): of FDEs without a row of their own
        self.signal_cies = set()

    def __iter__(self):
        with readelf(self.path, "frames-interp") as process:
            for block in self.blocks(process.stdout):
                yield from self.rows_of(*block)
                if self.rows_max and self.count >= self.rows_max:
                    self.is_whole = False
                    process.kill()
                    break

    @staticmethod
    def blocks(lines):
        """(header line, line of columns, [row line...]) of each CIE and FDE of .eh_frame."""
        header, columns, rows, is_ours = None, b"", [], False
        for line in lines:
            if line[16:17] == b" " and line[:1] != b" ":
                rows.append(line)
            elif line[:6] == b"   LOC":
                columns = line
            elif line[8:9] == b" " or line[:8] == b"Contents":
                if header:
                    yield header, columns, rows
                if line[:8] == b"Contents":
                    is_ours = b" .eh_frame section" in line
                is_entry = is_ours and (b" FDE cie=" in line or b" CIE " in line)
                header, columns, rows = line if is_entry else None, b"", []
        if header:
            yield header, columns, rows

    def rows_of(self, header, columns, lines):
        words = header.split()
        if words[3] == b"CIE":
            entry = int(words[0], 16)
            if b"S" in words[4].strip(b'"'):
                self.signal_cies.add(entry)
            # readelf shows no row of a CIE that says nothing
            self.initial[entry] = (columns, lines[-1]) if lines else (b" LOC CFA", b"0 rsp+0")
            return
        cie = int(words[4][4:], 16)
        first, end = (int(word, 16) for word in words[5][3:].split(b".."))
        self.fdes.append((first, end))
        if not lines:
            columns, line = self.initial[cie]
            lines = [words[5][3:19] + line[16:]]
        rules = self.rules.setdefault((columns, cie in self.signal_cies), {})
        fde = int(words[0], 16)
        for line, after in zip(lines, lines[1:] + [None]):
            low = int(line[:16], 16)
            high = int(after[:16], 16) if after else end
            if low >= high:
                continue
            known = rules.get(line[16:])
            if not known:
                known = self.derive(columns, line[16:], cie in self.signal_cies)
                rules[line[16:]] = known
            self.count += 1
            yield Row(low, high, known[0], known[1], fde)

    @staticmethod
    def derive(columns, line, is_signal):
        # a register in another one is "r8 (r8)"
        cells = dict(zip(columns.decode().split()[1:], line.decode().replace(" (", "(").split()))
        return ("SIGNAL", cells) if is_signal else (rule_of(cells), cells)


class Expressions:
    """What the instructions of some FDEs say of the CFA and the fp, where it is an expression."""
    AT = re.compile(r"DW_CFA_(?:advance_loc\d*|set_loc).* ?\b([0-9a-f]{16})$")
    CFA = re.compile(r"DW_CFA_def_cfa_expression \((.*)\)$")
    FP = re.compile(r"DW_CFA_expression: r6 \(rbp\) \((.*)\)$")
    FP_OTHER = re.compile(r"DW_CFA_\w+: r6 \(rbp\)")
    FP_RESTORED = re.compile(r"DW_CFA_restore\w*: r6 \(rbp\)")

    def __init__(self, path, fdes):
        self.steps = {}    # FDE -> [(first address, expression of the CFA, of the fp)...]
        self.initial = {}  # CIE -> (expression of the CFA, of the fp)
        wanted = set(fdes)
        with readelf(path, "frames") as process:
            is_ours = False
            entry = None
            for line in process.stdout:
                if line[:8] == b"Contents":
                    is_ours = b" .eh_frame section" in line
                elif line[:1] == b" ":
                    if entry:
                        entry.append(line)
                elif line[8:9] == b" " and is_ours:
                    if entry:
                        self.run(entry)
                        wanted.discard(int(entry[0].split()[0], 16))
                    if not wanted:
                        process.kill()
                        break
                    is_wanted = int(line.split()[0], 16) in wanted or b" CIE" in line
                    entry = [line] if is_wanted else None
            else:
                if entry:
                    self.run(entry)

    def run(self, lines):
        words = lines[0].split()
        entry = int(words[0], 16)
        is_cie = words[3] == b"CIE"
        cfa, fp = initial = (None, None) if is_cie else self.initial[int(words[4][4:], 16)]
        at = 0 if is_cie else int(words[5][3:].split(b"..")[0], 16)
        remembered, steps = [], []
        for line in lines[1:]:
            text = line.decode().strip()
            if match := self.AT.match(text):
                steps.append((at, cfa, fp))
                at = int(match.group(1), 16)
            elif match := self.CFA.match(text):
                cfa = match.group(1)
            elif text.startswith("DW_CFA_def_cfa"):
                cfa = None
            elif match := self.FP.match(text):
                fp = match.group(1)
            elif self.FP_RESTORED.match(text):
                fp = initial[1]
            elif self.FP_OTHER.match(text):
                fp = None
            elif text.startswith("DW_CFA_remember_state"):
                remembered.append((cfa, fp))
            elif text.startswith("DW_CFA_restore_state"):
                cfa, fp = remembered.pop()
        if is_cie:
            self.initial[entry] = cfa, fp
        self.steps[entry] = steps + [(at, cfa, fp)]

    def at(self, fde, address):
        step = [step for step in self.steps[fde] if step[0] <= address][-1]
        return step[1:]


# ---- comparing

class Comparison:
    """Of one file. Answers are asked for in bulk."""

    def __init__(self, dump, path):
        self.dump, self.path = dump, path
        self.addresses, self.expected = [], []
        self.asked = 0
        self.kinds = collections.Counter()
        self.differences = []  # (address, ours, readelf's)

    def check(self, address, rule):
        self.addresses.append(address)
        self.expected.append(rule)
        if len(self.addresses) >= ADDRESSES_AT_ONCE:
            self.flush()

    def flush(self):
        text = "".join(map("%x\n".__mod__, self.addresses))
        done = subprocess.run([self.dump, self.path], input=text, capture_output=True, text=True,
                              check=False)
        answers = done.stdout.splitlines()
        if done.returncode or len(answers) != len(self.addresses):
            raise RuntimeError(f"{self.path}: {self.dump} ended with {done.returncode}: "
                               f"{done.stderr.strip()}")
        if answers != self.expected:
            self.differences += [found for found in
                                 zip(self.addresses, answers, self.expected)
                                 if found[1] != found[2]]
        for rule, count in collections.Counter(self.expected).items():
            self.kinds[rule.split()[0]] += count
        self.asked += len(answers)
        self.addresses, self.expected = [], []

    def check_row(self, row):
        self.check(row.first, row.rule)
        if row.end - 1 != row.first:
            self.check(row.end - 1, row.rule)

    def check_expression(self, row, cfa, fp):
        last = row.end - 1
        for address in sorted({*range(row.first, min(row.end, row.first + 48)), last}):
            self.check(address, rule_of(row.cells, (address, cfa, fp)))

    def check_gaps(self, fdes):
        """Around the functions: no rule where none of them is."""
        end_so_far = 0
        for first, end in [*sorted(fde for fde in fdes if fde[0] < fde[1]), (2**64, 0)]:
            if end_so_far and first > end_so_far:
                self.check(end_so_far, "NONE")
            if 0 < first < 2**64 and first - 1 >= end_so_far:
                self.check(first - 1, "NONE")
            end_so_far = max(end_so_far, end)


def without_overlaps(fdes, differences):
    """Differences at addresses of one function only: of two, either may be meant."""
    fdes = sorted(fde for fde in fdes if fde[0] < fde[1])
    starts = [fde[0] for fde in fdes]
    ends_so_far = list(itertools.accumulate((fde[1] for fde in fdes), max))
    for found in differences:
        after = bisect.bisect_right(starts, found[0])
        before_last = ends_so_far[after - 2] if after > 1 else 0
        if found[0] >= before_last or fdes[after - 1][1] <= found[0]:
            yield found


def compare(dump, path, rows_max):
    comparison = Comparison(dump, path)
    rows = Rows(path, rows_max)
    deferred = []
    for row in rows:
        if row.rule:
            comparison.check_row(row)
        else:
            deferred.append(row)
    if deferred:
        expressions = Expressions(path, {row.fde for row in deferred})
        for row in deferred:
            comparison.check_expression(row, *expressions.at(row.fde, row.first))
    if rows.is_whole:
        comparison.check_gaps(rows.fdes)
    comparison.flush()
    differences = list(without_overlaps(rows.fdes, comparison.differences))
    return (path, len(rows.fdes), rows.count, comparison.asked, comparison.kinds, differences,
            len(comparison.differences) - len(differences))


# ---- which files

def has_tables(path):
    """Whether it is an x86-64 program or library with .eh_frame_hdr in it."""
    try:
        with open(path, "rb") as file:
            head = file.read(64)
            if head[:5] != b"\x7fELF\x02" or len(head) < 64:
                return False
            kind, machine = struct.unpack_from("<HH", head, 16)
            if kind not in (2, 3) or machine != 62:
                return False
            offset, = struct.unpack_from("<Q", head, 32)
            size, count = struct.unpack_from("<HH", head, 54)
            file.seek(offset)
            headers = file.read(size * count)
            is_cut = os.fstat(file.fileno()).st_size
        kinds = [struct.unpack_from("<IIQQQQ", headers, i * size) for i in range(count)]
        # a debug file has the header and not the bytes
        return any(entry[0] == 0x6474e550 and entry[5] and entry[2] + entry[5] <= is_cut
                   for entry in kinds) and not path.endswith(".debug")
    except (OSError, struct.error):
        return False


def walk(folders):
    for folder in folders:
        for where, _, names in os.walk(folder):
            yield from (os.path.join(where, name) for name in names)


def choose():
    folders = [folder for pattern in FOLDERS for folder in sorted(glob.glob(pattern))]
    for name in CHOICE:
        found = (path for folder in folders for path in sorted(glob.glob(f"{folder}/{name}"))
                 if has_tables(path))
        yield from itertools.islice(found, 1)


def distinct(paths):
    seen = set()
    for path in map(os.path.realpath, paths):
        if path not in seen and os.path.isfile(path) and has_tables(path):
            seen.add(path)
            yield path


def write_vdso(dump, folder):
    path = os.path.join(folder, "vdso.so")
    with open(path, "wb") as file:
        subprocess.run([dump, "--vdso"], stdout=file, check=False)
    return path


def report(total, result, is_verbose):
    path, *numbers, kinds, differences, overlaps = result
    for address, ours, theirs in differences[:SHOWN_MAX]:
        print(f"{path}: {address:#x}: {ours}, by readelf {theirs}")
    if len(differences) > SHOWN_MAX:
        print(f"{path}: {len(differences) - SHOWN_MAX} more differences")
    if is_verbose:
        print(f"{path}: {numbers[1]} rows", flush=True)
    for name, number in zip(("FDEs", "rows", "addresses"), numbers):
        total[name] += number
    total["files"] += 1
    total["differences"] += len(differences)
    total["of two functions at once, left out"] += overlaps
    total.update(kinds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dump")
    parser.add_argument("files", nargs="*")
    parser.add_argument("--all", action="store_true", help="every program and library")
    parser.add_argument("-v", "--verbose", action="store_true", help="a line per file")
    arguments = parser.parse_args()
    if not shutil.which("readelf"):
        print("skipped: no readelf")
        return 77
    total = collections.Counter()
    files = [path for name in arguments.files
             for path in (sorted(walk([name])) if os.path.isdir(name) else [name])]
    with tempfile.TemporaryDirectory() as scratch, \
            concurrent.futures.ProcessPoolExecutor() as pool:
        files += walk(ALL) if arguments.all else [] if files else choose()
        files.append(write_vdso(arguments.dump, scratch))
        rows_max = None if arguments.all or arguments.files else ROWS_OF_A_CHOICE
        jobs = [pool.submit(compare, arguments.dump, path, rows_max) for path in distinct(files)]
        for job in concurrent.futures.as_completed(jobs):
            report(total, job.result(), arguments.verbose)
    print(", ".join(f"{name}: {number}" for name, number in total.items()))
    return 1 if total["differences"] or not total["rows"] else 0


if __name__ == "__main__":
    sys.exit(main())
