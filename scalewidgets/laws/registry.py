"""The registry of laws: every law declared in a module of this package, by name."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from typing import TYPE_CHECKING

from scalewidgets.errors import FormulaError, UnknownNameError, quoted

from .core import Law

if TYPE_CHECKING:
    import pandas as pd

_ORDER = (
    "language pre-training",
    "learning curves",
    "data",
    "data mixtures",
    "compute-optimal training",
    "learning-rate schedules",
    "hyper-parameters",
    "architecture",
    "precision and compression",
    "fine-tuning",
    "downstream",
    "inference",
    "reinforcement learning",
    "vision and multimodal",
    "translation",
    "science and robotics",
    "theory",
)
"""What most people come for first; a theme that is not named here comes last."""

_laws: dict[str, Law] = {}


def register(law: Law) -> Law:
    """Add a law to the registry.

    Parameters
    ----------
    law : Law
        Its ``name`` is the key.

    Returns
    -------
    Law
        The same, so that a declaration can be kept in a variable.

    Raises
    ------
    FormulaError
        If another law has the name already.
    """
    known = _laws.get(law.name)
    if known is not None and known != law:
        raise FormulaError(
            f"Another law is named {quoted(law.name)}: {known.formula}.", remedy="Choose another name."
        )
    _laws[law.name] = law
    return law


def law(name: str | Law) -> Law:
    """Look a law up by name.

    Parameters
    ----------
    name : str or Law
        A name of :func:`catalogue`. A law is returned as it is.

    Returns
    -------
    Law

    Raises
    ------
    UnknownNameError
        With the names that come close.
    """
    if isinstance(name, Law):
        return name
    _load()
    if isinstance(name, str) and name in _laws:
        return _laws[name]
    is_formula = isinstance(name, str) and any(mark in name[:1000] for mark in "+-*/()")
    remedy = (
        'A formula of your own is written sw.Law("E + A / N**alpha", inputs=["N"]).' if is_formula else None
    )
    raise UnknownNameError.of("a law", name, _laws, remedy=remedy)


def names() -> tuple[str, ...]:
    """Names of all laws, theme by theme."""
    return tuple(_in_order())


def _in_order() -> dict[str, Law]:
    """All laws, those of one theme together."""
    _load()
    themes = list(dict.fromkeys([*_ORDER, *(item.theme for item in _laws.values())]))
    return dict(sorted(_laws.items(), key=lambda entry: themes.index(entry[1].theme)))


def catalogue() -> pd.DataFrame:
    """Show every law as a table.

    Returns
    -------
    DataFrame
        Indexed by name, with columns title, formula, inputs, output, theme, citation, published
        (number of verified published sets of coefficients), unverified (of further sets, marked U) and mark
        (how well the form was checked; U is unverified).
    """
    import pandas as pd

    rows = [
        {
            "name": item.name,
            "title": item.title,
            "formula": item.formula,
            "inputs": ", ".join(item.input_names),
            "output": item.output,
            "theme": item.theme,
            "citation": item.cite,
            "published": len(item.verified),
            "unverified": len(item.published) - len(item.verified),
            "mark": item.mark,
        }
        for item in _in_order().values()
    ]
    frame: pd.DataFrame = pd.DataFrame(rows).set_index("name")
    return frame


@lru_cache(maxsize=1)
def _load() -> None:
    """Import every module of this package: a theme file registers its laws by being there."""
    package = __name__.rpartition(".")[0]
    paths = importlib.import_module(package).__path__
    for module in sorted(info.name for info in pkgutil.iter_modules(paths)):
        importlib.import_module(f"{package}.{module}")
