# SPDX-License-Identifier: MIT
"""What the tests of the page share: programs that are profiled, pages of profiles, checks."""
import json
import os
import pathlib
import subprocess

from browser import Browser, chromium
from checks import Checks, environment, ending, skip

BUILD = pathlib.Path(os.environ["BUILD"])
GAIAPROF = BUILD / "gaiaprof"


if os.environ.get("HTML") != "ON":
    skip("this build is without the HTML report")


class Test(Checks):
    # --- profiles

    def program(self, name):
        return pathlib.Path(os.environ["PROGRAMS"]) / f"html_{name}"

    def profile(self, program, *arguments, options="report=none"):
        library = BUILD / "libgaiaprof.so"
        if not library.exists():
            skip("no libgaiaprof.so")
        path = self.folder / f"{len(list(self.folder.iterdir()))}.gaia"
        subprocess.run([program, *arguments], check=True, stdout=subprocess.DEVNULL,
                       env=environment(LD_PRELOAD=str(library), GAIAPROF_OPTIONS=options,
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
                              cwd=self.folder, env=environment(), check=False)

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


def testing():
    chromium()
    return ending(Test("html"))


__all__ = ["Browser", "Test", "environment", "frame", "skip", "testing"]
