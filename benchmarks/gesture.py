"""From a gesture to the picture, in a real JupyterLab: ``python -m benchmarks.gesture [--clicks 40]``.

A run is clicked away and clicked back on the 240 points. Timed in the page: from the release of the mouse
to the frame after the one in which figure and sentence of the new fit are drawn, that is browser, socket,
kernel, fit, 200 resamples, socket, browser. Wall time, unlike everything else here, so run it on an idle
machine; the split says where it goes, and a mark on the run stands on screen long before.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS, Lab, OpenPage, Shelf, find_chromium
from tests.browser.driver import notebook, run_all

GOAL = 100.0
LOOK = 2_000
"""Milliseconds between two clicks: a person looks at the picture, and the checked fit comes in."""

# Kernel and page read the same clock, so their moments can be put in one order.
CODE = """
import json, time
import scalewidgets as sw
from scalewidgets.widgets import fit_screen
from scalewidgets.widgets.settings import Settings

fitter = sw.LawFitter(sw.load('chinchilla'))
moments = []

def timed(home, name, label):
    work = getattr(home, name)
    def wrapped(*args, **options):
        moments.append((label + ':begin', 1e3 * time.time()))
        try:
            return work(*args, **options)
        finally:
            moments.append((label + ':end', 1e3 * time.time()))
    setattr(home, name, wrapped)

send = fitter.send
def watched(content, buffers=None):
    send(content, buffers)
    if content['type'] == 'sketch':
        moments.append(('told', 1e3 * time.time()))
    if content['type'] == 'reply':
        with open('moments.json', 'w') as file:
            json.dump(moments, file)
