# SPDX-License-Identifier: MIT
"""What the tests of the page share: programs that are profiled, pages of profiles, checks."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from browser import SKIPPED, Browser, chromium

BUILD = pathlib.Path(os.environ["BUILD"])
GAIAPROF = BUILD / "gaiaprof"


def skip(why):
    print("skipped:", why)
    sys.exit(SKIPPED)


if os.environ.get("HTML") != "ON":
    skip("this build is without the HTML report")


def clean_environment(**more):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GAIAPROF_")}
    return {**kept, **more}


class Test:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gaiaprof-html-"))
        self.failures = 0

    def check(self, holds, what):
        if not holds:
            self.failures += 1
            print("FAILED:", what)

    def equal(self, actual, wanted, what):
        self.check(actual == wanted, f"{what}: {actual!r}, not {wanted!r}")

    # --- profiles

    def program(self, name):
        return pathlib.Path(os.environ["PROGRAMS"]) / f"html_{name}"

    def profile(self, program, *arguments, options="report=none"):
        library = BUILD / "libgaiaprof.so"
        if not library.exists():
            skip("no libgaiaprof.so")
        path = self.folder / f"{len(list(self.folder.iterdir()))}.gaia"
        subprocess.run([program, *arguments], check=True, stdout=subprocess.DEVNULL,
                       env=clean_environment(LD_PRELOAD=str(library), GAIAPROF_OPTIONS=options,
                                             GAIAPROF_OUTPUT=str(path)))
        return path

    def made_profile(self, kind, *arguments):
        if not os.environ.get("PROFILE_MAKE"):
            skip("no profile_make (cmocka)")
        path = self.folder / f"{kind}.gaia"
        subprocess.run([os.environ["PROFILE_MAKE"], kind, path, *arguments], check=True)
        return path

    def report(self, *arguments):
        return subprocess.run([GAIAPROF, "report", *arguments], capture_output=True,
                              cwd=self.folder, env=clean_environment(), check=False)

    def json(self, profile, *arguments):
        return json.loads(self.report("-f", "json", *arguments, profile).stdout)

    def page(self, profile, *arguments, name=None):
        path = self.folder / (name or f"{pathlib.Path(profile).stem}.html")
        done = self.report("-f", "html", "-o", path, *arguments, profile)
        self.equal((done.returncode, done.stderr), (0, b""), f"report -f html {profile}")
        return path

    # --- what a page shows

    def no_problems(self, page):
        page.drain()
        self.equal(page.problems(), [], "errors and requests")

    def choose(self, page, title):
        page.run(f"""(() => {{
            const select = document.getElementById('value');
            select.value = [...select.options]
                .find((option) => option.textContent.startsWith({json.dumps(title + " (")})).value;
            select.dispatchEvent(new Event('change')); }})()""")

    def frames(self, page):
        """name: value, of what is drawn."""
        return dict(page.run("""[...document.querySelectorAll('g.frame')].map((frame) =>
            [frame.__data__.data.name, frame.__data__.data.value])"""))

    def rows(self, page, tab, table=0):
        return page.run(f"""[...document.querySelectorAll('#panel-{tab} .table')[{table}]
            .querySelectorAll('tr.row')].map((row) => [...row.cells]
            .map((cell) => cell.textContent))""")


def frame(name):
    """The expression of a drawn frame."""
    return f"""[...document.querySelectorAll('g.frame')]
        .find((frame) => frame.__data__.data.name === {json.dumps(name)})"""


@contextlib.contextmanager
def testing():
    chromium()
    test = Test()
    try:
        yield test
    finally:
        shutil.rmtree(test.folder, ignore_errors=True)
    sys.exit(1 if test.failures else 0)


__all__ = ["Browser", "Test", "frame", "skip", "testing"]
