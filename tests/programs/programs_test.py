#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""That the runner of scripts/try-programs notices what it is for: a program that differs under the
profiler in status, output, files or descriptors, that hangs, is missing, or leaves a bad profile.

    programs_test.py BUILD
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

# pylint: disable=wrong-import-position
from programs import profiles, running, trial  # noqa: E402

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
HAS_WITNESS = (BUILD / "tests/witness/libwitness.so").exists()


def if_profiled(command):
    """For a shell that finds the library in its memory map."""
    return f'if grep -q libgaiaprof "/proc/$$/maps"; then {command}; fi'


def tried(script, modes=("exact",), limit_s=30, **more):
    """The faults of a shell script under trial."""
    program = trial.Program("script", "", [["/bin/sh", "-c", script]], limit_s=limit_s, **more)
    with tempfile.TemporaryDirectory(prefix="gaiaprof-programs-") as scratch:
        (pathlib.Path(scratch) / "inputs").mkdir()
        each = trial.Trial(program, pathlib.Path(scratch), pathlib.Path(scratch) / "inputs", BUILD,
                           modes)
        each.perform()
    return each


class Runner(unittest.TestCase):
    def assert_fault(self, each, *words):
        for word in words:
            self.assertTrue(any(word in what for what in each.faults()), (word, each.faults()))

    def test_finds_nothing_in_a_program_that_is_the_same(self):
        each = tried("echo one; echo two >&2; echo three >file; exit 4", keeps=("file",),
                     statuses={"1-sh": 4})
        self.assertEqual(each.faults(), [])
        for name in ("1-sh status", "1-sh stdout", "1-sh stderr", "file file"):
            self.assertIn(name, each.compared)
        self.assertEqual(each.totals().processes, 1)

    def test_sees_another_status(self):
        self.assert_fault(tried(if_profiled("exit 3")), "1-sh status: '3'")

    def test_sees_other_output(self):
        self.assert_fault(tried("echo one; " + if_profiled("echo two")), "1-sh stdout")
        self.assert_fault(tried(if_profiled("echo two >&2")), "1-sh stderr")

    def test_sees_another_file(self):
        self.assert_fault(tried("echo one >file; " + if_profiled("echo two >file"),
                                keeps=("file",)), "file file")

    @unittest.skipUnless(HAS_WITNESS, "libwitness.so is not built")
    def test_sees_a_descriptor(self):
        self.assert_fault(tried(if_profiled("exec 7</dev/null")), "1-sh witness")

    def test_sees_a_hang(self):
        self.assert_fault(tried(if_profiled("sleep 100"), limit_s=5), "HANG")

    def test_does_not_judge_what_varies_plain(self):
        each = tried("echo $$; echo same >&2")
        self.assertEqual(each.faults(), [])
        self.assertIn("1-sh stdout", each.varying)

    def test_a_program_that_fails_plain_is_not_the_same(self):
        self.assertIn("status -9", tried("kill -9 $$").failed)
        self.assertIn("status 3", tried("exit 3").failed)

    def test_sees_what_is_missing(self):
        program = trial.Program("none", "", [["no-such-program"]])
        with tempfile.TemporaryDirectory() as scratch:
            each = trial.Trial(program, pathlib.Path(scratch), pathlib.Path(scratch), BUILD, [])
            each.perform()
        self.assertTrue(each.is_missing)

    def test_a_program_without_a_profile_is_a_fault(self):
        with tempfile.TemporaryDirectory() as empty:
            totals = profiles.totals_of(BUILD / "gaiaprof", pathlib.Path(empty))
        self.assertEqual(totals.faults, ["no profile"])

    def test_a_profile_that_is_cut_off_is_a_fault(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "bad.gaia")
            path.write_bytes(b"no profile")
            totals = profiles.totals_of(BUILD / "gaiaprof", pathlib.Path(directory))
        self.assertIn("bad.gaia: gaiaprof report:", totals.faults[0])

    def test_sums_that_do_not_add_up(self):
        site = {name: 1 for name in profiles.OF_SITES}
        good = {"heap": {**site, "live_blocks": 0, "live_bytes": 0, "peak_bytes": 5,
                         "sites": [{**site, "live_blocks": 0, "live_bytes": 0}]},
                "mode": {"heap": "exact"}}
        self.assertEqual(list(profiles.inconsistencies(good, True)), [])
        for name in profiles.OF_SITES:
            bad = {**good, "heap": {**good["heap"], name: 7}}
            self.assertTrue(list(profiles.inconsistencies(bad, True)), name)

    def test_what_is_left_running_is_ended(self):
        each = tried("setsid sleep 100 & exit 0")
        self.assertEqual(each.faults(), [])
        self.assertEqual(running.descendants(), [])


class Command(unittest.TestCase):
    def refused(self, *arguments):
        done = subprocess.run([ROOT / "scripts/try-programs", *arguments], capture_output=True,
                              text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"\Agaiaprof: .+: .+\n\Z")
        return done.stderr

    def test_refuses_what_it_does_not_know(self):
        self.assertIn("no-such: no such program", self.refused("no-such"))
        self.assertIn("fast: no such mode", self.refused("--modes", "fast"))
        self.assertIn("try-programs", self.refused("--no-such"))
        self.assertIn("0: want", self.refused("--runs", "0"))
        self.assertIn("/dev/null", self.refused("--build", "/dev/null", "--no-install"))


if __name__ == "__main__":
    running.become_subreaper()
    unittest.main()
