"""One task of a study: a few dozen laws of one family, or their intervals.

A task is a value that can be sent anywhere, and its result depends on nothing but the task: not on who runs
it, nor on what runs beside it. Small products stay on one thread, which is faster and gives every process the
same bits.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from scalewidgets.fitting.alike import equally_good
from scalewidgets.fitting.condense import STEEPEST, Condensed, condense, exponents_along
from scalewidgets.fitting.many import Many, fit_many, refit_many
from scalewidgets.fitting.objective import Objective, make_objective
from scalewidgets.laws import Law

from .families import Family, Model
from .plan import Cell, predicted
from .protocol import Protocol
from .reference import curve_fit_from

Array: TypeAlias = NDArray[np.float64]
Record: TypeAlias = dict[str, Any]

BLOCKS = 10
"""Parts of each run that a resample draws as wholes: checkpoints next to one another say the same."""
BAND_POINTS = 12

FITTED, OPEN, EMPTY, FAILED = "fitted", "open", "no checkpoints", "no fit"
"""What became of a cell. ``open``: its runs leave some coefficient undetermined."""


@dataclass(frozen=True, eq=False)
class Task:
    """Cells of one family to fit; with ``points``, coefficients of each to take intervals around."""

    key: str
    family: Family
    law: Law
    protocol: Protocol
    cells: tuple[Cell, ...]
    points: tuple[tuple[float, ...] | None, ...] | None = None


@lru_cache(maxsize=1)
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def work(task: Task) -> list[Record]:
    """Fit all cells of a task: one JSON-able record for each."""
    with _threads().limit(limits=1):
        return _points(task) if task.points is None else _intervals(task)


# -- laws ------------------------------------------------------------------------------------------


def _points(task: Task) -> list[Record]:
    family, protocol, law = task.family, task.protocol, task.law
    goal = make_objective(protocol.objective, protocol.delta).working
    pool = _Pool(family, protocol, law, goal)
    cuts = [_cut(family, cell) for cell in task.cells]
    weights, left, seen = pool.weights(task.cells, cuts)
    records: list[Record] = [{"status": EMPTY, "seen": int(count)} for count in seen]
    some = np.flatnonzero(seen > 0)
    if not len(some):
        return records
    inputs, loss = pool.inputs, pool.loss
    made = fit_many(law, inputs, loss, weights[some], goal, seed=protocol.seed, toward=protocol.start)
    along = exponents_along(law)
    scorer = Scorer(family, protocol, law)
    ends, values = made.coefficients.copy(), made.value + left[some]
    if pool.condensed:
        steep = [law.coefficient_names.index(name) for name in along]
        for i in np.flatnonzero((ends[:, steep] > STEEPEST).any(axis=1)).tolist():
            cell = task.cells[some[i]]
            ends[i], values[i] = _from_rows(family, protocol, law, goal, cell, cuts[some[i]], ends[i])
    flat = np.flatnonzero(made.flat)
    alike = dict(
        zip(
            flat.tolist(),
            equally_good(law, inputs, loss, weights[some[flat]], goal, ends[flat], protocol.start),
            strict=True,
        )
    )
    found = []
    for i, b in enumerate(some):
        best, value = ends[i], float(values[i])
        if i in alike:
            best = alike[i][0]
            if protocol.start is not None and goal.name == "squared_raw":
                best, value, alike[i] = _settled(
                    family, protocol, law, task.cells[b], cuts[b], best, value, alike[i]
                )
        if not np.isfinite(best).all() or not np.isfinite(value):
            records[b]["status"] = FAILED
            continue
        found.append(b)
        records[b].update(
            status=OPEN if i in alike else FITTED,
            converged=bool(made.converged[i]),
            objective=value,
            coefficients=[float(x) for x in best],
        )
        if i in alike:
            errors = scorer.errors(alike[i])
            records[b].update(equal_low=float(errors.min()), equal_high=float(errors.max()))
    points = np.array([records[b]["coefficients"] for b in found]).reshape(len(found), -1)
    for b, scores in zip(found, scorer.scores(points), strict=True):
        records[b].update(scores)
    return records


def _settled(
    family: Family,
    protocol: Protocol,
    law: Law,
    cell: Cell,
    cut: float,
    best: Array,
    value: float,
    alike: Array,
) -> tuple[Array, float, Array]:
    """Of fits that are equally good, the one that the reference procedure arrives at."""
    rows = [chosen_rows(family.models[k], protocol.drop, cut) for k in cell.chosen]
    inputs = {name: np.concatenate([row[0][name] for row in rows]) for name in law.input_names}
    loss = np.concatenate([row[1] for row in rows])
    there = curve_fit_from(law, inputs, loss, dict(protocol.start or {}))
    if there is None:
        return best, value, alike
    fitted = law.value(inputs, dict(zip(law.coefficient_names, there, strict=True)))
    reached = 0.5 * float(np.sum((loss - fitted) ** 2))
    if not reached <= value * (1 + 1e-6) + 1e-14 * float(np.sum(loss**2)):
        return best, value, alike
    return there, min(reached, value), np.vstack([alike, there[None]])


def _from_rows(
    family: Family, protocol: Protocol, law: Law, goal: Objective, cell: Cell, cut: float, start: Array
) -> tuple[Array, float]:
    """Fit one cell to its checkpoints themselves, where the condensed ones are too coarse."""
    pool = _Pool(family, protocol, law, goal, condensed=False)
    weights, _, _ = pool.weights((cell,), [cut])
    made = refit_many(law, pool.inputs, pool.loss, weights, goal, start, tolerance=1e-14)
    return made.coefficients[0], float(made.value[0])


def _cut(family: Family, cell: Cell) -> float:
    return cell.fraction * max(float(family.models[k].tokens[-1]) for k in cell.chosen)


def chosen_rows(model: Model, drop: float, cut: float) -> tuple[dict[str, Array], Array]:
    """Checkpoints of a model that a law sees: after the dropped tokens and strictly before the cut."""
    first = int(np.searchsorted(model.tokens, drop, side="right"))
    last = max(first, int(np.searchsorted(model.tokens, cut, side="left")))
    return {name: values[first:last] for name, values in model.inputs.items()}, model.loss[first:last]


class _Pool:
    """Rows that the cells of a task draw from: each model up to each cut, condensed where that is exact."""

    def __init__(
        self, family: Family, protocol: Protocol, law: Law, goal: Objective, *, condensed: bool = True
    ) -> None:
        self.family, self.protocol, self.law = family, protocol, law
        self.log = goal.log
        self.condensed = condensed and goal.square and bool(law.linear)
        self.inputs: dict[str, Array] = {}
        self.loss = np.empty(0)

    def weights(self, cells: tuple[Cell, ...], cuts: list[float]) -> tuple[Array, Array, NDArray[np.intp]]:
        """Weights of the pooled rows (B, n), objective that no law explains (B,), checkpoints seen (B,)."""
        parts: dict[tuple[int, float], tuple[int, Condensed]] = {}
        total = 0
        for cell, cut in zip(cells, cuts, strict=True):
            for k in cell.chosen:
                if (k, cut) not in parts:
                    part = self._part(self.family.models[k], cut)
                    parts[k, cut] = total, part
                    total += len(part.loss)
        whole = [part for _, part in parts.values()]
        self.inputs = {
            name: np.concatenate([part.inputs[name] for part in whole]) for name in self.law.input_names
        }
        self.loss = np.concatenate([part.loss for part in whole])
        weights, left = np.zeros((len(cells), total)), np.zeros(len(cells))
        seen = np.zeros(len(cells), dtype=np.intp)
        for b, (cell, cut) in enumerate(zip(cells, cuts, strict=True)):
            for k in cell.chosen:
                first, part = parts[k, cut]
                weights[b, first : first + len(part.loss)] = part.weight
                left[b] += 0.5 * part.left
                seen[b] += part.rows
        return weights, left, seen

    def _part(self, model: Model, cut: float) -> Condensed:
        inputs, loss = chosen_rows(model, self.protocol.drop, cut)
        if not self.condensed:
            return Condensed(inputs, loss, np.ones(len(loss)), 0.0, len(loss))
        return condense(inputs, loss, log_loss=self.log)


class Scorer:
    """Errors of coefficients on the predicted model."""

    def __init__(self, family: Family, protocol: Protocol, law: Law) -> None:
        model = family.models[predicted(family, protocol)]
        scored = model.tokens >= (1.0 - protocol.scored) * model.tokens[-1]
        self.law = law
        self.inputs = {name: model.inputs[name][scored] for name in law.input_names}
        self.loss = model.loss[scored]

    def said(self, coefficients: Array) -> Array:
        """Predicted loss of each scored checkpoint, shape (B, n)."""
        named = {name: coefficients[:, k, None] for k, name in enumerate(self.law.coefficient_names)}
        with np.errstate(all="ignore"):
            return np.asarray(self.law.value({n: v[None] for n, v in self.inputs.items()}, named))

    def errors(self, coefficients: Array) -> Array:
        """Mean absolute relative error (arXiv:2410.11840, section 3) of rows of coefficients (B, p)."""
        return np.asarray(np.mean(np.abs(self.said(coefficients) - self.loss) / self.loss, axis=1))

    def scores(self, coefficients: Array) -> list[Record]:
        """Error, its signed mean, squared error and Huber penalty (delta 0.01) of rows (B, p)."""
        if not len(coefficients):
            return []
        off = self.said(coefficients) - self.loss
        size = np.abs(off)
        inner = np.minimum(size, 0.01)
        columns = {
            "are": size / self.loss, "bias": off / self.loss, "mse": off**2,
            "huber": inner * (size - 0.5 * inner),
        }  # fmt: skip
        means = {name: values.mean(axis=1).tolist() for name, values in columns.items()}
        return [
            {**{name: values[b] for name, values in means.items()}, "scored": len(self.loss)}
            for b in range(len(coefficients))
        ]


# -- intervals -------------------------------------------------------------------------------------


def band_tokens(model: Model) -> Array:
    """Tokens at which the band of a prediction is kept: from 40 % of the run to its end."""
    last = float(model.tokens[-1])
    return np.asarray(np.linspace(0.4 * last, last, BAND_POINTS))


def band_inputs(model: Model) -> dict[str, Array]:
    """Inputs of the law at :func:`band_tokens`, by interpolation along the run."""
    tokens = band_tokens(model)
    return {name: np.interp(tokens, model.tokens, values) for name, values in model.inputs.items()}


def _intervals(task: Task) -> list[Record]:
    family, protocol, law = task.family, task.protocol, task.law
    goal = make_objective(protocol.objective, protocol.delta).working
    scorer = Scorer(family, protocol, law)
    tail = 50 * (1 - protocol.level)
    at: Mapping[str, Array] = band_inputs(family.models[predicted(family, protocol)])
    out: list[Record] = []
    for cell, start in zip(task.cells, task.points or (), strict=True):
        if start is None:
            out.append({})
            continue
        cut = _cut(family, cell)
        rng = np.random.default_rng([protocol.seed, zlib.crc32(_name(family, cell).encode())])
        parts: list[Condensed] = []
        counts: list[Array] = []
        for k in cell.chosen:
            blocks = _blocks(family.models[k], protocol.drop, cut)
            if not blocks:
                continue
            drawn = rng.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)), protocol.resamples)
            for j, (inputs, loss) in enumerate(blocks):
                part = (
                    condense(inputs, loss, log_loss=goal.log)
                    if goal.square and law.linear
                    else Condensed(inputs, loss, np.ones(len(loss)), 0.0, len(loss))
                )
                parts.append(part)
                counts.append(drawn[:, j, None] * part.weight[None])
        inputs = {name: np.concatenate([part.inputs[name] for part in parts]) for name in law.input_names}
        loss, weights = np.concatenate([part.loss for part in parts]), np.hstack(counts)
        made: Many = refit_many(law, inputs, loss, weights, goal, np.array(start))
        errors = scorer.errors(made.coefficients)
        named = {name: made.coefficients[:, k, None] for k, name in enumerate(law.coefficient_names)}
        with np.errstate(all="ignore"):
            curves = law.value({name: values[None] for name, values in at.items()}, named)
        good = np.isfinite(errors) & np.isfinite(curves).all(axis=1)
        low, high = np.percentile(errors[good], [tail, 100 - tail])
        bands = np.percentile(curves[good], [tail, 100 - tail], axis=0)
        out.append(
            {
                "low": float(low),
                "high": float(high),
                "resamples": int(good.sum()),
                "band_low": [float(x) for x in bands[0]],
                "band_high": [float(x) for x in bands[1]],
            }
        )
    return out


def _blocks(model: Model, drop: float, cut: float) -> list[tuple[dict[str, Array], Array]]:
    """Tenths of a run that hold checkpoints a law sees."""
    edges = np.linspace(0.0, float(model.tokens[-1]), BLOCKS + 1)
    edges[-1] = np.inf
    inputs, loss = chosen_rows(model, drop, cut)
    first = int(np.searchsorted(model.tokens, drop, side="right"))
    tokens = model.tokens[first : first + len(loss)]
    which = np.searchsorted(edges, tokens, side="right")
    return [
        ({name: values[which == j] for name, values in inputs.items()}, loss[which == j])
        for j in np.unique(which)
    ]


def _name(family: Family, cell: Cell) -> str:
    return f"{family.name}|{cell.fraction!r}|{','.join(map(str, cell.chosen))}"
