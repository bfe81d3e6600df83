# SPDX-License-Identifier: MIT
"""The tables: order, filter, keys, and what an opened row shows. Locks, leaks and threads are
known."""
import subprocess

from page_test import GAIAPROF, Browser, environment, testing


def head(tab, title, table=0):
    return f"""[...document.querySelectorAll('#panel-{tab} .table')[{table}]
        .querySelectorAll('th button')].find((each) => each.textContent === '{title}')"""


def details(page, tab):
    return page.run(f"document.querySelector('#panel-{tab} .details').textContent")


def check_functions(test, page):
    page.open_tab("functions")
    flat = page.run("""[...document.querySelectorAll('#panel-functions tr.row')].map((row) =>
        row.cells[0].textContent)""")
    test.equal(flat[0], "make_block", "the first function")
    page.click(head("functions", "function"))
    names = [row[0] for row in test.rows(page, "functions")]
    test.equal(names, sorted(names), "functions by name")
    page.click(head("functions", "function"))
    names = [row[0] for row in test.rows(page, "functions")]
    test.equal(names, sorted(names, reverse=True), "functions by falling name")
    test.equal(page.run(f"({head('functions', 'function')}).parentNode.ariaSort"), "descending",
               "aria-sort")
    page.click(head("functions", "cum"))
    page.key("/")
    page.type("blocks")
    test.equal({row[0] for row in test.rows(page, "functions")}, {"small_blocks", "large_blocks"},
               "functions filtered")
    test.check("2 of" in page.run("document.querySelector('#panel-functions .said').textContent"),
               "the filter does not say how many rows it left")


def check_keys(test, page):
    page.run("document.querySelector('#panel-functions .rows').focus()")
    page.key("ArrowDown")
    page.key("ArrowDown")
    page.key("Enter")
    opened = page.run("document.querySelector('#panel-functions tr.opened').cells[0].textContent")
    test.equal(opened, "small_blocks", "the row that Enter opens")
    test.check("free(make_block(10));" in details(page, "functions"), "no source in the details")
    page.run("""[...document.querySelectorAll('#panel-functions .neighbours button')]
        .find((each) => each.textContent === 'make_block').click()""")
    test.check(details(page, "functions").startswith("make_block"), "a callee does not open")


def check_places(test, page):
    page.open_tab("places")
    rows = test.rows(page, "places")
    test.equal(rows[0][0], "make_block", "the first place")
    page.click("document.querySelector('#panel-places tr.row')")
    text = details(page, "places")
    test.check("large_blocks" in text and "small_blocks" in text, f"stacks of a place: {text!r}")


def check_leaks(test, page):
    page.open_tab("leaks")
    rows = test.rows(page, "leaks")
    test.equal(rows[0][0], "definite", "the first leak's class")
    test.equal(rows[0][3:5], ["777 B", "1"], "the first leak")
    page.click("document.querySelector('#panel-leaks tr.row')")
    test.check("lose_block" in details(page, "leaks"), "the leak's stack")


def check_locks(test, page):
    page.open_tab("locks")
    rows = test.rows(page, "locks")
    test.equal(rows[0][:2], ["table_lock", "mutex"], "the first lock")
    page.click("document.querySelector('#panel-locks tr.row')")
    text = details(page, "locks")
    test.check("want (workers.c" in text and "hold (workers.c" in text, f"its parties: {text!r}")
    test.check("First used by" in text, "a lock that no call has made has a maker")
    pairs = test.rows(page, "locks", 1)
    test.check(len(pairs) == 1 and pairs[0][1].startswith("want") and
               pairs[0][2].startswith("hold"), f"who waits behind whom: {pairs}")
    idle = test.rows(page, "locks", 2)
    test.check({"barrier", "join"} <= {row[1] for row in idle}, f"idle waits: {idle}")


def check_threads(test, page):
    page.open_tab("threads")
    rows = test.rows(page, "threads")
    test.equal(len(rows), 4, "threads")
    test.equal([row[6] for row in rows], ["running", "joined", "joined", "leaked"], "their ends")
    page.click("document.querySelectorAll('#panel-threads tr.row')[3]")
    test.check("main" in details(page, "threads"), "who created a thread")


