"""Likelihoods of several families at once: one scale of the residuals for all of them, or one each.

A scale that is fitted along ties all runs together: the objective is no sum over families any more. What is
minimised is ``V = W exp(2 F / W)`` of the negative log posterior F and the number of runs W, which for one
family is what a single fit minimises. In place of the Hessian of V the solver gets V times that of ``log V``:
at an optimum the two are the same, and the second keeps families apart but for one vector (two where the
degrees of freedom are free as well) that is taken off in the step (:class:`~.algebra.Arrow`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import student
from .extended import Extended
from .objective import Objective

if TYPE_CHECKING:
    from .joint import Joint

Array: TypeAlias = NDArray[np.float64]

SCALES = ("all", "family")
"""Whose a fitted scale of the residuals is: that of all runs together, or each family's own."""


_SMALLEST = 1e-290

WORKING = ("student_scale", "squared_log")
"""What the solver sees of a likelihood."""


@dataclass(frozen=True)
class _Known(Objective):
    """Slopes and curvatures of all runs at once, handed out family by family.

    ``pulls`` takes what the crosses of :class:`~.student.Bend` sum up to in each family.
    """

    slope: Array = field(default_factory=lambda: np.empty(0))
    curvature: Array = field(default_factory=lambda: np.empty(0))
    crosses: tuple[Array, ...] = ()
    pulls: list[list[Array]] = field(default_factory=list)

    def part(self, rows: slice) -> Objective:
        """Return the objective of some runs."""
        return replace(
            self, slope=self.slope[:, rows], curvature=self.curvature[:, rows],
            crosses=tuple(cross[:, rows] for cross in self.crosses),
        )  # fmt: skip

    def weighted(
        self, residuals: Array, weights: Array, room: Iterator[Array] | None = None
    ) -> tuple[Array, Array, Array, Any]:
        """Slopes and curvatures as they were found; values are those of all runs, and zero here."""
        # Copies: a model works in what it is given.
        none = np.zeros(len(residuals))
        return none, self.slope.copy(), self.curvature.copy(), _Taken(self.crosses, self.pulls)


@dataclass(frozen=True)
class _Taken:
    """What takes the place of a :class:`~.student.Bend` in one family: it writes down, and adds nothing."""

    crosses: tuple[Array, ...]
    pulls: list[list[Array]]

    def apply(self, hessian: Array, gradient: Array, pulls: list[Array]) -> None:
        """Keep the crosses summed over runs, each (B, p)."""
        self.pulls.append(pulls)


def plain(model: Any) -> Any:
    """Kind of a model without its priors: its methods are called with the model."""
    kind: Any = type(model)
    return kind._kind if issubclass(kind, Extended) else kind


def _each(model: Joint, variables: Array, weights: Array) -> Iterator[tuple[Any, Array, Array, slice]]:
    for f, (part, cut) in enumerate(zip(model.models, model.cuts, strict=True)):
        yield part, model.part(variables, f), weights[:, cut], cut


def _total(weights: Array) -> Array:
    return np.asarray(weights.sum(axis=1))


def _penalties(model: Joint) -> list[tuple[int, Any]]:
    """Families with priors, and these."""
    parts: list[tuple[int, Any]] = list(enumerate(model.models))
    return [(f, vars(part)["penalty"]) for f, part in parts if isinstance(part, Extended)]


def known(model: Joint, variables: Array) -> Array:
    """Half the squared distances from the centres of all priors, of each row (B,)."""
    out = np.zeros(len(variables))
    for f, penalty in _penalties(model):
        out += penalty.value(model.part(variables, f))
    return out


def _joined(values: Sequence[Array], runs: Sequence[Array]) -> Array:
    """Objective of all families from their own ones (B,), each with a scale of its own."""
    whole = sum(runs[1:], runs[0])
    with np.errstate(all="ignore"):
        logs = [w / whole * np.log(np.maximum(v, _SMALLEST) / w) for v, w in zip(values, runs, strict=True)]
        out = whole * np.exp(sum(logs[1:], logs[0]))
    return np.where(np.isfinite(out), out, np.inf)


def _factors(total: Array, values: Sequence[Array], runs: Sequence[Array]) -> list[Array]:
    """What a derivative of one family's objective counts in that of all, each (B,)."""
    whole = sum(runs[1:], runs[0])
    return [total * w / (whole * np.maximum(v, _SMALLEST)) for v, w in zip(values, runs, strict=True)]


def values(model: Joint, variables: Array, weights: Array, objective: Objective) -> Array:
    """Objective of each row (B,)."""
    with np.errstate(all="ignore"):
        found = [
            plain(part).residuals(part, mine, objective)
            for part, mine, *_ in _each(model, variables, weights)
        ]
        if model.scale == "all":
            out = objective.values(np.hstack(found), weights)
        else:
            each = [objective.values(r, weights[:, cut]) for r, cut in zip(found, model.cuts, strict=True)]
            out = _joined(each, [_total(weights[:, cut]) for cut in model.cuts])
        out = out * np.exp(2 * known(model, variables) / _total(weights))
    return np.where(np.isfinite(out), out, np.inf)


