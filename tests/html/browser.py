# SPDX-License-Identifier: MIT
"""A headless Chromium that is driven over its pipe (the DevTools protocol, messages end with NUL).

    with Browser() as browser:
        page = browser.open("file:///...")
        page.run("document.title")

A page remembers what it logged as errors, what it threw, and what it asked the network for.
"""
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

from checks import skip

ANSWER_SECONDS = 120


def chromium():
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if shutil.which(name):
            return shutil.which(name)
    return skip("no chromium")


class Browser:
    def __init__(self, width=1280, height=800):
        self.size = width, height
        self.number = 0
        self.buffer = b""
        self.events = []

    def __enter__(self):
        program = chromium()
        self.home = tempfile.mkdtemp(prefix="gaiaprof-html-")
        in_read, self.to = os.pipe()
        self.of, out_write = os.pipe()
        # As 3 and 4 in the child, whatever numbers they have here.
        moved = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (in_read, out_write)]

        def place():
            os.dup2(moved[0], 3)
            os.dup2(moved[1], 4)

        environment = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--hide-scrollbars", "--disable-background-networking",
             f"--user-data-dir={self.home}", f"--window-size={self.size[0]},{self.size[1]}",
             "--remote-debugging-pipe", "about:blank"],
            preexec_fn=place, pass_fds=(3, 4), stdin=subprocess.DEVNULL, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        for fd in (in_read, out_write, *moved):
            os.close(fd)
        return self

    def __exit__(self, *_):
        try:
            self.send("Browser.close")
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired, RuntimeError):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # the group that was made for it alone
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.to)
        os.close(self.of)
        shutil.rmtree(self.home, ignore_errors=True)

    # --- messages

    def send(self, method, session=None, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        return self.number

    def receive(self, seconds):
        end = time.monotonic() + seconds
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.of], [], [], max(0, end - time.monotonic()))
            if not ready:
                return None
            data = os.read(self.of, 1 << 20)
            if not data:
                raise RuntimeError("chromium has ended")
            self.buffer += data
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        number = self.send(method, session, **parameters)
        while True:
            message = self.receive(ANSWER_SECONDS)
            if message is None:
                raise RuntimeError(f"no answer to {method}")
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def open(self, url, dark=False, width=None, height=None):
        return Page(self, url, dark, width or self.size[0], height or self.size[1])


class Page:
    def __init__(self, browser, url, dark, width, height):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target,
                                    flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.resize(width, height)
        self.prefer("dark" if dark else "light")
        self.url = url
        self.call("Page.navigate", url=url)
        self.wait("document.documentElement?.dataset.ready")
        if self.run("document.documentElement.dataset.ready") != "true":
            raise RuntimeError(f"the page has failed: {self.problems()}")

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def prefer(self, scheme):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)

    def run(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    def wait(self, expression, seconds=ANSWER_SECONDS):
        end = time.monotonic() + seconds
        while not self.run(expression):
            if time.monotonic() > end:
                raise RuntimeError(f"never true: {expression}; {self.problems()}")
            time.sleep(0.02)

    # --- what a user does

    def key(self, key, code=None, text=None):
        numbers = {"Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40, "ArrowLeft": 37,
                   "ArrowRight": 39, "Tab": 9, "Home": 36, "End": 35}
        text = text or {"Enter": "\r"}.get(key) or (key if len(key) == 1 else None)
        event = {"key": key, "windowsVirtualKeyCode": numbers.get(key) or
                 (ord(key.upper()) if key.isalnum() and len(key) == 1 else 0)}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **event,
                  **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **event)

    def type(self, text):
        for letter in text:
            self.key(letter)

    def mouse(self, kind, x, y):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, clickCount=1,
                  button="none" if kind == "mouseMoved" else "left")

    # At the middle of what the expression selects.
    def click(self, expression):
        x, y = self.run(f"""(() => {{ const e = {expression}; e.scrollIntoView({{block: 'center'}});
            const b = e.getBoundingClientRect();
            return [b.left + Math.min(b.width / 2, 40), b.top + b.height / 2]; }})()""")
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y)
        self.mouse("mouseReleased", x, y)

    def open_tab(self, name):
        self.click(f"document.getElementById('tab-{name}')")

    def screenshot(self, path, full=False):
        import base64
        data = self.call("Page.captureScreenshot", captureBeyondViewport=full)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    # --- what went wrong

    def drain(self):
        self.run("0")
        while (message := self.browser.receive(0)) is not None:
            self.browser.events.append(message)

    def problems(self):
        """Exceptions, errors in the log, and requests for anything but the page."""
        found = []
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            parameters = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                details = parameters["exceptionDetails"]
                found.append(details.get("exception", {}).get("description") or details["text"])
            elif event["method"] == "Log.entryAdded":
                found.append(parameters["entry"]["text"])
            elif event["method"] == "Runtime.consoleAPICalled":
                found.append(str(parameters["args"]))
            elif event["method"] == "Network.requestWillBeSent":
                if parameters["request"]["url"].split("#")[0] != self.url.split("#")[0]:
                    found.append("request of " + parameters["request"]["url"])
        return found
