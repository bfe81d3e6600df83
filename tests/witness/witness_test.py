#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""That libwitness.so sees: what a library before it leaves behind at the start of a program or at
its end is a line that differs; where it leaves nothing, none does; each way to end is seen.

    witness_test.py DIRECTORY       of libwitness.so, libleaky.so, witness_host
"""
import difflib
import os
import subprocess
import sys
import tempfile
import unittest

DIRECTORY = sys.argv.pop(1)

# what is done: the line it adds, or changes into
SEEN = {
    "descriptor": "descriptor 3 pipe",
    "blocking": "descriptor 1 pipe flags 0x801",
    "handler": "signal 12 ",
    "ignored": "signal 12 ignored",
    "mask": "blocked signals 0x200",
    "stack": "signal stack set",
    "thread": "threads 2",
    "child": "children some",
    "limit": "limit 4 0 0",
    "timer": "timers 1",
    "interval": "interval timer 0 every 1000000000",
    "directory": "directory /",
    "umask": "status Umask:\t0000",
    "environment": "environment LEFT=behind",
    "nice": "nice 19",
    "errno": "errno 18",
}


def testimonies(preload, arguments=(), **more):
    """What each process wrote; standard output last."""
    with tempfile.TemporaryDirectory() as work:
        environment = {"PATH": os.environ["PATH"], "LD_PRELOAD": preload,
                       "WITNESS_OUTPUT": f"{work}/witness", **more}
        done = subprocess.run([f"{DIRECTORY}/witness_host", *arguments], env=environment,
                              cwd="/tmp", stdin=subprocess.DEVNULL, capture_output=True,
                              check=False, timeout=60)
        assert done.returncode == 3, done
        texts = []
        for name in sorted(os.listdir(work)):
            with open(f"{work}/{name}", encoding="utf-8") as file:
                texts.append(file.read())
    return texts + [done.stdout.decode()]


def witness(accused):
    return testimonies(f"{DIRECTORY}/libwitness.so", ACCUSED=accused)[0]


def leaky(accused):
    return testimonies(f"{DIRECTORY}/libleaky.so:{DIRECTORY}/libwitness.so", ACCUSED=accused)[0]


def part(text, when):
    """The lines of one testimony: of the start, or of the end."""
    parts = dict(part.split("\n", 1) for part in text.split("= ")[1:])
    return parts[when].splitlines()


def added(plain, accused):
    return [line[2:] for line in difflib.ndiff(plain, accused) if line.startswith("+ ")]


class Witness(unittest.TestCase):
    def test_sees_what_is_left_at_the_start(self):
        for wrong, line in SEEN.items():
            accused = "start " + wrong
            new = added(part(witness(accused), "start"), part(leaky(accused), "start"))
            self.assertTrue(any(found.startswith(line) for found in new), (wrong, new))

    def test_sees_what_is_left_at_the_end(self):
        for wrong, line in SEEN.items():
            if wrong == "errno":  # the loader's own work between changes it
                continue
            accused = "end " + wrong
            plain, leaked = witness(accused), leaky(accused)
            self.assertEqual(part(plain, "start"), part(leaked, "start"), wrong)
            new = added(part(plain, "end"), part(leaked, "end"))
            self.assertTrue(any(found.startswith(line) for found in new), (wrong, new))

    def test_sees_nothing_where_nothing_is_done(self):
        self.assertEqual(witness("no one"), leaky("no one"))

    def test_handlers_are_named_by_their_place(self):
        line = added(part(witness("start handler"), "start"),
                     part(leaky("start handler"), "start"))[0]
        self.assertIn("libleaky.so+0x", line)
        self.assertEqual(line, added(part(witness("start handler"), "start"),
                                     part(leaky("start handler"), "start"))[0])

    def test_every_way_to_end_is_seen_once(self):
        for way in ("return", "exit", "_exit", "_Exit", "quick_exit"):
            text = testimonies(f"{DIRECTORY}/libwitness.so", [way])[0]
            self.assertEqual((text.count("= start\n"), text.count("= end\n")), (1, 1), way)

    def test_limits_that_can_not_be_raised_change_nothing(self):
        self.assertEqual(testimonies(f"{DIRECTORY}/libwitness.so", ["limited"])[-1], "clean\n")

    def test_children_are_silent_unless_asked_for(self):
        for way in ("fork", "vfork"):
            texts = testimonies(f"{DIRECTORY}/libwitness.so", [way])
            self.assertEqual((len(texts), texts[0].count("= end\n")), (2, 1), way)
            texts = testimonies(f"{DIRECTORY}/libwitness.so", [way], WITNESS_CHILDREN="1")
            self.assertEqual("".join(texts).count("= end\n"), 2, way)

    def test_leaves_the_environment(self):
        self.assertEqual(testimonies(f"{DIRECTORY}/libwitness.so")[-1], "clean\n")


unittest.main()
