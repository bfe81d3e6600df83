# SPDX-License-Identifier: MIT
"""Each value's total on the page is the JSON report's, and what is drawn adds up to it."""
from page_test import Browser, testing


def leaked(report, key):
    leaks = report.get("leaks", {})
    return sum(leaks[name][key] for name in ("definite", "indirect", "possible") if name in leaks)


def wait_sum(report, part, key, idle):
    return sum(each[key] for lock in report.get("locks", []) for each in lock[part]
               if ("idle_ns" in lock) == idle)


def expected(report):
    heap = report.get("heap", {})
    sites = heap.get("sites", [])
    threads = [each for each in report.get("threads", {}).get("records", []) if each["created_by"]]
    values = {
        "bytes allocated": heap.get("allocated_bytes"),
        "blocks allocated": heap.get("allocations"),
        "live bytes": heap.get("live_bytes"),
        "live blocks": heap.get("live_blocks"),
        "bytes at the peak": sum(site["peak_bytes"] for site in sites),
        "temporary blocks": heap.get("temporary"),
        "bytes leaked": leaked(report, "bytes"),
        "blocks leaked": leaked(report, "blocks"),
        "time waited for locks": wait_sum(report, "waiters", "wait_ns", False),
        "waits for locks": wait_sum(report, "waiters", "count", False),
        "idle time": wait_sum(report, "waiters", "wait_ns", True),
        "idle waits": wait_sum(report, "waiters", "count", True),
        "time others waited, by holder": wait_sum(report, "holders", "wait_ns", False),
        "waits of others, by holder": wait_sum(report, "holders", "count", False),
        "threads created": len(threads),
    }
    return {title: value for title, value in values.items() if value}


def check_page(test, browser, profile):
    page = browser.open(f"file://{test.page(profile)}")
    wanted = expected(test.json(profile))
    offered = page.run("""[...document.querySelectorAll('#value option')].map((option) =>
        [option.textContent.replace(/ \\([^(]*\\)$/, ''), Number(option.dataset.total)])""")
    shown = dict(offered)
    for title, value in wanted.items():
        test.equal(shown.get(title), value, f"{profile.name}: {title}")
    for title, value in shown.items():
        test.check(value != 0, f"{profile.name}: {title} is offered, though 0")
        test.choose(page, title)
        drawn = page.run("""[...document.querySelectorAll('g.frame')].map((frame) =>
            frame.__data__).filter((d) => d.depth === 0).map((d) => d.data.value)""")
        test.equal(drawn, [value], f"{profile.name}: the root of {title}")
        lost = page.run("""[...document.querySelectorAll('g.frame')].map((frame) => frame.__data__)
            .filter((d) => (d.children ?? []).reduce((sum, each) => sum + each.data.value, 0) >
                d.data.value).length""")
        test.equal(lost, 0, f"{profile.name}: frames of {title} with wider callees")
    test.no_problems(page)
    return shown


def main():
    with testing() as test, Browser() as browser:
        shown = check_page(test, browser, test.profile(test.program("workers")))
        for title in ("bytes allocated", "live bytes", "bytes leaked", "time waited for locks",
                      "idle time", "time others waited, by holder", "threads created"):
            test.check(title in shown, f"workers: {title} is not offered")
        for kind in ("demo", "leaks", "locks", "sampled"):
            check_page(test, browser, test.made_profile(kind))


main()
