# SPDX-License-Identifier: MIT
"""100,000 stacks, and a million: sizes are sensible, and the page answers. The limits are what a
machine under load may need, not what it should."""
import time

from page_test import Browser, frame, testing

SECONDS_MAX = 30


def timed(test, what, action):
    start = time.monotonic()
    result = action()
    seconds = time.monotonic() - start
    print(f"{what}: {seconds:.2f} s")
    test.check(seconds < SECONDS_MAX, f"{what} took {seconds:.1f} s")
    return result


def check_page(test, browser, path):
    page = timed(test, "first screen", lambda: browser.open(f"file://{path}"))
    count = page.run("document.querySelectorAll('g.frame').length")
    test.check(20 < count < 4000, f"{count} frames are drawn")
    rest = page.run("""[...document.querySelectorAll('g.frame')]
        .map((each) => each.__data__.data.rest ?? 0).reduce((a, b) => a + b)""")
    test.check(rest > 1000, f"{rest} nodes are summed up as smaller")
    inner = page.run("""(() => { const frames = [...document.querySelectorAll('g.frame')]
        .filter((each) => each.__data__.children?.length && each.__data__.data.node > 0)
        .sort((a, b) => b.__data__.depth - a.__data__.depth);
        return frames[0].__data__.data.name; })()""")
    timed(test, "zoom", lambda: page.click(frame(inner)))
    timed(test, "reset", lambda: page.key("Escape"))
    timed(test, "search", lambda: (page.key("/"), page.type("0x2")))
    test.check(page.run("document.querySelectorAll('g.frame.match').length") > 0,
               "the search marks nothing")
    timed(test, "functions", lambda: page.open_tab("functions"))
    timed(test, "places", lambda: page.open_tab("places"))
    timed(test, "a place",
          lambda: page.run("document.querySelector('#panel-places tr.row').click()"))
    test.no_problems(page)


def main():
    with testing() as test, Browser() as browser:
        profile = test.made_profile("large", "100000")
        path = timed(test, "100,000 stacks are written", lambda: test.page(profile))
        size = path.stat().st_size / 1e6
        print(f"page: {size:.1f} MB")
        test.check(size < 30, f"the page has {size:.0f} MB")
        check_page(test, browser, path)


main()
