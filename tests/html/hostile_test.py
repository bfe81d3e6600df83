# SPDX-License-Identifier: MIT
"""Names that are markup stay text: of functions, files, threads, programs, arguments, modules."""
import os
import shutil
import subprocess

from page_test import Browser, skip, testing

FUNCTION = "<script>window.hacked=1</script>\"'&amp;\n\u2028x"
PROGRAM = "<img src=x onerror='window.hacked=1'>"
ARGUMENT = "</script><script>window.hacked=1</script><!--"


def hostile_program(test):
    if not os.environ.get("OBJCOPY") or "NOTFOUND" in os.environ["OBJCOPY"]:
        skip("no objcopy")
    path = test.folder / PROGRAM
    shutil.copy(test.program("hostile"), path)
    # the function's name is what the symbol table says, without DWARF
    subprocess.run([os.environ["OBJCOPY"], "--strip-debug", "--redefine-sym",
                    f"evil_function={FUNCTION}", path], check=True)
    return path


def check_page(test, browser, path, texts):
    page = browser.open(f"file://{path}")
    for tab in page.run("[...document.querySelectorAll('#tabs button')].map((each) => each.id)"):
        page.click(f"document.getElementById('{tab}')")
        page.run("""document.querySelector('[role=tabpanel]:not([hidden]) tr.row')?.click()""")
        page.run("""document.querySelector('[role=tabpanel]:not([hidden]) g.frame')
            ?.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))""")
        for tag in ("img", "b", "i"):
            found = page.run(f"document.querySelectorAll('body {tag}').length")
            test.equal(found, 0, f"{tag} elements in {tab}")
    test.equal(page.run("document.querySelectorAll('script').length"), 1, "scripts")
    test.check(not page.run("window.hacked"), "a name was run as a script")
    shown = page.run("""document.body.textContent + document.title +
        [...document.querySelectorAll('g.frame')].map((each) => each.__data__.data.name).join()""")
    for text in texts:
        test.check(text in shown, f"{text!r} is nowhere on the page")
    test.no_problems(page)


def main():
    with testing() as test, Browser() as browser:
        profile = test.profile(hostile_program(test), ARGUMENT, "\x1b[31m")
        check_page(test, browser, test.page(profile),
                   [FUNCTION.split("\n")[0], PROGRAM, "</script><b>\"'", ARGUMENT[:8]])
        named = test.page(test.profile(test.program("hostile")), name="named.html")
        check_page(test, browser, named, ["<img src=x onerror=window.hacked=1>.c"])
        check_page(test, browser, test.page(test.made_profile("hostile")), ["arg"])


main()
