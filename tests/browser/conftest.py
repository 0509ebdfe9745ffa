"""A real JupyterLab in a real Chromium: every page is watched for errors and for requests that leave.

A test asks for ``lab`` (to put notebooks in place) and ``open_page`` (to look at one)::

    def test_slider_moves_curve(lab, open_page):
        page = open_page(lab.put(notebook("import scalewidgets as sw", "..."), "one.ipynb"))
        run_all(page)  # from .driver, like save, restart_kernel, reload, new_view, set_theme
        before = len(page.seen.comms())  # widget messages sent to the kernel so far

JupyterLab is not loaded again for every test: a page goes on to the next one as a person does, by closing
what is open and opening another notebook. What a test tells of the first figure of a page says
``open_page(path, fresh=True)``, and so does what leaves a page that is not as it was.

What has happened is waited for (``until``, ``shows``, ``moved``, ``told``, ``answered``), and a pointer aims
at what is ``settled``. A time is waited only where nothing may happen (``quiet``, ``untold``).
When the test ends it fails if any page printed an error, raised, or asked anything outside the loopback.
A test that provokes an error says so beforehand: ``open_page.allow_console(r"pattern")``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .driver import HELPERS, Seen, open_notebook, put_away, set_theme, wait_ready

ROOT = Path(__file__).resolve().parents[2]
FAILURES = ROOT / "build" / "browser-failures"

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    # No name resolves: a request that wants to leave fails at once, and is recorded.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
NO_NEWS = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}


def find_chromium() -> str | None:
    """Return the system's Chromium (or Chrome), or what SCALEWIDGETS_CHROMIUM names."""
    names = (os.environ.get("SCALEWIDGETS_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


class Lab:
    """A running JupyterLab: its address, its folder, its log."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.place = ""  # the folder of the present test, in the root
        self.tests = 0
        self.log = folder / "lab.log"
        places = {
            "JUPYTER_CONFIG_DIR": folder / "config",
            "JUPYTER_DATA_DIR": folder / "data",
            "JUPYTER_RUNTIME_DIR": folder / "runtime",
            "JUPYTERLAB_SETTINGS_DIR": folder / "settings",
            "JUPYTERLAB_WORKSPACES_DIR": folder / "workspaces",
            "IPYTHONDIR": folder / "ipython",
        }
        for place in (self.root, *places.values()):
            place.mkdir(parents=True)
        notification = folder / "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
        notification.parent.mkdir(parents=True)
        notification.write_text(json.dumps(NO_NEWS))
        environ = dict(os.environ) | {name: str(place) for name, place in places.items()}
        # The kernel named python3 must be this environment's, whatever the user has installed elsewhere.
        environ["JUPYTER_PREFER_ENV_PATH"] = "1"
        environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environ.get("PATH", "")])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.root}",
            "--IdentityProvider.token=",
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.extension_manager=readonly",
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--allow-root")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, env=environ, stdout=log, stderr=subprocess.STDOUT)
        self._wait()

    def _wait(self, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/api", timeout=2):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        self.stop()
        pytest.fail(f"JupyterLab did not start:\n{self.log.read_text()[-2000:]}", pytrace=False)

    def put(self, notebook: str | os.PathLike[str] | dict[str, Any], name: str | None = None) -> str:
        """Place a notebook (a file to copy, or nbformat as a dict) in the test's folder; return its path."""
        default = "notebook.ipynb" if isinstance(notebook, dict) else Path(notebook).name
        path = "/".join(filter(None, (self.place, name or default)))
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(notebook, dict):
            target.write_text(json.dumps(notebook), encoding="utf-8")
        else:
            shutil.copyfile(notebook, target)
        return path

    def stop(self) -> None:
        """End the server; it shuts its kernels down."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


# Package scope, not session: Playwright keeps an event loop alive in this thread, and tests
# elsewhere that run a loop of their own must not meet it.
@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a JupyterLab of the running interpreter's environment, with nothing of the user's."""
    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _place(lab: Lab) -> None:
    """Give each test a folder of its own: notebooks of one name in two tests are two notebooks."""
    lab.tests += 1
    lab.place = f"test-{lab.tests}"


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Return the system Chromium under Playwright."""
    chromium = find_chromium()
    if chromium is None:
        pytest.fail(
            "No Chromium found: install it (Debian, Ubuntu: apt-get install chromium; Fedora: dnf install "
            "chromium; macOS: brew install --cask chromium), or set SCALEWIDGETS_CHROMIUM to its path.",
            pytrace=False,
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield chrome
        chrome.close()


MOST_TESTS = 20
"""Tests that one page serves: what a browser keeps of closed notebooks does not grow without end."""


class Shelf:
    """A page in which JupyterLab is loaded and nothing is open, for the next test to take."""

    def __init__(self) -> None:
        self.page: Any = None

    def take(self) -> Any:
        """Return the page that was put back, if there is one."""
        page, self.page = self.page, None
        return page

    def put(self, page: Any) -> None:
        """Close what is open in a page and keep it, if it is as good as new then; else close it."""
        if self.page is None and page.tests < MOST_TESTS and put_away(page):
            self.page = page
        else:
            page.context.close()


@pytest.fixture(scope="package")
def shelf(browser: Any) -> Shelf:
    """Where pages wait between tests."""
    return Shelf()


class OpenPage:
    """Opens notebooks in pages of their own and remembers what each page did."""

    def __init__(self, lab: Lab, browser: Any, shelf: Shelf) -> None:
        self.lab = lab
        self.browser = browser
        self.shelf = shelf
        self.pages: list[Any] = []
        self.allowed: list[re.Pattern[str]] = []

    def __call__(
        self,
        path: str | None,
        width: int = 1440,
        height: int = 960,
        dark: bool = False,
        ready: bool = True,
        fresh: bool = False,
    ) -> Any:
        """Open a notebook of the lab (None: the launcher) and wait until its kernel answers.

        With `fresh`, and for the launcher, JupyterLab is loaded anew.
        """
        page = None if fresh or path is None else self.shelf.take()
        loaded = page is not None
        if page is None:
            page = self._new_page()
        self.pages.append(page)
        page.tests += 1
        page.notebook = path
        page.folder = self.lab.root / self.lab.place
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        if loaded:
            page.seen.forget()
            set_theme(page, dark)
            open_notebook(page, str(path))
        else:
            page.goto(f"{self.lab.url}/lab/tree/{path}?reset" if path else f"{self.lab.url}/lab?reset")
            page.wait_for_function("() => window.jupyterapp?.shell?.isAttached", timeout=90_000)
            set_theme(page, dark)
        if path and ready:
            wait_ready(page)
        return page

    def _new_page(self) -> Any:
        context = self.browser.new_context()
        context.set_default_timeout(30_000)
        context.set_default_navigation_timeout(90_000)
        context.add_init_script(HELPERS)
        page = context.new_page()
        page.seen = Seen(page)
        page.lab = self.lab
        page.tests = 0
        return page

    def allow_console(self, pattern: str) -> None:
        """Say beforehand that this test provokes a console error that matches the pattern."""
        self.allowed.append(re.compile(pattern))

    def complaints(self) -> list[str]:
        """Return what the pages did that no test may do unannounced."""
        found = []
        for page in self.pages:
            found += [f"left the loopback: {url}" for url in page.seen.outside]
            found += [
                f"console error: {text}"
                for text in page.seen.console
                if not any(pattern.search(text) for pattern in self.allowed)
            ]
        return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Keep the outcome on the item, so that the page fixture can photograph a failure."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED: pytest.StashKey[bool] = pytest.StashKey()
# A kernel that nobody looks at any more would go on filling in figures, on the cores of the next test. The
# server ends it when it has heard of it; nobody waits for that.
END_KERNELS = """() => Promise.race([
  window.jupyterapp?.serviceManager.sessions.shutdownAll(),
  new Promise(resolve => setTimeout(resolve, 200))
])"""


@pytest.fixture
def open_page(lab: Lab, browser: Any, shelf: Shelf, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Open notebooks; when the test ends, nothing may have left the loopback and no error been printed."""
    opener = OpenPage(lab, browser, shelf)
    yield opener
    complaints = opener.complaints()
    failed = request.node.stash.get(FAILED, False) or bool(complaints)
    for number, page in enumerate(opener.pages):
        if failed and not page.is_closed():
            FAILURES.mkdir(parents=True, exist_ok=True)
            name = re.sub(r"\W+", "-", request.node.name)
            page.screenshot(path=FAILURES / f"{name}-{number}.png")
        if failed or page.is_closed():
            if not page.is_closed():
                page.evaluate(END_KERNELS)
            page.context.close()
        else:
            shelf.put(page)
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)
