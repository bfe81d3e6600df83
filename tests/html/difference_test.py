# SPDX-License-Identifier: MIT
"""The page of a difference: widths are the new values, red grew and blue shrank, tables show both
and the change, and what is gone can be looked at, too."""
import subprocess

from page_test import GAIAPROF, Browser, environment, frame, testing


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


def difference(test, *profiles):
    path = test.folder / "difference.html"
    done = subprocess.run([GAIAPROF, "diff", "-f", "html", "-o", path, *profiles],
                          capture_output=True, env=environment(), check=False)
    test.equal((done.returncode, done.stderr), (0, b""), "diff -f html")
    return path


def check_unrecorded(test, browser, profile):
    """What one of the two has not recorded is not 0, and the notes say why."""
    bare = test.profile(test.program("workers"), options="report=none:heap=off")
    page = browser.open(f"file://{difference(test, bare, profile)}")
    text = page.run("document.getElementById('summary').textContent")
    test.check("old: the heap was not recorded" in text, f"notes: {text!r}")
    row = page.run("""[...document.querySelectorAll('#summary tr')].map((row) =>
        [...row.cells].map((cell) => cell.textContent)).find((row) => row[0] === 'allocations')""")
    test.equal(row[1], "not recorded", f"old allocations of {row}")
    offered = page.run("[...document.querySelectorAll('#value option')].map((e) => e.textContent)")
    test.check(not any(each.startswith("bytes") for each in offered), f"offered: {offered}")
    test.no_problems(page)


def check_runs(test, browser, old, new):
    """Of several runs: how many, statistics as the text has them, no colour without a reason."""
    page = browser.open(f"file://{difference(test, old, old, '--', new, new)}")
    test.check(page.run("document.getElementById('run').textContent").count("2 runs") == 2,
               "the heading does not say how many runs")
    text = page.run("document.getElementById('summary').textContent")
    test.check("means of the runs" in text and "(p=" in text, f"the totals: {text!r}")
    test.equal(page.run("document.querySelectorAll('#summary .grew, #summary .shrank').length"), 0,
               "what is not significant has a colour")
    page.open_tab("functions")
    cut = page.run("""[...document.querySelectorAll('#panel-functions .rows')].filter((box) =>
        box.scrollWidth > box.clientWidth + 1).length""")
    test.equal(cut, 0, "the table of functions does not fit")
    test.no_problems(page)


def main():
    with testing() as test, Browser() as browser:
        old = test.profile(test.program("workers"))
        new = test.profile(test.program("workers"), "more")
        page = browser.open(f"file://{difference(test, old, new)}")
        totals = page.run("document.getElementById('summary').textContent")
        test.check("allocated bytes" in totals and "peak bytes" in totals, f"totals: {totals}")
        check_flame(test, page)
        check_tables(test, page)
        test.choose(page, "live bytes")
        page.open_tab("flame")
        test.no_problems(page)
        check_unrecorded(test, browser, new)
        check_runs(test, browser, old, new)


main()
