"""A headless Chromium, driven through the DevTools protocol over two pipes; no other package is needed."""

import base64
import json
import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",
)

# Expressions for `Browser.evaluate`: elements wider than the window or their container, and plots with text cut off.
OVERFLOWING = """[...document.querySelectorAll("body *")].filter(element => {
    if (element.parentElement.closest("svg")) return false;
    const box = element.getBoundingClientRect();
    return box.right > innerWidth + 1 || box.left < -1 || element.scrollWidth > element.clientWidth + 1 &&
        element.clientWidth > 0 && getComputedStyle(element).display !== "inline";
}).map(element => element.tagName + " " + element.textContent.slice(0, 60))"""
CUT = """[...document.querySelectorAll("svg")].filter(svg => [...svg.querySelectorAll("text")].some(text => {
    const inner = text.getBoundingClientRect(), outer = svg.getBoundingClientRect();
    return inner.left < outer.left - 4 || inner.right > outer.right + 4 || inner.bottom > outer.bottom + 4;
})).map(svg => svg.getAttribute("aria-label"))"""


class Browser:
    """One page. Every method waits for the browser's answer."""

    def __init__(self, commands, answers):
        self._commands, self._answers = commands, answers
        self._number, self._session, self._rest = 0, None, b""
        self.requests = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self._call(f"{domain}.enable")

    def open(self, path, width, dark=False):
        """Show a file in a window of this width; `requests` then holds the URLs that were asked for."""
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 700
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        self.requests = []
        self._call("Page.navigate", url=path.as_uri())
        self._wait_for("Page.loadEventFired")

    def evaluate(self, expression):
        """The value of a JavaScript expression."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def screenshot(self, path):
        """Save the whole page as PNG."""
        shot = self._call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def print_style(self):
        """Show the page with the styles of print."""
        self._call("Emulation.setEmulatedMedia", media="print")

    def pdf(self):
        """The page as it is printed on A4."""
        return base64.b64decode(self._call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])

    def _call(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self._number:
            self._note(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def _wait_for(self, event):
        while (answer := self._read()).get("method") != event:
            self._note(answer)

    def _note(self, event):
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(event["params"]["request"]["url"])

    def _read(self):
        while b"\0" not in self._rest:
            more = os.read(self._answers, 2**20)
            assert more, "the browser has ended"
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@contextmanager
def chromium(profile):
    """A `Browser`; skips the test where no Chromium is installed.

    Args:
        profile: an empty folder for the browser's own files.
    """
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    to_browser, commands = os.pipe()
    answers, from_browser = os.pipe()

    def connect():  # the browser reads from descriptor 3 and writes to 4
        os.dup2(os.dup(to_browser), 3)
        os.dup2(os.dup(from_browser), 4)

    moved = [os.dup(each) for each in (to_browser, from_browser)]  # above 4, which connect() overwrites
    to_browser, from_browser = moved

    process = subprocess.Popen(
        [program, *OPTIONS, "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        close_fds=False,
        preexec_fn=connect,
    )
    try:
        yield Browser(commands, answers)
    finally:
        process.terminate()
        process.wait(timeout=20)
        for descriptor in (commands, answers, *moved):
            os.close(descriptor)
