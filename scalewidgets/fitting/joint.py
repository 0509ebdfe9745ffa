"""Several families as one model: some coefficients are the same in all, the others each family's own."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from scalewidgets.laws import Law

from . import bootstrap, likelihoods
from .algebra import Arrow
from .design import variable_names
from .extended import Extended
from .features import log_affine_features
from .logaffine import LogAffine
from .model import General, make_model
from .objective import Objective
from .penalty import Priors, penalised
from .problem import Problem

Array: TypeAlias = NDArray[np.float64]


class Joint(Extended, General):
    """Families of one law with coefficients in common.

    The variables are those of the shared coefficients, then those of each family's own, family by family.
    Arrays over runs are those of the families one after the other.

    Parameters
    ----------
    law : Law
    problems : mapping of str to Problem
        Runs of each family.
    shared : iterable of str
        Coefficients that are the same in all families.
    fixed : iterable of str
        Coefficients that will not move, or not beyond bounds of the caller's.
    scale : {"all", "family"}, optional
        Where the objective is a likelihood: whose the scale of its residuals is (:mod:`.likelihoods`).
    tails : int
        Vectors that a common scale takes off the Hessian.
    """

    def __init__(
        self,
        law: Law,
        problems: Mapping[str, Problem],
        shared: Iterable[str],
        fixed: Iterable[str] = (),
        scale: str | None = None,
        tails: int = 0,
    ) -> None:
        self.scale = scale
        self.law, self.names = law, tuple(problems)
        held, common = set(fixed), set(shared)
        centres = _centres(law, list(problems.values()), common, held)
        self.models: list[LogAffine | General] = [
            make_model(law, p.inputs, p.loss, held, p.rows.weight, p.rows.tilt, centres)
            for p in problems.values()
        ]
        if len({isinstance(model, LogAffine) for model in self.models}) > 1:
            # Rounding may hide the structure of the law from one family; all take the same way.
            self.models = [
                General(law, p.inputs, p.loss, p.rows.weight, p.rows.tilt) for p in problems.values()
            ]
        self.each = variable_names(self.models[0])
        """Coefficient behind each variable of a family."""
        inside = np.array([name in common for name in self.each])
        self._shared, self._own = np.flatnonzero(inside), np.flatnonzero(~inside)
        self._order = np.concatenate([self._shared, self._own])
        self._back = np.argsort(self._order)
        sizes = np.array([len(p.loss) for p in problems.values()])
        ends = [0, *map(int, np.cumsum(sizes))]
        self.cuts = [slice(*pair) for pair in pairwise(ends)]
        self.n = ends[-1]
        self.m, self.q = len(self._shared), len(self._own)
        self.p = self.m + self.q * len(self.models)
        self.algebra = self.arrow = Arrow(self.m, self.q, len(self.models), tails)
        self.weight = np.concatenate([model.weight for model in self.models])
        tilts = [model.tilt for model in self.models]
        self.tilt = None if tilts[0] is None else np.concatenate([t for t in tilts if t is not None])
        self._join()
        self._range()

    def _join(self) -> None:
        self.loss = np.concatenate([np.asarray(model.loss) for model in self.models], axis=-1)

    def _range(self) -> None:
        """Ranges of the variables: of a shared one, what all families allow."""
        low = np.stack([model.low for model in self.models])
        high = np.stack([model.high for model in self.models])
        self.low = np.concatenate([low[:, self._shared].max(axis=0), low[:, self._own].ravel()])
        self.high = np.concatenate([high[:, self._shared].min(axis=0), high[:, self._own].ravel()])

    @property
    def affine(self) -> bool:
        """Whether the law is one of the fast kind."""
        return isinstance(self.models[0], LogAffine)

    @property
    def typical_n(self) -> int:
        """Runs that are handled at once."""
        return max(1, self.n // len(self.models))

    @property
    def shared_index(self) -> NDArray[np.intp]:
        """Places of the shared coefficients among the variables of a family."""
        return self._shared

    @property
    def shared_places(self) -> list[int]:
        """Places of the shared coefficients in the law's order."""
        return [self.law.coefficient_names.index(self.each[j]) for j in self._shared]

    # -- variables -----------------------------------------------------------------------------

    def part(self, variables: Array, family: int) -> Array:
        """Variables (B, k) of one family, from those of all (B, p)."""
        own = variables[:, self.m + family * self.q : self.m + (family + 1) * self.q]
        return np.hstack([variables[:, : self.m], own])[:, self._back]

    def whole(self, shared: Array, parts: Sequence[Array]) -> Array:
        """Variables of all: shared ones (B, m), and own ones out of those of each family (B, k)."""
        return np.hstack([shared, *(part[:, self._own] for part in parts)])

    def shared_of(self, part: Array) -> Array:
        """Shared variables out of those of one family."""
        return np.asarray(part[:, self._shared])

    def natural(self, variables: Array) -> Array:
        """Coefficients of each family in the law's order, shape (B, families, k)."""
        each = [model.coefficients(self.part(variables, f)) for f, model in enumerate(self.models)]
        return np.stack(each, axis=1)

    def is_free(self, fixed: Mapping[str, float]) -> NDArray[np.bool_]:
        """Which variables may move when these coefficients are fixed."""
        moves = np.array([name not in fixed for name in self.each])
        return np.concatenate([moves[self._shared], np.tile(moves[self._own], len(self.models))])

    def labels(self) -> list[tuple[str, str | None]]:
        """Coefficient behind each variable, and its family where it is one's own."""
        out: list[tuple[str, str | None]] = [(self.each[j], None) for j in self._shared]
        return out + [(self.each[j], name) for name in self.names for j in self._own]

    def bound(self, bounds: Mapping[str, tuple[float, float]]) -> None:
        """Keep coefficients of all families within bounds."""
        for model in self.models:
            model.bound(bounds)
        self._range()

    def of(self, models: Sequence[LogAffine | General]) -> Joint:
        """Return the same with other models of the families, such as ones with other losses."""
        other = copy.copy(self)
        other.models = list(models)
        other._join()
        return other

    def known(self, priors: Priors) -> Joint:
        """Return the same with priors: of a shared coefficient once, of any other in every family."""
        common = {self.each[j] for j in self._shared}
        models: list[LogAffine | General] = []
        for f, model in enumerate(self.models):
            each = {name: prior for name, prior in priors.each.items() if f == 0 or name not in common}
            models.append(penalised(model, replace(priors, each=each)) if each else model)
        return self.of(models)

    def _informed(self) -> list[tuple[int, Any]]:
        """Families whose models have priors, with their places."""
        return [(f, model) for f, model in enumerate(self.models) if isinstance(model, Extended)]

    def placed(self, starts: Array) -> Array:
        """Starts moved to within a few standard deviations of every prior."""
        parts = [self.part(starts, f) for f in range(len(self.models))]
        for f, model in self._informed():
            parts[f] = model.placed(parts[f])
        moved = self.whole(self.shared_of(parts[0]), parts)
        return np.clip(moved, self.low, self.high)

    def known_distances(self, variables: Array) -> Array:
        """Distances from the centres of all priors, in standard deviations."""
        found = [m.known_distances(self.part(variables[None], f)[0]) for f, m in self._informed()]
        return np.concatenate([np.zeros(0), *found])

    def known_slopes(self, variables: Array) -> Array:
        """Derivatives of the distances from the centres (k, p)."""
        found = [np.zeros((0, self.p))]
        for f, model in self._informed():
            slopes = model.known_slopes(self.part(variables[None], f)[0])
            out = np.zeros((len(slopes), self.p))
            out[:, : self.m] = slopes[:, self._shared]
            out[:, self.m + f * self.q : self.m + (f + 1) * self.q] = slopes[:, self._own]
            found.append(out)
        return np.vstack(found)

    def known_weight(self, objective: Objective, value: float) -> float:
        """Factor on half the squared distances."""
        if self._coupled(objective):
            return 2 * value / float(self.weight.sum())
        return float(next((m.known_weight(objective, value) for _, m in self._informed()), 0.0))

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Any:
        """Return the model of some rows of variables, where each has losses or priors of its own."""
        same = self.loss.ndim == 1 and not self._informed()
        return self if same else self.of([model.take(rows) for model in self.models])

    def _coupled(self, objective: Objective) -> bool:
        """Whether an objective is no sum over families: a likelihood whose scale is fitted along."""
        if objective.name not in likelihoods.WORKING or self.scale is None:
            return False
        # The squares of all runs are a sum, unless priors multiply them.
        return self.scale == "family" or objective.nu is not None or bool(self._informed())

    # -- values --------------------------------------------------------------------------------

    def value(self, variables: Array) -> Array:
        """Fitted loss, shape (B, n)."""
        return np.hstack([model.value(self.part(variables, f)) for f, model in enumerate(self.models)])

    def residuals(self, variables: Array, objective: Objective) -> Array:
        """Residuals of all families, shape (B, n)."""
        return np.hstack(
            [model.residuals(self.part(variables, f), objective) for f, model in enumerate(self.models)]
        )

    def jacobian(self, variables: Array) -> tuple[Array, Array]:
        """Fitted loss (n,) and its derivatives (n, p) at one row of variables."""
        fitted, out = np.empty(self.n), np.zeros((self.n, self.p))
        for f, (model, cut) in enumerate(zip(self.models, self.cuts, strict=True)):
            fitted[cut], slopes = model.jacobian(self.part(variables[None], f)[0])
            out[cut, : self.m] = slopes[:, self._shared]
            out[cut, self.m + f * self.q : self.m + (f + 1) * self.q] = slopes[:, self._own]
        return fitted, out

    def derivatives(
        self, variables: Array, weights: Array, objective: Objective
    ) -> tuple[Array, Array, Array]:
        """Objective (B,), gradient (B, p) and the Hessians of the families, see :class:`Arrow`."""
        if self._coupled(objective):
            value, slopes, bends, tails = likelihoods.derivatives(self, variables, weights, objective)
            return value, self.gathered(slopes), self._packed(bends, tails)
        value, slopes, bends = np.zeros(len(variables)), [], []
        for f, (model, cut) in enumerate(zip(self.models, self.cuts, strict=True)):
            one, slope, bend = model.derivatives(
                self.part(variables, f), weights[:, cut], objective.part(cut)
            )
            value += one
            slopes.append(slope)
            bends.append(bend)
        return value, self.gathered(slopes), self._packed(bends)

    def robust_hessian(self, variables: Array, weights: Array, objective: Objective) -> Array:
        """Reweighted Gauss-Newton matrices of the families, positive semi-definite."""
        if self._coupled(objective):
            return self._packed(likelihoods.robust(self, variables, weights, objective))
        return self._packed(
            [
                model.robust_hessian(self.part(variables, f), weights[:, cut], objective.part(cut))
                for f, (model, cut) in enumerate(zip(self.models, self.cuts, strict=True))
            ]
        )

    def _packed(self, bends: Sequence[Array], tails: Sequence[Array] = ()) -> Array:
        """Hessians of the families the way :class:`Arrow` wants them, with what comes off them."""
        blocks = np.stack([bend[:, self._order[:, None], self._order] for bend in bends], axis=1)
        return self.arrow.packed(blocks, tails)

    def gradient(self, variables: Array, weights: Array, objective: Objective) -> tuple[Array, Array]:
        """Objective (B,) and gradient (B, p)."""
        if self._coupled(objective):
            value, slopes = likelihoods.gradient(self, variables, weights, objective)
            return value, self.gathered(slopes)
        value, slopes = np.zeros(len(variables)), []
        for f, (model, cut) in enumerate(zip(self.models, self.cuts, strict=True)):
            one, slope = model.gradient(self.part(variables, f), weights[:, cut], objective.part(cut))
            value += one
            slopes.append(slope)
        return value, self.gathered(slopes)

    def gathered(self, slopes: Sequence[Array]) -> Array:
        """Derivatives by all variables (B, p), from those of each family by its own (B, k)."""
        shared = sum((slope[:, self._shared] for slope in slopes), np.zeros((len(slopes[0]), self.m)))
        return self.whole(shared, slopes)

    def values(self, variables: Array, weights: Array, objective: Objective) -> Array:
        """Objective of each row (B,)."""
        if self._coupled(objective):
            return likelihoods.values(self, variables, weights, objective)
        if not self._informed():
            return objective.values(self.residuals(variables, objective), weights)
        total = np.zeros(len(variables))
        for f, (model, cut) in enumerate(zip(self.models, self.cuts, strict=True)):
            part, mine = self.part(variables, f), objective.part(cut)
            if isinstance(model, Extended):
                total += model.values(part, weights[:, cut], mine)
            else:
                total += mine.values(model.residuals(part, mine), weights[:, cut])
        return total

    def exact(self, variables: Array, objective: Objective) -> float:
        """Objective at one row of variables (p,), summed exactly."""
        if self._coupled(objective):
            return likelihoods.exact(self, variables, objective)
        with np.errstate(all="ignore"):
            residuals = self.residuals(variables[None], objective)[0]
        if not np.all(np.isfinite(residuals)):
            return np.inf
        distances = self.known_distances(variables)
        extra = 0.5 * float(distances @ distances)
        value = objective.total(residuals, self.weight)
        return value + self.known_weight(objective, value) * extra if len(distances) else value

    def resampled(
        self,
        kind: str,
        objective: Objective,
        optimum: Array,
        clusters: Sequence[NDArray[np.intp] | None],
        resamples: int,
        block: int,
        seed: int,
    ) -> Iterator[tuple[int, Joint, Array]]:
        """Blocks of resamples, drawn family by family: each keeps its number of runs."""
        # Where all families have one scale, residuals are drawn from the distribution of all.
        pool = (self.residuals(optimum[None], objective)[0], self.weight) if self.scale == "all" else None
        parts = [
            bootstrap.resampled(
                kind, model, objective, self.part(optimum[None], f)[0], clusters[f], resamples, block,
                family_seed(seed, self.names[f]), pool,
            )
            for f, model in enumerate(self.models)
        ]  # fmt: skip
        for blocks in zip(*parts, strict=True):
            models = [model for _, model, _ in blocks]
            same = all(a is b for a, b in zip(models, self.models, strict=True))
            yield blocks[0][0], self if same else self.of(models), np.hstack([w for _, _, w in blocks])


def family_seed(seed: int, name: str) -> int:
    """Seed of one family's draws: its own, whatever other families there are."""
    return int(np.random.SeedSequence([seed, crc32(name.encode())]).generate_state(1)[0])


def _centres(
    law: Law, problems: list[Problem], shared: set[str], held: set[str]
) -> dict[str, tuple[Array, float]]:
    """Where a shared amplitude has its logarithm taken: at the centre of all runs, exponents allowing."""
    amplitudes = [name for name in law.linear if name in shared and name not in held]
    if not amplitudes:
        return {}
    pooled = {name: np.concatenate([p.inputs[name] for p in problems]) for name in law.input_names}
    features = log_affine_features(law, pooled)
    if features is None:
        return {}
    common = np.array([name in shared for name in law.nonlinear], dtype=bool)
    out = {}
    for name in amplitudes:
        intercept, slopes = features[law.linear.index(name)]
        out[name] = (np.where(common, slopes.mean(axis=0), 0.0), float(intercept.mean()))
    return out