def exact(model: Joint, variables: Array, objective: Objective) -> float:
    """Solver's objective at one row of variables (p,), the part of the runs summed exactly."""
    row, weight = variables[None], model.weight
    residuals = model.residuals(row, objective)[0]
    if not np.all(np.isfinite(residuals)):
        return float("inf")
    if model.scale == "all":
        value = np.array([objective.total(residuals, weight)])
    else:
        each = [np.array([objective.total(residuals[cut], weight[cut])]) for cut in model.cuts]
        value = _joined(each, [np.array([weight[cut].sum()]) for cut in model.cuts])
    return float(value[0] * np.exp(2 * known(model, row)[0] / weight.sum()))


def negative_log(model: Joint, variables: Array, goal: Objective) -> list[float]:
    """Negative log-likelihood of each family, at the scale that it is judged by."""
    residuals, weight = model.residuals(variables[None], goal.working)[0], model.weight
    if model.scale == "family":
        return [goal.total(residuals[cut], weight[cut]) for cut in model.cuts]
    log2, nu = log_scales(model, residuals[None], weight[None], goal.working)[0]
    return [_share(residuals[cut], weight[cut], float(log2[0]), nu[0]) for cut in model.cuts]


def _share(residuals: Array, weight: Array, log2: float, nu: float) -> float:
    """Negative log-likelihood of some runs at a given scale; infinite ``nu`` is Gauss."""
    squares, count = residuals * residuals / np.exp(log2), float(weight.sum())
    if not np.isfinite(nu):
        return 0.5 * float(weight @ squares) + 0.5 * count * (log2 + float(np.log(2 * np.pi)))
    constant = float(student._constant(np.array([nu]))[0][0])
    return 0.5 * (nu + 1) * float(weight @ np.log1p(squares / nu)) + count * (0.5 * log2 + constant)


def tails(scale: str | None, objective: Objective, priors: bool) -> int:
    """Vectors that come off the Hessian of a likelihood."""
    if scale != "all" or not objective.likelihood:
        return 0
    if objective.nu is None:
        return int(priors)
    return 2 if objective.free else 1


def log_scales(
    model: Joint, residuals: Array, weights: Array, objective: Objective
) -> list[tuple[Array, Array]]:
    """Logarithm of the squared scale and degrees of freedom, each (B,): of all, or of each family."""
    whole = [slice(None)] if model.scale == "all" else model.cuts
    out = []
    for cut in whole:
        squares, w = residuals[:, cut] ** 2, np.broadcast_to(weights[:, cut], residuals[:, cut].shape)
        if objective.nu is None:
            mean = np.einsum("bn,bn->b", squares, w) / _total(w)
            out.append((np.log(np.maximum(mean, _SMALLEST)), np.full(len(squares), np.inf)))
        elif objective.free:
            nu, log2 = student.best_nu(squares, w)
            out.append((log2, nu))
        else:
            out.append((student.log_scale(squares, w, objective.nu), np.full(len(squares), objective.nu)))
    return out


def slopes(model: Joint, variables: Array, objective: Objective) -> Array:
    """Derivative of the objective by the residual of each run (n,), at one row without priors."""
    row, ones = variables[None], model.weight[None]
    residuals = model.residuals(row, objective)
    if model.scale == "all":
        return np.asarray(objective.weighted(residuals, ones)[1][0])
    found = [objective.weighted(residuals[:, cut], ones[:, cut]) for cut in model.cuts]
    each, runs = [part[0] for part in found], [_total(ones[:, cut]) for cut in model.cuts]
    factors = _factors(_joined(each, runs), each, runs)
    return np.concatenate([k[0] * part[1][0] for k, part in zip(factors, found, strict=True)])


def derivatives(
    model: Joint, variables: Array, weights: Array, objective: Objective
) -> tuple[Array, list[Array], list[Array], list[Array]]:
    """Objective (B,), and by family its gradients (B, k), blocks (B, k, k), and what is taken off them.

    The last are vectors over all variables, shape (B, p): ``vector vector'`` comes off the blocks.
    """
    with np.errstate(all="ignore"):
        one = _of_all if model.scale == "all" else _of_each
        value, gradients, blocks, tails = one(model, variables, weights, objective)
        return _with_priors(model, variables, weights, value, gradients, blocks, tails)


def _of_each(
    model: Joint, variables: Array, weights: Array, objective: Objective
) -> tuple[Array, list[Array], list[Array], list[Array]]:
    found = [
        plain(part).derivatives(part, mine, w, objective)
        for part, mine, w, _ in _each(model, variables, weights)
    ]
    each, runs = [v for v, *_ in found], [_total(weights[:, cut]) for cut in model.cuts]
    value = _joined(each, runs)
    gradients, blocks = [], []
    for factor, (v, slope, bend) in zip(_factors(value, each, runs), found, strict=True):
        inner = np.maximum(v, _SMALLEST)[:, None, None]
        gradients.append(factor[:, None] * slope)
        blocks.append(factor[:, None, None] * (bend - slope[:, :, None] * slope[:, None, :] / inner))
    return value, gradients, blocks, []