def count_of(page, tab):
    return page.run(f"document.querySelector('#tab-{tab} .count')?.textContent")


def check_counts(test, page):
    """A tab says how many there are to look at."""
    test.equal(count_of(page, "leaks"), "1", "leaks that are none because they are reachable")
    test.equal(count_of(page, "locks"), "1", "locks that were waited for")


CUT = """[...document.querySelectorAll('#panels > :not([hidden]) .rows')].flatMap((box) => [
    ...[...box.querySelectorAll('td.number, th')].filter((cell) =>
        cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent),
    ...(box.scrollWidth > box.clientWidth + 1 ? [`${box.ariaLabel} is too wide`] : [])])"""


def check_room(test, page):
    """Nothing that has a width of its own is cut in a common window."""
    for tab in ("functions", "places", "leaks", "locks", "threads"):
        page.open_tab(tab)
        test.equal(page.run(CUT), [], f"cut in {tab}")
    page.open_tab("threads")
    ends = page.run("""[...document.querySelectorAll('#panel-threads tr.row')].map((row) =>
        row.cells[6]).filter((cell) => cell.scrollWidth > cell.clientWidth).length""")
    test.equal(ends, 0, "how threads ended is cut")


def check_filter(test, page):
    page.open_tab("functions")
    page.run("document.querySelector('#panel-functions .rows').focus()")
    page.key("ArrowDown")
    said = page.run("document.querySelector('#panel-functions .unseen').textContent")
    name = page.run("document.querySelector('#panel-functions tr.active').cells[0].textContent")
    test.check(said.startswith(f"{name}, ") and "flat " in said, f"moving says {said!r}")
    page.key("/")
    page.type("blocks")
    test.choose(page, "blocks allocated")
    test.equal({row[0] for row in test.rows(page, "functions")}, {"small_blocks", "large_blocks"},
               "another value loses the filter")
    test.choose(page, "bytes allocated")


def check_merged(test, browser, profile):
    """Of several processes: what it is, how many threads each row has, no times."""
    merged = test.folder / "merged.gaia"
    bursts = test.profile(test.program("bursts"))
    subprocess.run([GAIAPROF, "merge", "-o", merged, profile, profile, bursts], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
    page = browser.open(f"file://{test.page(merged)}#threads")
    test.equal(page.run("document.getElementById('program').textContent"),
               "3 profiles of 2 programs", "the name of a merged profile")
    test.check("pid" not in page.run("document.querySelector('header').textContent"), "its pid")
    test.check(not page.run("document.getElementById('tab-timeline')"), "it has a timeline")
    test.check("60" in [row[0] for row in test.rows(page, "threads")], "counts of threads")
    test.no_problems(page)


def check_many(test, browser):
    """Only rows in sight are elements, and the last can be reached."""
    page = browser.open(f"file://{test.page(test.made_profile('large', '30000'))}#places")
    page.wait("document.querySelectorAll('#panel-places tr.row').length > 0")
    count = page.run("document.querySelectorAll('#panel-places tr.row').length")
    test.check(count < 120, f"{count} rows are elements")
    page.run("document.querySelector('#panel-places .rows').focus()")
    page.key("End")
    page.key("Enter")
    test.check("stack" in page.run("document.querySelector('#panel-places .details').innerHTML"),
               "the last row does not open")
    test.no_problems(page)


def main():
    with testing() as test, Browser() as browser:
        profile = test.profile(test.program("workers"), options="report=none:hold=exact")
        page = browser.open(f"file://{test.page(profile)}")
        for check in (check_functions, check_keys, check_places, check_leaks, check_locks,
                      check_threads, check_counts, check_room, check_filter):
            check(test, page)
        page.open_tab("timeline")
        test.check(page.run("document.querySelectorAll('#panel-timeline .chart').length") >= 2,
                   "charts over time")
        test.no_problems(page)
        check_many(test, browser)
        check_merged(test, browser, profile)


main()
