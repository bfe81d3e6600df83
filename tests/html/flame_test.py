# SPDX-License-Identifier: MIT
"""The flame graph: what is drawn, zoom by click and by keys, search, other values, other way up,
and the source of what was clicked."""
from page_test import Browser, frame, testing

FOCUSED = "document.activeElement.__data__?.data.name"


def check_drawn(test, page):
    frames = test.frames(page)
    test.equal(frames["large_blocks"], 50000, "bytes of large_blocks")
    test.equal(frames["small_blocks"], 1000, "bytes of small_blocks")
    test.check("hold" not in frames, "a function without allocations is drawn")
    widths = page.run("""['large_blocks', 'main'].map((name) =>
        [...document.querySelectorAll('g.frame')].find((each) => each.__data__.data.name === name)
        .querySelector('rect').getBoundingClientRect().width)""")
    share = frames["large_blocks"] / frames["main"]
    test.check(abs(widths[0] / widths[1] - share) < 0.02, f"widths {widths}, not as {share}")


def check_zoom(test, page):
    page.click(frame("large_blocks"))
    test.check("small_blocks" not in test.frames(page), "zoomed in, other frames are still there")
    width = page.run(f"({frame('large_blocks')}).getBoundingClientRect().width")
    whole = page.run("document.querySelector('#graph svg').getBoundingClientRect().width")
    test.check(width > 0.98 * whole, f"zoomed in, the frame is {width} of {whole} wide")
    source = page.run("document.querySelector('.details.below .source')?.textContent ?? ''")
    test.check("kept = make_block(50000);" in source, f"the source of large_blocks: {source!r}")
    test.check("48.8 KiB" in source, "the source has no figures")
    page.key("Escape")
    test.check("small_blocks" in test.frames(page), "Escape does not reset the zoom")
    page.click(frame("large_blocks"))
    page.click("document.getElementById('reset')")
    test.check("small_blocks" in test.frames(page), "the button does not reset the zoom")


def check_keys(test, page):
    page.run("document.querySelector('g.frame[tabindex=\"0\"]').focus()")
    test.equal(page.run(FOCUSED), "all", "what has the focus")
    seen = []
    for _ in range(12):
        page.key("ArrowDown")
        seen.append(page.run(FOCUSED))
    test.check("main" in seen and "large_blocks" in seen, f"inwards: {seen}")
    while page.run(FOCUSED) != "large_blocks":
        page.key("ArrowUp")
    page.key("ArrowRight")
    beside = page.run(FOCUSED)
    test.check(beside != "large_blocks", "ArrowRight goes nowhere")
    page.key("ArrowLeft")
    page.key("Enter")
    test.equal(page.run(FOCUSED), "large_blocks", "the focus after Enter")
    test.check(beside not in test.frames(page), "Enter does not zoom")
    page.key("Escape")
    test.check(beside in test.frames(page), "Escape does not reset the zoom of keys")


def check_search(test, page):
    page.key("/")
    page.type("MAKE_BLOCK")
    marked = page.run("""[...document.querySelectorAll('g.frame.match')]
        .map((each) => each.__data__.data.name)""")
    test.equal(set(marked), {"make_block"}, "frames that match")
    said = page.run("document.getElementById('matched').textContent")
    total = test.frames(page)["all"]
    test.equal(said, f"1 function, 50.6 KiB ({100 * 51777 / total:.1f}%)", "search says")
    colours = page.run("""[...document.querySelectorAll('g.frame.match rect')]
        .map((each) => each.getAttribute('fill'))""")
    test.equal(len(set(colours)), 1, "colours of what matches")
    page.key("Escape")
    test.equal(page.run("document.querySelectorAll('g.frame.match').length"), 0,
               "matches after Escape")
    page.type("/^(small|large)_/")
    said = page.run("document.getElementById('matched').textContent")
    test.check(said.startswith("2 functions, 49.8 KiB"), f"search by expression says {said!r}")
    page.key("Escape")
    page.type("/^(main|make_block)$/")
    said = page.run("document.getElementById('matched').textContent")
    test.check(said.endswith("(100%)"), f"matches within matches: {said!r}")
    page.key("Escape")
    page.type("/(/")
    test.equal(page.run("document.getElementById('matched').textContent"),
               "not a regular expression", "search for /(/")
    page.key("Escape")
    page.run("document.activeElement.blur()")