def _of_all(
    model: Joint, variables: Array, weights: Array, objective: Objective
) -> tuple[Array, list[Array], list[Array], list[Array]]:
    if objective.nu is None:
        found = [
            plain(part).derivatives(part, mine, w, objective)
            for part, mine, w, _ in _each(model, variables, weights)
        ]
        value = np.sum([v for v, *_ in found], axis=0)
        gradients, blocks = [slope for _, slope, _ in found], [bend for *_, bend in found]
        off = model.gathered(gradients) / np.sqrt(np.maximum(value, _SMALLEST))[:, None]
        return value, gradients, blocks, [off]
    shown = _at(model, variables, weights, objective)
    value, slope, curvature, bend = objective.weighted(shown, weights)
    gradients, blocks, pulls = [], [], []
    for part, mine, w, cut in _each(model, variables, weights):
        kept: list[list[Array]] = []
        given = _Known(
            objective.name, nu=objective.nu, slope=slope, curvature=curvature,
            crosses=() if bend is None else bend.crosses, pulls=kept,
        )  # fmt: skip
        _, g, h = plain(part).derivatives(part, mine, w, given.part(cut))
        gradients.append(g)
        blocks.append(h)
        pulls.append(kept[0] if kept else [])
    gives = () if bend is None else bend.gives
    tails = [
        np.sqrt(give)[:, None] * model.gathered([pull[k] for pull in pulls]) for k, give in enumerate(gives)
    ]
    return value, gradients, blocks, tails


def _at(model: Joint, variables: Array, weights: Array, objective: Objective) -> Array:
    return np.hstack(
        [plain(part).residuals(part, mine, objective) for part, mine, *_ in _each(model, variables, weights)]
    )


def gradient(
    model: Joint, variables: Array, weights: Array, objective: Objective
) -> tuple[Array, list[Array]]:
    """Objective (B,) and its gradients by family (B, k)."""
    with np.errstate(all="ignore"):
        if model.scale == "all" and objective.nu is not None:
            value, slope, curvature, _ = objective.weighted(
                _at(model, variables, weights, objective), weights
            )
            given = _Known(objective.name, nu=objective.nu, slope=slope, curvature=curvature)
            found = [
                plain(part).gradient(part, mine, w, given.part(cut))[1]
                for part, mine, w, cut in _each(model, variables, weights)
            ]
        else:
            pairs = [
                plain(part).gradient(part, mine, w, objective)
                for part, mine, w, _ in _each(model, variables, weights)
            ]
            each, found = [v for v, _ in pairs], [slope for _, slope in pairs]
            if model.scale == "all":
                value = np.sum(each, axis=0)
            else:
                runs = [_total(weights[:, cut]) for cut in model.cuts]
                value = _joined(each, runs)
                factors = _factors(value, each, runs)
                found = [k[:, None] * slope for k, slope in zip(factors, found, strict=True)]
        none = [np.zeros((len(variables), 0, 0))] * len(found)
        value, found, _, _ = _with_priors(model, variables, weights, value, found, none, [])
    return value, found


def robust(model: Joint, variables: Array, weights: Array, objective: Objective) -> list[Array]:
    """Positive semi-definite stand-ins for the blocks, by family (B, k, k)."""
    with np.errstate(all="ignore"):
        blocks = [
            plain(part).robust_hessian(part, mine, w, objective)
            for part, mine, w, _ in _each(model, variables, weights)
        ]
        value = values(model, variables, weights, objective)
        if model.scale == "family":
            each = [
                objective.values(plain(part).residuals(part, mine, objective), w)
                for part, mine, w, _ in _each(model, variables, weights)
            ]
            factors = _factors(value, each, [_total(weights[:, cut]) for cut in model.cuts])
            blocks = [k[:, None, None] * block for k, block in zip(factors, blocks, strict=True)]
        share = (2 * value / _total(weights))[:, None, None]
        for f, penalty in _penalties(model):
            blocks[f] = blocks[f] + share * penalty.square(model.part(variables, f))
    return blocks


def _with_priors(
    model: Joint,
    variables: Array,
    weights: Array,
    value: Array,
    gradients: list[Array],
    blocks: list[Array],
    tails: list[Array],
) -> tuple[Array, list[Array], list[Array], list[Array]]:
    """Multiply by ``exp(2 P / W)``, P being half the squared distances from the priors."""
    informed = _penalties(model)
    if informed:
        share = np.broadcast_to(2.0 / _total(weights), value.shape)
        grown = np.exp(share * known(model, variables))
        each = value * share
        for f, penalty in informed:
            _, pull, bend = penalty.parts(model.part(variables, f))
            gradients[f] = gradients[f] + each[:, None] * pull
            if blocks[f].size:
                blocks[f] = blocks[f] + each[:, None, None] * bend
        value = value * grown
        gradients = [grown[:, None] * slope for slope in gradients]
        blocks = [grown[:, None, None] * block for block in blocks]
        tails = [np.sqrt(grown)[:, None] * tail for tail in tails]
    bad = ~np.isfinite(value)
    return np.where(bad, np.inf, value), gradients, blocks, tails
