"""Entries of a menu of laws, under the heading of their theme."""

from __future__ import annotations

from collections.abc import Mapping

from ..laws import law, names


def law_options(laws: Mapping[str, str]) -> list[dict[str, str]]:
    """Entries of a menu of laws.

    Parameters
    ----------
    laws : mapping of str to str
        Names of laws and what the menu calls them; a law of the user's own may be among them.

    Returns
    -------
    list of dict
        ``value``, ``label`` and ``group``: the theme as a heading. Entries of one theme stand together,
        themes and entries in the order in which they are given.
    """
    known = set(names())
    themes: dict[str, list[dict[str, str]]] = {}
    for name, label in laws.items():
        theme = law(name).theme if name in known else "your own"
        group = theme[:1].upper() + theme[1:]
        themes.setdefault(group, []).append({"value": name, "label": label, "group": group})
    return [entry for entries in themes.values() for entry in entries]
