"""What the Python blocks of a written page print: run, compared, filled in."""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from typing import Any

BLOCK = re.compile(r"(```python\n(?P<code>.*?)```\n)(?P<shown>\n```text\n.*?```\n)?", re.DOTALL)
"""A block of Python, and the block of its output where one follows."""


def with_outputs(page: str) -> str:
    """Run the Python of a page from top to bottom, in one namespace, and write down what it prints.

    A block of ``text`` that follows a block of Python becomes its output.
    """
    names: dict[str, Any] = {}

    def run(found: re.Match[str]) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(found["code"], "<page>", "exec"), names)
        if found["shown"] is None:
            return found[0]
        return f"{found[1]}\n```text\n{printed.getvalue().rstrip()}\n```\n"

    with _elsewhere():
        return BLOCK.sub(run, page)


@contextlib.contextmanager
def _elsewhere() -> Iterator[None]:
    """A folder of its own, for pages that write files, and the engine that is everywhere."""
    here, engine = os.getcwd(), os.environ.get("SCALEWIDGETS_ENGINE")
    os.environ["SCALEWIDGETS_ENGINE"] = "numpy"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(here)
            if engine is None:
                del os.environ["SCALEWIDGETS_ENGINE"]
            else:
                os.environ["SCALEWIDGETS_ENGINE"] = engine
