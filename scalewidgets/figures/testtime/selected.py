"""Other ways to pick an answer, where the log recorded what they need: votes, best of k, rounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ...testtime.menu import Menu
from ...testtime.selectors import selector_curves
from ...testtime.tally import Tally
from .following import between, share
from .view import Array, Selected, View

WAYS = {
    "vote": ("Majority vote", "answer", "recorded answers"),
    "best": ("Best of k by score", "score", "recorded scores"),
    "rounds": ("Sequential rounds", "round", "a column round"),
}
"""Name, what the screen calls it, the column it needs, and that in words."""
_SELECTOR = {"vote": "vote", "best": "best of k"}
MOST, POINTS = 200, 12
"""Samples up to which a vote is exact; numbers of samples at which a curve is computed."""


def read_selected(log: pd.DataFrame | None, counts: Tally) -> tuple[dict[str, Selected], dict[str, str]]:
    """Curves that a log of samples allows, and what the others lack.

    Parameters
    ----------
    log : DataFrame or None
        One row a sample (``attempts`` layout); None where only counts are known.
    counts : Tally
        Of the same log.

    Returns
    -------
    selected : dict of str to Selected
        Of each way, the share solved by every model.
    lacking : dict of str to str
        Of every other way, what is missing.
    """
    selected: dict[str, Selected] = {}
    lacking: dict[str, str] = {}
    for way, (_, column, words) in WAYS.items():
        if log is None:
            lacking[way] = f"needs a log of single samples with {words}"
        elif column not in log or log[column].isna().any():
            lacking[way] = f"needs {words}{' for every sample' if column in log else ''}"
        else:
            selected[way] = _rounds(log, counts) if way == "rounds" else _curves(log, counts, _SELECTOR[way])
    return selected, lacking


def _parts(log: pd.DataFrame, counts: Tally) -> list[pd.DataFrame]:
    """Rows of each model on the problems that all were asked."""
    kept = log[log["problem_id"].astype(str).isin(set(counts.problems))]
    if "model" not in kept or len(counts.models) == 1:
        return [kept.drop(columns=[name for name in ("model",) if name in kept])]
    names = kept["model"].astype(str)
    return [kept[names == model].drop(columns="model") for model in counts.models]


def _curves(log: pd.DataFrame, counts: Tally, selector: str) -> Selected:
    last = min(float(counts.least.min()), MOST)
    k = np.unique(np.rint(np.geomspace(1, last, POINTS)))
    found = [selector_curves(rows, k, selectors=[selector]) for rows in _parts(log, counts)]
    value, low, high = (
        np.stack([getattr(one, part)[0] for one in found]) for part in ("value", "low", "high")
    )
    return Selected(k, value, low, high)


def _rounds(log: pd.DataFrame, counts: Tally) -> Selected:
    """Share of chains that are right after each round: a chain that stopped keeps its last answer."""
    rounds = np.arange(1.0, float(pd.to_numeric(log["round"]).max()) + 1)
    values: list[Array] = []
    lows: list[Array] = []
    highs: list[Array] = []
    for rows in _parts(log, counts):
        keys = ["problem_id", *(["sample"] if "sample" in rows and rows["sample"].notna().all() else [])]
        wide = rows.assign(round=pd.to_numeric(rows["round"])).pivot_table(
            index=keys, columns="round", values="correct", aggfunc="last"
        )
        filled = wide.reindex(columns=rounds).ffill(axis=1).bfill(axis=1)
        each = filled.groupby("problem_id").mean().to_numpy(dtype=float)
        mean = each.mean(axis=0)
        half = 1.959963984540054 * each.std(axis=0, ddof=1) / np.sqrt(len(each)) if len(each) > 1 else np.nan
        values.append(mean)
        lows.append(np.clip(mean - half, 0, 1))
        highs.append(np.clip(mean + half, 0, 1))
    return Selected(rounds, np.stack(values), np.stack(lows), np.stack(highs))


def selected_columns(view: View, found: Menu) -> dict[str, dict[str, Any]]:
    """The curves that are switched on, of the advised model, and their names at the end."""
    out: dict[str, dict[str, Any]] = {}
    for way, (words, _, _) in WAYS.items():
        curve = view.selected.get(way)
        if curve is None or way not in view.held.shown or found.best < 0:
            out[f"cov-{way}"] = {"x": [], "y": []}
            out[f"cov-{way}-label"] = {"x": [], "y": [], "text": []}
            continue
        at = found.best
        y = curve.value[at]
        ends = between(float(curve.low[at, -1]), float(curve.high[at, -1]))
        said = f"{words.split(' by ')[0]}: {share(float(y[-1]))} {ends}".rstrip()
        out[f"cov-{way}"] = {"x": curve.k, "y": y}
        out[f"cov-{way}-label"] = {"x": [float(curve.k[-1])], "y": [float(y[-1])], "text": [said]}
    return out


def switches(lacking: Mapping[str, str]) -> dict[str, Any]:
    """The section of switches; one that the log does not allow says what is missing."""
    items = [
        {
            "kind": "switch",
            "key": f"show.{way}",
            "label": words,
            **({"lacking": lacking[way]} if way in lacking else {}),
        }
        for way, (words, _, _) in WAYS.items()
    ]
    return {
        "id": "curves",
        "heading": "Other curves",
        "folded": [{"runs": [{"text": f"{len(WAYS) - len(lacking)} of {len(WAYS)}"}], "when": {}}],
        "items": items,
    }


def selected_options(view: View) -> dict[str, Any]:
    """What the browser needs to show them."""
    return {
        way: {
            "label": WAYS[way][0].split(" by ")[0],
            "k": curve.k,
            "value": curve.value,
            "low": curve.low,
            "high": curve.high,
        }
        for way, curve in view.selected.items()
    }
