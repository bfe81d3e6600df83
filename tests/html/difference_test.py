# SPDX-License-Identifier: MIT
"""The page of a difference: widths are the new values, red grew and blue shrank, tables show both
and the change, and what is gone can be looked at, too."""
import subprocess

from page_test import GAIAPROF, Browser, clean_environment, frame, testing


def colour(page, name):
    """(red, blue) of a frame."""
    parts = page.run(f"getComputedStyle(({frame(name)}).querySelector('rect')).fill")
    red, _, blue = (int(float(part)) for part in parts[4:-1].split(",")[:3])
    return red, blue


def check_flame(test, page):
    frames = test.frames(page)
    test.equal(frames.get("small_blocks"), 4000, "new bytes of small_blocks")
    test.check("large_blocks" not in frames, "what is gone has a width")
    red, blue = colour(page, "small_blocks")
    test.check(red > blue, f"what grew is not red: {red}, {blue}")
    red, blue = colour(page, "main")
    test.check(blue > red, f"what shrank is not blue: {red}, {blue}")
    page.click("document.getElementById('widths')")
    frames = test.frames(page)
    test.equal(frames.get("small_blocks"), 1000, "old bytes of small_blocks")
    test.equal(frames.get("large_blocks"), 50000, "old bytes of large_blocks")
    page.click("document.getElementById('widths')")


def check_tables(test, page):
    page.open_tab("functions")
    rows = {row[0]: row for row in test.rows(page, "functions")}
    test.equal(rows["make_block"][2:5], ["50.6 KiB", "4.7 KiB", "-45.9 KiB"], "make_block")
    test.equal(rows["small_blocks"][5:8], ["1000 B", "3.9 KiB", "+2.9 KiB"], "small_blocks")
    test.equal(rows["large_blocks"][5:8], ["48.8 KiB", "0 B", "-48.8 KiB"], "large_blocks")
    page.click("document.querySelector('#panel-functions tr.row')")
    page.open_tab("places")
    test.check(test.rows(page, "places")[0][4].startswith("-"), "the change of a place")


def main():
    with testing() as test, Browser() as browser:
        old = test.profile(test.program("workers"))
        new = test.profile(test.program("workers"), "more")
        path = test.folder / "difference.html"
        done = subprocess.run([GAIAPROF, "diff", "-f", "html", "-o", path, old, new],
                              capture_output=True, env=clean_environment(), check=False)
        test.equal((done.returncode, done.stderr), (0, b""), "diff -f html")
        page = browser.open(f"file://{path}")
        totals = page.run("document.getElementById('summary').textContent")
        test.check("bytes allocated" in totals and "peak" in totals, f"totals: {totals}")
        check_flame(test, page)
        check_tables(test, page)
        test.choose(page, "live bytes")
        page.open_tab("flame")
        test.no_problems(page)


main()
