"""How the screen of the three approaches looks at runs, and the Python that does the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..allocation import KAPLAN_TO_CHINCHILLA, ApproachLines, approach_lines
from ..errors import UnknownNameError
from ..figures.allocator import refuse
from ..figures.approaches import LAST
from ..fitting import Fit
from .settings import Settings


@dataclass(frozen=True)
class Method:
    """How approaches 1 and 2 look at the runs; see :func:`scalewidgets.three_approaches`."""

    bins: int | Sequence[float] = 11
    budgets: int | Sequence[float] | None = None
    tolerance: float = 0.12

    def arguments(self) -> str:
        """The same as arguments of Python."""
        bins = self.bins if isinstance(self.bins, int) else [float(v) for v in self.bins]
        given = [f"bins={bins!r}", f"tolerance={self.tolerance!r}"]
        if self.budgets is not None:
            own = self.budgets if isinstance(self.budgets, int) else [float(v) for v in self.budgets]
            given.insert(1, f"budgets={own!r}")
        return ", ".join(given)


def lines_of(fitted: Fit, method: Method, settings: Settings) -> ApproachLines:
    """What each approach finds on the runs of a fit.

    Raises
    ------
    FitError
        If the fit carries no advice, or its law has no closed form.
    """
    refuse(fitted)
    return approach_lines(
        fitted,
        bins=method.bins,
        budgets=method.budgets,
        tolerance=method.tolerance,
        resamples=len(fitted.resamples),
        seed=settings.seed,
    )


def settings_of(fitted: Fit, settings: Settings) -> Settings:
    """Settings of a fit that was made elsewhere: another table is fitted in the same way."""
    certificate = fitted.certificate
    own = Settings(
        law=fitted.law,
        objective=certificate.objective,
        delta=settings.delta if certificate.delta is None else certificate.delta,
        resamples=len(fitted.resamples),
        seed=settings.seed,
        mode=settings.mode,
    )
    return own.replace(code="fit  # the fit that this screen was given")


def code_of(settings: Settings) -> list[str]:
    """Lines of Python that yield `runs`."""
    lines = [f"runs = {settings.code}"]
    if settings.family is not None:
        lines.append(f'runs = runs[runs["family"] == {settings.family!r}]')
    return lines


def arguments_of(settings: Settings, method: Method) -> str:
    """What :func:`scalewidgets.three_approaches` is given beside runs, budget and machine."""
    said = method.arguments()
    if settings.table is None:
        return f"{said}, resamples={settings.resamples}"
    law = settings.law_name if not settings.own_law else settings.law.formula  # type: ignore[union-attr]
    changed = [f"resamples={settings.resamples}", f"seed={settings.seed}"]
    if law != "chinchilla":
        changed.append(f"law={law!r}")
    if settings.objective != "huber_log" or settings.delta != 1e-3:
        changed += [f"objective={settings.objective!r}", f"delta={settings.delta!r}"]
    if settings.exclude_code:
        changed.append(settings.exclude_code)
    return ", ".join([said, *changed])


def step_of(value: Any) -> int:
    """A step of the path, by its number.

    Raises
    ------
    UnknownNameError
        If there is no such step.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LAST:
        raise UnknownNameError(
            f"step={value!r} is no step of the path.",
            remedy=f"Give 0 for {KAPLAN_TO_CHINCHILLA[0].name}, up to {LAST}.",
        )
    return value