fitter.send = watched
timed(fitter, '_asked', 'asked')
timed(Settings, 'quick', 'fit')
timed(fit_screen, 'law_fitter_sketch', 'sketch')
fitter
"""

# What goes over the socket, and when the mouse is let go.
LISTEN = """(() => {
  window.swMoments = [];
  const note = name => window.swMoments.push([name, performance.timeOrigin + performance.now()]);
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    note('sent');
    return send.call(this, data);
  };
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      // Registered first, so it hears of a message before anybody reads it; short ones tell of progress.
      super.addEventListener('message', event => {
        if ((event.data.byteLength ?? event.data.length) > 4096) {
          note('received');
        }
      });
    }
  };
  window.addEventListener('pointerup', () => note('released'), true);
})()"""

# The note under the title counts the runs; it changes with the figure. A mark stands on the run before. Text
# is read as it stands: innerText would lay the page out, and whoever polls asks for a frame every time.
WATCH = """() => {
  const note = name => window.swMoments.push([name, performance.timeOrigin + performance.now()]);
  const drawn = name => requestAnimationFrame(() => requestAnimationFrame(() => {
    note(name);
    if (name === 'drawn') {
      window.swDone();
    }
  }));
  const noted = document.querySelector('.sw-note');
  let said = noted.textContent.slice(0, 3);
  let marks = 0;
  new MutationObserver(() => {
    const there = document.querySelectorAll('.sw-marks').length;
    if (there > marks) {
      drawn('marked');
    }
    marks = there;
    const now = (noted.isConnected ? noted : document.querySelector('.sw-note')).textContent.slice(0, 3);
    if (now !== said) {
      said = now;
      note('said');
      drawn('drawn');
    }
  }).observe(document.querySelector('.sw-frame'), {subtree: true, childList: true, characterData: true});
}"""

NEXT = """() => {
  window.swDrawn = new Promise((done, lost) => {
    window.swDone = done;
    setTimeout(() => lost(new Error('no picture came')), 20_000);
  });
}"""

STAGES = (
    ("mouse released to request sent", "released", "sent"),
    ("request on its way (socket, server)", "sent", "asked:begin"),
    ("kernel reads the request", "asked:begin", "fit:begin"),
    ("kernel: fit and 200 resamples", "fit:begin", "fit:end"),
    ("kernel: columns and words", "fit:end", "sketch:end"),
    ("kernel: message packed and sent", "sketch:end", "told"),
    ("answer on its way (server, socket)", "told", "received"),
    ("page: curves, columns, words", "received", "said"),
    ("page: figures painted", "said", "drawn"),
)


def first_run(page: Any) -> tuple[float, float]:
    """Return a place on the page where a run lies under the mouse."""
    page.locator("[data-slot=main]").scroll_into_view_if_needed()
    box = page.locator("[data-slot=main]").bounding_box()
    for step in range(80):
        x, y = box["x"] + 60 + step * 6, box["y"] + 90 + step * 4
        page.mouse.move(x, y)
        page.wait_for_timeout(30)
        if page.locator(".sw-hover").is_visible():
            return x, y
    raise SystemExit("No run was found under the mouse.")


def click(page: Any, count: int) -> None:
    """Click one run away and back."""
    x, y = first_run(page)
    page.evaluate(WATCH)
    for _ in range(count):
        page.evaluate(NEXT)
        page.mouse.click(x, y)
        page.evaluate("() => window.swDrawn")
        page.wait_for_timeout(LOOK)


def split(moments: list[tuple[str, float]]) -> list[dict[str, float]]:
    """Return the moments of each click: of every name the first one after the release of the mouse."""
    ordered = sorted(moments, key=lambda moment: moment[1])
    starts = [at for name, at in ordered if name == "released"]
    clicks = []
    for start, end in zip(starts, [*starts[1:], float("inf")], strict=True):
        found: dict[str, float] = {}
        for name, at in ordered:
            # Of all that is received, the answer is what comes after it was made; a thread may have sent it
            # before the kernel notes that it told.
            if start <= at < end and (name != "received" or "sketch:end" in found):
                found.setdefault(name, at)
        if "drawn" in found:
            clicks.append(found)
    return clicks


def main() -> None:
    """Print median, 95 % and largest, and where the time goes."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clicks", type=int, default=40)
    chosen = options.parse_args()
    lab = Lab(Path(tempfile.mkdtemp()))
    try:
        with sync_playwright() as program:
            browser = program.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
            opened = OpenPage(lab, browser, Shelf())
            fresh = browser.new_context

            def listening(**given: Any) -> Any:
                context = fresh(**given)
                context.add_init_script(LISTEN)
                return context

            browser.new_context = listening
            page = opened(lab.put(notebook(CODE), "gesture.ipynb"), width=1440, height=960)
            run_all(page)
            page.wait_for_selector(".sw-sentence")
            page.wait_for_timeout(6_000)  # the other laws are fitted, too
            click(page, chosen.clicks)
            told = json.loads((lab.root / "moments.json").read_text())
            clicks = split([*page.evaluate("() => window.swMoments"), *told])
            browser.close()
    finally:
        lab.stop()
    report(clicks)


def report(clicks: list[dict[str, float]]) -> None:
    """Print the whole, and each stage of it."""

    def between(first: str, last: str) -> np.ndarray:
        return np.array([seen[last] - seen[first] for seen in clicks if first in seen and last in seen])

    taken = between("released", "drawn")
    p50, p95 = np.percentile(taken, [50, 95])
    verdict = "met" if p95 <= GOAL else "NOT met"
    load = os.getloadavg()[0]
    print(
        f"click to drawn, {len(taken)} clicks: median {p50:.0f} ms, 95 % within {p95:.0f} ms, "
        f"largest {taken.max():.0f} ms; goal {GOAL:.0f} ms: {verdict} (load of the machine {load:.1f})"
    )
    marked = between("released", "marked")
    if len(marked):
        print(
            f"a mark on the run: median {np.median(marked):.0f} ms, "
            f"95 % within {np.percentile(marked, 95):.0f} ms"
        )
    print(f"\n| {'stage':36} | median ms | 95 % ms |\n|{'-' * 38}|---:|---:|")
    for label, first, last in STAGES:
        spent = between(first, last)
        if len(spent):
            print(f"| {label:36} | {np.median(spent):.1f} | {np.percentile(spent, 95):.1f} |")


if __name__ == "__main__":
    main()
