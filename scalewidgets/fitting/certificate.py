"""How a fit came about, and what speaks for it."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from html import escape
from typing import Any


class Status(str, enum.Enum):
    """What became of a fit; everything but ``CONVERGED`` deserves a look at ``Fit.reason``."""

    CONVERGED = "converged"
    ON_BOUND = "on bound"
    NOT_IDENTIFIED = "not identified"
    NOT_CONVERGED = "not converged"
    REFUSED = "refused"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Certificate:
    """Provenance and checks of a fit; also reads like a dictionary.

    Attributes
    ----------
    objective, delta, description
        Name, Huber threshold (``None`` for others), and the objective in words: penalties are
        summed over runs.
    convention, counted, rule : str
        What N counts and how C, N and D belong together.
    gap : float or None
        Objective over the best that an independent solver (BFGS from many starts, its ends finished by
        SciPy) found, minus one; of the sum of squares for ``gaussian_log``, of the squared scale of the
        likelihood for ``student_t``. ``None`` if it was not asked.
    starts, agreeing, basins : int
        Independent starts, those that ended at the best objective, distinct optima among all.
    iterations : int
        Evaluations of value, gradient and Hessian by the engine.
    stopping : str
        Why the engine stopped.
    condition : float
        Of the centred, column-scaled Jacobian.
    exponent_errors : dict of str to float
        First-order standard errors, approximate; intervals come from resamples.
    n_runs, n_excluded : int
    exclusions : tuple of (label, reason)
    data_hash : str
        SHA-256 of the numbers used, row order aside.
    columns : dict of str to str
        Column behind each symbol.
    fixed : dict of str to float
        Coefficients that were held.
    seed, resamples : int
    resamples_converged : int
        Resamples whose refit met the stopping rule.
    resamples_checked : int
        Random resamples refitted by the independent solver.
    resample_gap : float or None
        Worst gap among these.
    notes : tuple of str
        What a reader should know besides.
    resampled : str
        What the bootstrap drew: ``"rows"``, ``"clusters"``, ``"residuals"`` or ``"parametric"``.
    weights : str
        How rows are weighted, as a phrase; empty where all count the same.
    clusters : int or None
        Number of clusters of rows, if the caller named them.
    effective_n : float or None
        Independent runs of equal weight that would say as much, where rows are weighted or clustered.
    bounds : dict of str to (float, float)
        Bounds that the caller gave.
    ties : dict of str to str
        Coefficients that were held equal to another, and to which.
    priors : dict of str to dict
        For each coefficient with a prior: its ``kind``, ``centre`` and ``spread``, the ``distance`` of the
        coefficient from the centre, the value ``without`` any prior, and how far the priors ``moved`` it
        from there. Distances are in the prior's standard deviations.
    prior_scale : float or None
        Factor on half the squared distances in what was minimised; ``None`` for a likelihood, where it is 1.
    prior_term : float or None
        What the priors add to the objective of the runs.
    nu : float or None
        Degrees of freedom of ``student_t``.
    nu_free : bool
        Whether they were fitted along, with the scale of the residuals.
    nu_interval : (float, float) or None
        Their interval, at the level of the fit, over resamples.
    engine : str
        What computed the search and the resamples: ``"numpy"``, or ``"compiled"``.
    resample_rivals : int
        Optima of other resamples that every resample was compared with; one that another's suited better was
        refitted from there. 0 where that was not done.
    resamples_screened : int
        Resamples whose profile was looked at over the whole range of exponents, the amplitudes projected out.
    resample_valleys : int
        Those of them with more than one valley; each was refitted from every one of its valleys.
    resamples_searched : int
        Resamples that were refitted from the optima of others, and from all over the range, until nothing
        better was found: all where the objective or the runs leave room for several optima, else a pilot.
    resamples_unsettled : int
        Resamples where something better still was found when the search ended, or whose refit did not
        converge: their best optimum is not certain.
    """

    objective: str
    delta: float | None
    description: str
    convention: str
    counted: str
    rule: str
    gap: float | None
    starts: int
    agreeing: int
    basins: int
    iterations: int
    stopping: str
    condition: float
    exponent_errors: dict[str, float]
    n_runs: int
    n_excluded: int
    exclusions: tuple[tuple[Any, str], ...]
    data_hash: str
    columns: dict[str, str]
    fixed: dict[str, float]
    seed: int
    resamples: int
    resamples_converged: int
    resamples_checked: int
    resample_gap: float | None
    notes: tuple[str, ...] = ()
    resampled: str = "rows"
    weights: str = ""
    clusters: int | None = None
    effective_n: float | None = None
    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)
    ties: dict[str, str] = field(default_factory=dict)
    priors: dict[str, dict[str, Any]] = field(default_factory=dict)
    prior_scale: float | None = None
    prior_term: float | None = None
    nu: float | None = None
    nu_free: bool = False
    nu_interval: tuple[float, float] | None = None
    engine: str = "numpy"
    resample_rivals: int = 0
    resamples_screened: int = 0
    resample_valleys: int = 0
    resamples_searched: int = 0
    resamples_unsettled: int = 0

    def keys(self) -> tuple[str, ...]:
        """Names of all entries."""
        return tuple(entry.name for entry in fields(self))

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def __getitem__(self, name: str) -> Any:
        if name not in self.keys():
            raise KeyError(name)
        return getattr(self, name)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able parts; numbers that are not finite become ``None``."""
        out = {name: plain(self[name]) for name in self}
        out["exclusions"] = [{"label": plain(label), "reason": reason} for label, reason in self.exclusions]
        return out

    def report(self) -> str:
        """Return every entry that says something, one a line, as plain text."""
        said = [(name, value) for name, value in self.to_dict().items() if value not in (None, "", {}, [])]
        return "\n".join(f"{name}: {_said(value)}" for name, value in said) + "\n"

    def _repr_html_(self) -> str:
        lines = (line.partition(": ") for line in self.report().splitlines())
        rows = (f"<tr><td>{escape(name)}</td><td>{escape(said)}</td></tr>" for name, _, said in lines)
        return f"<table><tbody>{''.join(rows)}</tbody></table>"


def _said(value: Any) -> str:
    """An entry as a person writes it: no braces and quotes."""
    if isinstance(value, dict):
        if set(value) == {"label", "reason"}:
            return f"{value['label']} ({value['reason']})"
        return ", ".join(f"{name} = {_said(item)}" for name, item in value.items())
    if isinstance(value, list):
        return "; ".join(_said(item) for item in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def plain(value: Any) -> Any:
    """Turn into what JSON knows: NumPy scalars to Python's, NaN and infinity to ``None``."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | bool):
        return value
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else None
    return str(value)
