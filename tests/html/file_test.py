# SPDX-License-Identifier: MIT
"""The file: one, small, whole; what names it, and what options leave in it."""
import json
import re

from page_test import Browser, testing

EMPTY_BYTES_MAX = 400_000


def data_of(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="profile">(.*?)</script>', text, re.S).group(1))


def titles(data):
    return [data["strings"][value["title"]] for value in data["values"]]


def check_file(test, profile):
    done = test.report("-f", "html", profile)
    name = done.stdout.decode().strip()
    test.check(re.fullmatch(r"html_workers\.\d+\.html", name), f"it is called {name!r}")
    text = (test.folder / name).read_text(encoding="utf-8")
    bytes_of_page = len(text) - len(re.search(r'id="profile">(.*?)</script>', text, re.S).group(1))
    test.check(bytes_of_page < EMPTY_BYTES_MAX, f"without data it has {bytes_of_page} bytes")
    test.check("default-src 'none'" in text, "it may load something")
    for loading in (r"<link\b", r"<script[^>]+src=", r"@import", r"url\(\s*['\"]?http"):
        test.check(not re.search(loading, text), f"it has {loading}")
    again = test.report("-f", "html", "-o", "-", profile).stdout.decode()
    test.equal(again, text, "what -o - prints")


def check_options(test, profile):
    leaks = data_of(test.page(profile, "-v", "leaks", name="v.html"))
    test.equal(titles(leaks), ["bytes leaked", "blocks leaked"], "values of -v leaks")
    block = data_of(test.page(profile, "-v", "block", name="v.html"))
    test.equal(titles(block), ["time waited for locks", "waits for locks", "idle time",
                               "idle waits"], "values of -v block")
    focused = data_of(test.page(profile, "--focus", "large_blocks", name="v.html"))
    totals = dict(zip(titles(focused), (value["total"] for value in focused["values"])))
    test.equal(totals["bytes allocated"], 50000, "bytes that --focus leaves")
    test.check("bytes leaked" not in totals, "--focus leaves other leaks")


def check_full(test, profile):
    done = test.report("-f", "html", "-o", "/dev/full", profile)
    test.check(done.returncode != 0 and b"No space left on device" in done.stderr,
               f"a full disk: {done.stderr!r}")


def check_filter(test, browser, profile):
    page = browser.open(f"file://{test.page(profile, '--focus', 'large_blocks', name='v.html')}")
    test.check("large_blocks" in page.run("document.getElementById('filtered').textContent"),
               "the page does not say that it is filtered")


def check_summary(test, browser, profile):
    """The summary has the words of the text report."""
    page = browser.open(f"file://{test.page(profile)}")
    shown = page.run("""[...document.querySelectorAll('#summary p')].map((each) =>
        [each.className, each.lastChild.textContent])""")
    words = "".join(test.report("-f", "text", profile).stdout.decode().split())
    test.check(len(shown) > 5, f"the summary has {len(shown)} lines")
    for name, text in shown:
        mark = "!" if name == "wrong" else ""
        test.check(mark + "".join(text.split()) in words, f"the text report does not say {text!r}")
    test.check(any(name == "wrong" for name, _ in shown), "nothing is marked as wrong")


def main():
    with testing() as test, Browser() as browser:
        profile = test.profile(test.program("workers"))
        check_file(test, profile)
        check_options(test, profile)
        check_full(test, profile)
        check_filter(test, browser, profile)
        check_summary(test, browser, profile)


main()
