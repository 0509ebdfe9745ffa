"""``sw.study``: one call from a table of checkpoints to how well laws predict, and its step-by-step twin."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import replace
from os import PathLike
from typing import Any

import pandas as pd

from scalewidgets.errors import StudyError
from scalewidgets.laws import Law
from scalewidgets.laws import law as find_law

from .cards import cards, unskipped
from .executors import results
from .families import Family, read_families
from .guide import TITLES, guide_runs
from .plan import INTERVALS, Cell, counts, tasks
from .progress import StudyProgress, shown
from .protocol import GUIDE_LAW, Protocol, check_start, make_protocol
from .result import Study
from .store import SCHEMA, Store
from .work import FITTED, OPEN, Record, Task


def study(
    runs: pd.DataFrame | None = None,
    law: str | Law = "chinchilla",
    families: Iterable[str] | None = None,
    fractions: Iterable[float] | None = None,
    model_counts: Iterable[int] | None = None,
    executor: Any = None,
    *,
    preset: str | None = None,
    choices: str | None = None,
    target: str | None = None,
    drop: float | None = None,
    scored: float | None = None,
    objective: str | None = None,
    delta: float | None = None,
    start: Mapping[str, float] | None = None,
    resamples: int | None = None,
    level: float | None = None,
    seed: int | None = None,
    columns: Mapping[str, str] | None = None,
    file: str | PathLike[str] | None = None,
    progress: bool | Callable[[StudyProgress], object] | None = None,
) -> Study:
    """Fit a law to many selections of checkpoints, and see how well each predicts a model it has not seen.

    Parameters
    ----------
    runs : DataFrame, optional
        One row a checkpoint, with ``params``, ``tokens``, ``loss``, and ``family`` where there are several.
        May be left out with a preset that has runs of its own.
    law : str or Law
        A name of ``sw.catalogue()``, or a law of one's own.
    families : iterable of str, optional
        By default all with three sizes or more.
    fractions : iterable of float, optional
        Shares of the run that are seen; by default 0.1 to 1.0.
    model_counts : iterable of int, optional
        How many siblings a law is fitted to; by default 2 to all.
    executor : optional
        ``None`` for this process, ``"processes"``, a :class:`concurrent.futures.Executor` or a Dask client.
        Results are the same to the last bit.
    preset : {"hitchhikers"}, optional
        The protocol and the collection of arXiv:2410.11840; other arguments override it.
    choices : {"smallest", "nearest", "every"}, optional
        Which siblings; ``"every"`` tries each way to choose as many, to see how lucky one was.
    target : {"largest", "smallest"}, optional
        The model that is predicted.
    drop : float, optional
        Tokens at the start of each run that no law sees.
    scored : float, optional
        Share at the end of the predicted run that the error is taken over.
    objective, delta : optional
        As in :func:`scalewidgets.fit`; by default ``squared_raw``, least squares on the loss.
    start : mapping of str to float, optional
        Where several fits are equally good, take the one that SciPy's ``curve_fit`` reaches from here.
    resamples : int, optional
        Refits that the interval of a cell rests on, over resampled tenths of each run. Only the first choice
        of each count gets one.
    level, seed : optional
        Of intervals, and of everything random.
    columns : mapping of str to str, optional
        Column behind a symbol of the law, where its name is another.
    file : path-like, optional
        Where to keep what is done; a study that was stopped goes on from it.
    progress : bool or callable, optional
        By default a line in a terminal and a bar in a notebook, if it takes long enough. ``False`` for
        none; a function is called with a :class:`StudyProgress`.

    Returns
    -------
    Study

    Raises
    ------
    StudyError
        If the arguments make no sense, the runs cannot be used, or the file holds something else.
    UnknownNameError
        If there is no such law, family or preset.

    Notes
    -----
    Two sizes leave the exponent of size open: fits that are equally good predict very different losses, and
    which one a program reports depends on its optimiser, even on the order of rows. Such cells have the
    status ``open``, and the range of errors over equally good fits.

    Examples
    --------
    >>> import scalewidgets as sw
    >>> made = sw.study(preset="hitchhikers", families=["gpt3"], fractions=[1.0], progress=False)
    >>> [round(100 * error, 1) for error in made.to_frame()["are"]][1:]
    [23.2, 5.6, 5.1, 0.9, 2.7]
    """
    given: dict[str, Any] = {
        "choices": choices, "target": target, "drop": drop, "scored": scored, "objective": objective,
        "delta": delta, "start": start, "resamples": resamples, "level": level, "seed": seed,
        "fractions": fractions, "model_counts": model_counts,
    }  # fmt: skip
    steps = study_steps(
        runs, law, families, executor=executor, preset=preset, columns=columns, file=file,
        **{name: value for name, value in given.items() if value is not None},
    )  # fmt: skip
    tell = shown(progress)
    try:
        while True:
            state = next(steps)
            if tell is not None:
                tell(state)
    except StopIteration as stop:
        made: Study = stop.value
        return made
    finally:
        # Also when it is interrupted: what has not begun is cancelled, and the file is closed.
        steps.close()


def study_steps(
    runs: pd.DataFrame | None = None,
    law: str | Law = "chinchilla",
    families: Iterable[str] | None = None,
    *,
    executor: Any = None,
    preset: str | None = None,
    columns: Mapping[str, str] | None = None,
    file: str | PathLike[str] | None = None,
    **settings: Any,
) -> Generator[StudyProgress, None, Study]:
    """Do the same step by step: yields a :class:`StudyProgress` after each task; closing it stops it."""
    protocol = make_protocol(preset, settings)
    found = find_law(law)
    if preset is not None and "start" not in settings and found.formula != find_law(GUIDE_LAW).formula:
        # The start of the guide is one of its own law: with another, ties go to the engine.
        protocol = replace(protocol, start=None)
    if runs is None:
        if preset is None:
            raise StudyError(
                "A study needs runs.", remedy='Give a table of checkpoints, or preset="hitchhikers".'
            )
        runs = guide_runs()
    read = read_families(runs, found, families, columns or {}, TITLES if preset else {})
    steps = run_steps(
        read.families, found, protocol, executor=executor, preset=preset, file=file, left_out=read.left_out
    )
    return (yield from steps)


def run_steps(
    families: tuple[Family, ...],
    law: Law,
    protocol: Protocol,
    *,
    executor: Any = None,
    preset: str | None = None,
    file: str | PathLike[str] | None = None,
    first: str | None = None,
    left_out: tuple[str, ...] = (),
) -> Generator[StudyProgress, None, Study]:
    """Do the same with families that are read already; that of the name ``first`` before all others.

    ``left_out`` says what else the table holds, as :func:`~scalewidgets.studies.families.read_families` does.
    """
    check_start(law, protocol)
    kept = unskipped(families, protocol)
    if not any(counts(family, protocol) for family in kept):
        most = max(len(family.models) for family in kept) - 1
        raise StudyError(
            f"No family has as many siblings as model_counts={list(protocol.model_counts or ())} asks for.",
            remedy=f"The largest has {most} beside the model that is predicted.",
        )
    header = {
        "schema": SCHEMA,
        "law": law.to_dict(),
        "protocol": protocol.to_dict(),
        "preset": preset,
        "data_hash": data_hash(families),
        "families": [card.to_dict() for card in cards(families, protocol)],
        "left_out": list(left_out),
    }
    store = Store(file, header) if file is not None else None
    try:
        planned = [
            Task(f"{family.name}/{k}", family, law, protocol, part)
            for family in kept
            for k, part in enumerate(tasks(family, protocol))
        ]
        found = yield from _done(planned, store, executor, "laws", "status", first)
        if protocol.resamples:
            more = list(_interval_tasks(kept, law, protocol, found))
            intervals = yield from _done(more, store, executor, "intervals", "low", first)
            for place, record in intervals.items():
                found[place] |= record
    finally:
        if store is not None:
            store.close()
    return Study.of(header, [(name, cell, record) for (name, cell), record in found.items()], families)


def data_hash(families: tuple[Family, ...]) -> str:
    """SHA-256 of the numbers of all families."""
    return hashlib.sha256("".join(family.digest() for family in families).encode()).hexdigest()


def _done(
    planned: list[Task], store: Store | None, executor: Any, phase: str, mark: str, first: str | None
) -> Generator[StudyProgress, None, dict[tuple[str, Cell], Record]]:
    """Records of the cells of all tasks, in their order. A cell with ``mark`` in the file is done."""
    before = {} if store is None else store.done
    total = sum(len(task.cells) for task in planned)
    left, made = [], {}
    for task in planned:
        name = task.family.name
        known = [before.get((name, cell.fraction, cell.chosen), (cell, {}))[1] for cell in task.cells]
        if all(mark in record for record in known):
            made[task.key] = [dict(record) for record in known]
        else:
            left.append(task)
    left.sort(key=lambda task: task.family.name != first)
    done = sum(len(records) for records in made.values())
    yield StudyProgress(done, total, phase)
    for k, records in results(left, executor) if left else ():
        task = left[k]
        made[task.key] = records
        if store is not None:
            store.add(task.family.name, task.cells, records)
        done += len(records)
        name = task.family.name
        found = tuple((name, cell, record) for cell, record in zip(task.cells, records, strict=True))
        yield StudyProgress(done, total, phase, task.family.title, found)
    return {
        (task.family.name, cell): dict(record)
        for task in planned
        for cell, record in zip(task.cells, made[task.key], strict=True)
    }


def _interval_tasks(
    families: tuple[Family, ...], law: Law, protocol: Protocol, found: Mapping[tuple[str, Cell], Record]
) -> Iterable[Task]:
    for family in families:
        wanted = [
            (cell, tuple(record["coefficients"]))
            for (name, cell), record in found.items()
            if name == family.name and cell.first and record["status"] in (FITTED, OPEN)
        ]
        for k, first in zip(itertools.count(), range(0, len(wanted), INTERVALS)):
            part = wanted[first : first + INTERVALS]
            yield Task(
                f"{family.name}/intervals/{k}", family, law, protocol,
                tuple(cell for cell, _ in part), tuple(point for _, point in part),
            )  # fmt: skip
