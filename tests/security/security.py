# SPDX-License-Identifier: MIT
"""What the tests of security share: gaiaprof with a time limit, profiles, another user, checks."""
import json
import os
import pathlib
import subprocess

from checks import Checks, environment, ending, skip

OTHER_USER = 65534
BUILD = pathlib.Path(os.environ["BUILD"])
PROGRAMS = pathlib.Path(os.environ["PROGRAMS"])
LIBRARY = BUILD / "libgaiaprof.so"
SECRET = "the secret of another\n"
HANG_SECONDS = 30


def is_root():
    return os.geteuid() == 0


def is_for_all(path):
    """Whether another user gets there."""
    return all(each.stat().st_mode & 0o001 for each in path.resolve().parents)


class Test(Checks):
    def run(self, *command, **more):
        """A command with its output; one that hangs is a failure, and its status None."""
        options = {"cwd": self.folder, "env": environment(), "stdin": subprocess.DEVNULL, **more}
        if "stdout" not in options:
            options["capture_output"] = True
        try:
            return subprocess.run([str(word) for word in command], check=False,
                                  timeout=HANG_SECONDS, **options)
        except subprocess.TimeoutExpired:
            self.check(False, f"{command} hangs")
            return subprocess.CompletedProcess(command, None, b"", b"")

    def gaiaprof(self, *arguments, **more):
        return self.run(BUILD / "gaiaprof", *arguments, **more)

    def preloaded(self, *command, variables=None, **more):
        """A program under the profiler, which says nothing unless asked to."""
        given = {"GAIAPROF_REPORT": "none", **(variables or {})}
        return self.run(*command, env=environment(LD_PRELOAD=str(LIBRARY), **given), **more)

    def profile(self, name, *command, **variables):
        path = self.folder / name
        done = self.preloaded(*command, variables={"GAIAPROF_OUTPUT": str(path), **variables})
        self.equal(done.returncode, 0, f"status of {command}")
        return path

    def json(self, profile, *arguments):
        return json.loads(self.gaiaprof("report", "-f", "json", *arguments, profile).stdout)

    def victim(self, name="victim"):
        """A file whose content must survive."""
        path = self.folder / name
        path.write_text(SECRET)
        return path


def testing():
    if not LIBRARY.exists():
        skip("no libgaiaprof.so")
    return ending(Test("security"))


__all__ = ["Test", "environment", "skip", "testing"]
