# SPDX-License-Identifier: MIT
"""Light and dark, by the system's wish and by choice; narrow windows; an empty profile; a page that
is opened again."""
from page_test import Browser, frame, testing

CONTRAST = """Math.min(...[...document.querySelectorAll('g.frame')].map((frame) => {
    const light = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((each) => {
        const part = Number(each) / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    }).reduce((sum, each, i) => sum + each * [0.2126, 0.7152, 0.0722][i], 0) + 0.05;
    const one = light(getComputedStyle(frame.querySelector('rect')).fill);
    const other = light(getComputedStyle(frame.querySelector('.d3-flame-graph-label')).color);
    return Math.max(one, other) / Math.min(one, other); }))"""
BACK = "getComputedStyle(document.body).backgroundColor"


def brightness(colour):
    return sum(int(part) for part in colour[colour.index("(") + 1:-1].split(",")[:3])


def check_themes(test, browser, path):
    light = browser.open(f"file://{path}")
    test.check(brightness(light.run(BACK)) > 600, "light is not")
    fill = light.run(f"({frame('main')}).querySelector('rect').getAttribute('fill')")
    light.click("document.getElementById('theme')")
    test.check(brightness(light.run(BACK)) < 150, "the button does not make it dark")
    test.check(light.run(f"({frame('main')}).querySelector('rect').getAttribute('fill')") != fill,
               "frames keep the light colours")
    light.key("t")
    test.check(brightness(light.run(BACK)) > 600, "the key does not make it light again")
    test.no_problems(light)
    light.run("localStorage.clear()")
    dark = browser.open(f"file://{path}", dark=True)
    test.check(brightness(dark.run(BACK)) < 150, "dark is not")
    test.check(dark.run(CONTRAST) >= 4.5, f"dark labels have a contrast of {dark.run(CONTRAST)}")
    dark.prefer("light")
    dark.wait("document.documentElement.dataset.theme === 'light'", 20)
    test.no_problems(dark)


def check_widths(test, browser, path):
    for width in (1280, 400):
        page = browser.open(f"file://{path}", width=width, height=800)
        for tab in page.run("[...document.querySelectorAll('#tabs button')].map((e) => e.id)"):
            page.click(f"document.getElementById('{tab}')")
            wide = page.run("document.documentElement.scrollWidth")
            test.check(wide <= width, f"{tab} is {wide} wide in a window of {width}")
        page.resize(700, 800)
        page.open_tab("flame")
        page.wait("""document.querySelector('#graph svg').getBoundingClientRect().right <= 700 &&
            document.querySelector('#graph svg').getBoundingClientRect().width > 600""", 20)
        test.no_problems(page)


def check_empty(test, browser):
    options = "report=none:heap=off:locks=off:threads=off"
    page = browser.open(f"file://{test.page(test.profile('true', options=options))}")
    test.check("not recorded" in page.run("document.getElementById('summary').textContent"),
               "an empty profile does not say why")
    test.check(len(page.run("document.getElementById('panels').textContent")) > 20,
               "an empty profile shows nothing at all")
    page.key("/")
    page.key("Escape")
    page.key("i")
    test.no_problems(page)


def check_keys(test, browser, path):
    page = browser.open(f"file://{path}")
    page.key("?")
    test.check(page.run("document.getElementById('keys').open"), "'?' shows no keys")
    test.equal(page.run("document.activeElement.id"), "keys", "what has the focus")
    tabs = page.run("document.querySelectorAll('#tabs button').length")
    test.equal(page.run("document.getElementById('digits').textContent"), f"1 … {tabs}", "digits")
    licences = page.run("document.querySelector('#keys pre').textContent")
    for name in ("d3-flame-graph", "d3-selection", "Apache License", "ISC"):
        test.check(name in licences, f"{name} is not among the licences")
    page.key("Escape")
    test.check(not page.run("document.getElementById('keys').open"), "Escape leaves the keys open")
    page.key("2")
    test.check(not page.run("document.getElementById('panel-functions').hidden"),
               "'2' opens no tab")
    page.run("document.querySelector('[role=tab][tabindex=\"0\"]').focus()")
    page.key("ArrowRight")
    test.equal(page.run("document.activeElement.id"), "tab-places", "ArrowRight in the tabs")
    unnamed = page.run("""[...document.querySelectorAll('button, input, select')].filter((each) =>
        !each.textContent.trim() && !each.ariaLabel && !each.labels?.length).length""")
    test.equal(unnamed, 0, "controls without a name")
    test.no_problems(page)


def main():
    with testing() as test, Browser() as browser:
        path = test.page(test.profile(test.program("workers")))
        check_themes(test, browser, path)
        check_widths(test, browser, path)
        check_keys(test, browser, path)
        check_empty(test, browser)


main()
