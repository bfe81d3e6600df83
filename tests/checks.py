# SPDX-License-Identifier: MIT
"""What tests in Python share: a folder of their own, checks that are counted, and how they end.

    with ending(Checks("NAME")) as test:
        test.equal(actual, wanted, "what it is")
"""
import contextlib
import os
import pathlib
import shutil
import sys
import tempfile

SKIPPED = 77


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


def environment(**more):
    """Ours, without what would change a profile."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GAIAPROF_")}
    return {**kept, **more}


class Checks:
    def __init__(self, name):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"gaiaprof-{name}-"))
        self.failures = 0

    def check(self, holds, what):
        if not holds:
            self.failures += 1
            print("FAILED:", what)

    def equal(self, actual, wanted, what):
        self.check(actual == wanted, f"{what}: {actual!r}, not {wanted!r}")


@contextlib.contextmanager
def ending(test):
    """Ends the program: with 1 if something failed."""
    try:
        yield test
    finally:
        shutil.rmtree(test.folder, ignore_errors=True)
    sys.exit(1 if test.failures else 0)
