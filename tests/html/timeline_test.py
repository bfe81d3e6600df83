# SPDX-License-Identifier: MIT
"""Figures over time: what was there for a moment only is seen, lines are steps, what the cursor
reads is what is drawn, and a process that runs is shown as it is now. Numbers are rounded as the
text has them, and lines of source are whole."""
import os
import re
import subprocess

from page_test import BUILD, Browser, environment, testing


def chart(page, title):
    """[words of the keys, paths of the lines, words below the axis]"""
    return page.run(f"""(() => {{
        const chart = [...document.querySelectorAll('#panel-timeline .chart')]
            .find((each) => each.querySelector('strong').textContent === '{title}');
        const all = (what) => [...chart.querySelectorAll(what)];
        return [all('.key').map((each) => each.textContent),
            all('path').map((each) => each.getAttribute('d')),
            all('.tick').map((each) => {{ const b = each.getBoundingClientRect();
                return [b.left, b.right, each.textContent]; }})]; }})()""")


def read_at(page, title, share):
    """What the cursor reads there, and how high each line is drawn."""
    return page.run(f"""(() => {{
        const chart = [...document.querySelectorAll('#panel-timeline .chart')]
            .find((each) => each.querySelector('strong').textContent === '{title}');
        const plot = chart.querySelector('.plot'), box = plot.getBoundingClientRect();
        plot.dispatchEvent(new MouseEvent('mousemove',
            {{clientX: box.left + 72 + (box.width - 80) * {share}, clientY: box.top + 20}}));
        return chart.querySelector('.read').textContent; }})()""")


def check_burst(test, page):
    page.open_tab("timeline")
    keys, paths, _ = chart(page, "Threads")
    test.check(keys[0].endswith("at most 61"), f"threads: {keys}")
    test.check(all(re.fullmatch(r"M[\d.,]+(H[\d.]+V[\d.]+)*H[\d.]+", path) for path in paths),
               f"lines are no steps: {paths}")
    heights = [float(each) for each in re.findall(r"[V,]([\d.]+)", paths[0])]
    test.check(max(heights) - min(heights) > 60, f"the line does not show the burst: {heights}")
    test.check(re.search(r"alive 1$|alive 1,", read_at(page, "Threads", 0.02)), "threads before it")
    keys, paths, _ = chart(page, "Memory")
    summary = page.run("document.getElementById('summary').textContent")
    peak = re.search(r"peak (~?[\d.]+ MiB)", summary).group(1)
    test.check(f"at most {peak}" in keys[0], f"the peak is {peak}, not {keys}")
    test.check(any(key.startswith(f"peak {peak}") for key in keys), f"no peak is drawn: {keys}")


def check_axis(test, browser, path):
    for width in (1280, 400):
        page = browser.open(f"file://{path}", width=width, height=800)
        page.open_tab("timeline")
        page.wait("document.querySelectorAll('#panel-timeline .tick').length > 0")
        ticks = chart(page, "Memory")[2]
        test.check(len(ticks) > 1, f"ticks: {ticks}")
        for (_, right, one), (left, _, other) in zip(ticks, ticks[1:]):
            test.check(right + 4 < left, f"{one} and {other} touch in a window of {width}")
        test.no_problems(page)


def check_now(test, browser):
    """Of a process that runs: its moments are older than what it has now."""
    profile = test.folder / "now.gaia"
    variables = environment(LD_PRELOAD=str(BUILD / "libgaiaprof.so"),
                                    GAIAPROF_OPTIONS="report=none", GAIAPROF_OUTPUT=str(profile))
    with subprocess.Popen([test.program("bursts"), "wait"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, env=variables) as process:
        os.read(process.stdout.fileno(), 1)
        page = browser.open(f"file://{test.page(profile)}#timeline")
        live = test.json(profile)["heap"]["live_blocks"]
        process.stdin.close()
    read = read_at(page, "Live blocks", 1)
    test.check(read.endswith(f"blocks {live}"), f"{live} blocks are live now: {read!r}")
    test.check("at the end" not in page.run("document.body.textContent"), "it runs")
    test.no_problems(page)


def check_source(test, page):
    page.open_tab("functions")
    page.run("""[...document.querySelectorAll('#panel-functions tr.row')]
        .find((row) => row.cells[0].textContent === 'half_way').click()""")
    row = page.run("""[...document.querySelectorAll('#panel-functions tr.row.opened')]
        .map((row) => [...row.cells].map((cell) => cell.textContent))[0]""")
    test.equal(row[2], "66.2 KiB", "67840 bytes, as printf rounds")
    code = page.run("""document.querySelector('#panel-functions .source .hot .code').textContent""")
    test.check(code.startswith("        kept[0] = "), f"a tab is not 8 columns: {code[:20]!r}")
    test.check(code.endswith("the end"), f"the line is cut: {code[-20:]!r}")


def main():
    with testing() as test, Browser() as browser:
        profile = test.profile(test.program("bursts"))
        line = "\tkept[0] = malloc(67840); // " + 40 * "on and on " + "the end"
        (test.folder / "made_by_a_test.c").write_text(f"one\ntwo\n{{\n{line}\n}}\n")
        path = test.page(profile, "--source-path", test.folder)
        page = browser.open(f"file://{path}")
        check_burst(test, page)
        check_source(test, page)
        test.no_problems(page)
        check_axis(test, browser, path)
        check_now(test, browser)


main()
