"""The data room: bundled tables of figures, and reading and checking a user's own table.

Names are resolved on first use, because the registry needs no pandas and a command line that
only lists the tables should not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazily

if TYPE_CHECKING:
    from .checking import Findings as Findings
    from .checking import check as check
    from .fetching import fetch as fetch
    from .files import read_table as read_table
    from .findings import Finding as Finding
    from .loading import datasets as datasets
    from .loading import load as load
    from .pages import dataset as dataset
    from .reader import read_runs as read_runs
    from .registry import Dataset as Dataset
    from .repairs import apply_repair as apply_repair
    from .samples import count_samples as count_samples
    from .samples import read_samples as read_samples
    from .systems import read_systems as read_systems

_HOMES = {
    "Dataset": "registry",
    "Finding": "findings",
    "apply_repair": "repairs",
    "dataset": "pages",
    "Findings": "checking",
    "check": "checking",
    "datasets": "loading",
    "fetch": "fetching",
    "load": "loading",
    "count_samples": "samples",
    "read_runs": "reader",
    "read_samples": "samples",
    "read_systems": "systems",
    "read_table": "files",
}

__getattr__, __dir__ = lazily(__name__, _HOMES)