def check_values(test, page):
    test.choose(page, "blocks allocated")
    test.equal(test.frames(page)["small_blocks"], 100, "blocks of small_blocks")
    test.choose(page, "time others waited, by holder")
    test.check("hold" in test.frames(page), "the holder is not drawn")
    test.choose(page, "bytes leaked")
    test.equal(test.frames(page).get("lose_block"), 777, "bytes leaked by lose_block")
    test.choose(page, "bytes allocated")


def check_direction(test, page):
    top = "getBoundingClientRect().top"
    above = f"({frame('all')}).{top} < ({frame('main')}).{top}"
    test.check(page.run(above), "callers are not above")
    page.key("i")
    test.check(not page.run(above), "the graph does not turn over")
    page.run(f"({frame('all')}).focus()")
    page.key("ArrowUp")
    test.check(page.run(FOCUSED) != "all", "turned over, ArrowUp does not go inwards")
    page.key("i")


def check_recursion(test, page):
    page.open_tab("functions")
    rows = {row[0]: row for row in test.rows(page, "functions")}
    test.equal(rows["descend"][4], "2.9 KiB", "cum of a function that calls itself")
    page.open_tab("flame")


def fill_of(page, name):
    return page.run(f"({frame(name)}).querySelector('rect').getAttribute('fill')")


def check_hidden(test, page):
    """What changes while another tab is shown."""
    fill = fill_of(page, "main")
    page.open_tab("functions")
    test.equal(page.run("location.hash"), "#functions", "the address")
    page.click("document.getElementById('theme')")
    page.open_tab("flame")
    test.check(fill_of(page, "main") != fill, "the theme that was chosen elsewhere is not drawn")
    page.click("document.getElementById('theme')")
    page.click(frame("large_blocks"))
    page.open_tab("functions")
    page.key("Escape")
    page.open_tab("flame")
    test.check("small_blocks" not in test.frames(page), "Escape elsewhere resets the zoom")
    test.choose(page, "live bytes")
    test.equal(page.run("document.getElementById('reset').disabled"), False,
               "another value resets the zoom")
    test.check("small_blocks" not in test.frames(page), "another value shows all again")
    test.choose(page, "bytes allocated")
    page.key("Escape")


def check_deep(test, browser):
    """A graph higher than the window scrolls, from its root."""
    page = browser.open(f"file://{test.page(test.profile(test.program('bursts')))}")
    test.choose(page, "blocks allocated")
    box = "document.getElementById('graph')"
    inside = f"""(() => {{ const frame = ({frame('all')}).getBoundingClientRect();
        const box = {box}.getBoundingClientRect();
        return frame.top >= box.top && frame.bottom <= box.bottom; }})()"""
    test.check(page.run(f"{box}.scrollHeight > {box}.clientHeight"), "the graph is not deep")
    test.check(page.run(f"{box}.clientHeight") < 600, "the graph is higher than the window")
    test.check(page.run(inside), "the root is not in sight")
    page.key("i")
    test.check(page.run(inside), "turned over, the root is not in sight")
    page.key("i")
    page.run("document.querySelector('g.frame[tabindex=\"0\"]').focus()")
    page.key("ArrowDown")
    tip = page.run("[document.querySelector('.tip').hidden, "
                   "document.querySelector('.tip').textContent]")
    test.check(not tip[0] and "blocks allocated" in tip[1], f"keys show no figures: {tip}")
    test.no_problems(page)


def main():
    with testing() as test, Browser() as browser:
        page = browser.open(f"file://{test.page(test.profile(test.program('workers')))}")
        for check in (check_drawn, check_zoom, check_keys, check_search, check_values,
                      check_direction, check_recursion, check_hidden):
            check(test, page)
        page.run(f"({frame('main')}).dispatchEvent(new MouseEvent('mouseover', {{bubbles: true}}))")
        tip = page.run("document.querySelector('.tip').textContent")
        test.check("main" in tip and "workers.c:" in tip and "bytes" in tip, f"tooltip {tip!r}")
        test.no_problems(page)
        check_deep(test, browser)


main()
