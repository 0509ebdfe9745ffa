"""Coverage and frontiers beside the code that is usually copied around. Prints JSON.

The loop is the product form of the released code of arXiv:2107.03374, one problem and one k at a time; the
scan compares all pairs of points. Where the whole job would take minutes, a share of it is timed and scaled
up.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from scalewidgets import testtime

PROBLEMS, POINTS = 10**5, 10**6


def least(job: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """Least CPU seconds of several runs, and the last result."""
    taken, result = [], None
    for _ in range(repeat):
        begun = time.process_time()
        result = job()
        taken.append(time.process_time() - begun)
    return min(taken), result


def pass_at_k_loop(n: np.ndarray, c: np.ndarray, ks: np.ndarray) -> np.ndarray:
    """Mean pass@k, a problem and a k at a time."""
    out = np.empty((len(n), len(ks)))
    for i in range(len(n)):
        for j, k in enumerate(ks):
            if n[i] - c[i] < k:
                out[i, j] = 1.0
            else:
                out[i, j] = 1.0 - np.prod(1.0 - k / np.arange(n[i] - c[i] + 1, n[i] + 1))
    return out.mean(axis=0)


def quadratic_scan(cost: np.ndarray, value: np.ndarray, rows: int) -> np.ndarray:
    """Whether each of the first rows is beaten by any point, by comparing with all."""
    beaten = np.empty(rows, dtype=bool)
    for i in range(rows):
        above = (cost <= cost[i]) & (value >= value[i])
        beaten[i] = (above & ((cost < cost[i]) | (value > value[i]))).any()
    return beaten


def coverage(*, quick: bool) -> list[dict[str, Any]]:
    """Curve with both intervals at 50 values of k, for problems with equal and with unequal samples."""
    rng = np.random.default_rng(0)
    p = rng.beta(0.3, 5, PROBLEMS)
    out = []
    for label, n in (
        ("200 samples each", np.full(PROBLEMS, 200)),
        ("10,000 samples each", np.full(PROBLEMS, 10_000)),
        ("200 to 10,000 samples, all different", rng.integers(200, 10_001, PROBLEMS)),
    ):
        c = rng.binomial(n, p)
        ks = np.unique(np.rint(np.geomspace(1, 200, 76)).astype(int))[:50]
        assert len(ks) == 50
        ours, curve = least(lambda n=n, c=c, ks=ks: testtime.coverage_curve(n, c, ks), 3)
        some = 200 if quick else 1000
        loop, said = least(lambda n=n, c=c, ks=ks, some=some: pass_at_k_loop(n[:some], c[:some], ks), 1)
        few = testtime.coverage_curve(n[:some], c[:some], ks)
        off = float(np.abs(few.value / said - 1).max())
        out.append({"label": label, "ours": ours, "loop": loop * PROBLEMS / some, "off": off, "timed": some,
                    "at_200": float(curve.value[-1])})  # fmt: skip
    return out


def frontier(*, quick: bool) -> list[dict[str, Any]]:
    """Front of a million points beside a scan of all pairs and NumPy's sort."""
    rng = np.random.default_rng(1)
    cost = rng.random(POINTS)
    clouds = {
        "independent": rng.random(POINTS),
        "value rises with cost": np.log1p(9 * cost) + 0.05 * rng.standard_normal(POINTS),
        "every point on the front": cost.copy(),
    }
    out = []
    for label, value in clouds.items():
        ours, front = least(lambda value=value: testtime.pareto_front(cost, value), 5)
        sort, _ = least(lambda: np.sort(cost), 5)
        order, _ = least(lambda: np.argsort(cost), 5)
        rows = 20 if quick else 100
        scan, beaten = least(lambda value=value, rows=rows: quadratic_scan(cost, value, rows), 1)
        assert np.array_equal(~beaten, np.isin(np.arange(rows), front))
        out.append(
            {
                "label": label,
                "ours": ours,
                "sort": sort,
                "argsort": order,
                "scan": scan * POINTS / rows,
                "front": len(front),
            }
        )
    return out


def main() -> None:
    """Print the measurements as JSON."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true")
    quick = options.parse_args().quick
    print(json.dumps({"coverage": coverage(quick=quick), "frontier": frontier(quick=quick)}))


if __name__ == "__main__":
    main()
