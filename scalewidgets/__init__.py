"""Scaling-law fitting, compute allocation and test-time-scaling analysis, live in JupyterLab."""

from ._version import __version__ as __version__


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell JupyterLab where the prebuilt extension is."""
    return [{"src": "labextension", "dest": "scalewidgets"}]
