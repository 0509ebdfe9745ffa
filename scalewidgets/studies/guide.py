"""The collection of the Hitchhiker's Guide the way its code reads it (arXiv:2410.11840).

Three of its families are read otherwise than the bundled table has them; figures of the guide hold for its
own reading.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalewidgets.data import load

TITLES = {
    **{f"GPT2-c4-{k}": f"GPT-2 C4, {k} ep." for k in (1, 2, 3, 4, 5, 7, 14, 44)},
    **{f"GPT2-oscar-{k}": f"GPT-2 OSCAR, {k} ep." for k in (1, 2, 3, 4, 5, 7, 14, 44)},
    "gpt3": "GPT-3",
    "chinchilla": "Chinchilla",
    "OPT": "OPT, perplexity",
    "t5-pile": "Pile-T5, bits",
}
"""The families of the guide that the bundled table holds, and what to print."""


def guide_runs() -> pd.DataFrame:
    """Return the 20 families of the bundled table as the guide's code reads them.

    Returns
    -------
    DataFrame
        The columns of ``sw.load("hitchhikers")`` and ``loss_unit``. Chinchilla's sizes are rounded to 10 M,
        which makes 43 models of its 245 points, and tokens are C/6N of the rounded size, to whole tokens.
        OPT's loss is its perplexity. Pile-T5's is the binary logarithm of its perplexity.
    """
    table = load("hitchhikers")
    runs: pd.DataFrame = table[table["family"].isin(list(TITLES))].copy()
    runs["loss_unit"] = "nats per token"
    family = runs["family"].to_numpy(dtype=object)
    loss, params, tokens = (runs[name].to_numpy(dtype=float).copy() for name in ("loss", "params", "tokens"))
    points = family == "chinchilla"
    params[points] = np.round(params[points] / 1e7) * 1e7
    tokens[points] = np.round(runs["flops"].to_numpy(dtype=float)[points] / 6 / params[points])
    loss[family == "OPT"] = np.exp(loss[family == "OPT"])
    loss[family == "t5-pile"] /= np.log(2.0)
    runs["loss"], runs["params"], runs["tokens"] = loss, params, tokens
    runs.loc[family == "OPT", "loss_unit"] = "perplexity"
    runs.loc[family == "t5-pile", "loss_unit"] = "bits"
    return runs
