"""A sweep of more than a thousand laws, and the same by ``scipy.optimize.curve_fit``.

``python -m benchmarks.studies`` prints JSON: CPU seconds of both, on one thread, in one process.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
import pandas as pd

import scalewidgets as sw
from scalewidgets.studies import Study, guide_runs
from scalewidgets.studies.protocol import GUIDE_START
from scalewidgets.studies.reference import curve_fit_from
from scalewidgets.studies.work import chosen_rows

SAMPLE = 150
"""Laws that a quick run gives to ``curve_fit``."""


def every_choice(runs: pd.DataFrame) -> Study:
    """Every choice of siblings at every share, for the families with at most eight models."""
    few = runs[runs["family"] != "chinchilla"]
    return sw.study(few, drop=1e10, choices="every", progress=False)


def by_curve_fit(study: Study, sample: int | None) -> dict[str, float]:
    """Seconds of the reference procedure on the laws of a study, and how its objectives compare."""
    families = {family.name: family for family in study.source or ()}
    laws = [(name, cell, record) for name, cell, record in study.cells if "coefficients" in record]
    if sample is not None:
        chosen = np.sort(np.random.default_rng(0).choice(len(laws), min(sample, len(laws)), replace=False))
        laws = [laws[k] for k in chosen]
    taken, failed, decided, better, worst = 0.0, 0, 0, 0, -np.inf
    for name, cell, record in laws:
        models = [families[name].models[k] for k in cell.chosen]
        cut = cell.fraction * max(float(model.tokens[-1]) for model in models)
        parts = [chosen_rows(model, study.protocol.drop, cut) for model in models]
        inputs = {n: np.concatenate([part[0][n] for part in parts]) for n in study.law.input_names}
        loss = np.concatenate([part[1] for part in parts])
        begun = time.process_time()
        found = curve_fit_from(study.law, inputs, loss, GUIDE_START)
        taken += time.process_time() - begun
        if found is None:
            failed += 1
        elif record["status"] == "fitted":
            said = study.law.value(inputs, dict(zip(study.law.coefficient_names, found, strict=True)))
            theirs = 0.5 * float(np.sum((loss - said) ** 2))
            decided += 1
            better += theirs > record["objective"] * (1 + 1e-6)
            worst = max(worst, record["objective"] / theirs - 1)
    total = sum("coefficients" in record for _, _, record in study.cells)
    return {
        "reference": taken * total / len(laws), "laws": total, "sampled": len(laws), "failed": failed,
        "decided": decided, "better": better, "worst": worst,
    }  # fmt: skip


def timed(make: object) -> tuple[float, Study]:
    """Median CPU seconds of three runs, and the last result."""
    seconds, made = [], None
    for _ in range(3):
        begun = time.process_time()
        made = make()  # type: ignore[operator]
        seconds.append(time.process_time() - begun)
    return float(np.median(seconds)), made  # type: ignore[return-value]


def main() -> None:
    """Print the measurements as JSON."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true")
    quick = options.parse_args().quick
    sw.study(preset="hitchhikers", families=["OPT"], fractions=[1.0], progress=False)
    runs = guide_runs()
    ours, study = timed(lambda: every_choice(runs))
    guide, preset = timed(lambda: sw.study(preset="hitchhikers", progress=False))
    out = {"ours": ours, **by_curve_fit(study, SAMPLE if quick else None)}
    out |= {"guide": guide, "guide_laws": sum("coefficients" in r for _, _, r in preset.cells)}
    out["settled"] = sum(record["status"] == "open" for _, _, record in preset.cells)
    print(json.dumps(out))


if __name__ == "__main__":
    main()
