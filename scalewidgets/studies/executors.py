"""One way to run the tasks of a study, whoever does the work.

``None``, ``"processes"``, any :class:`concurrent.futures.Executor` and a Dask client all get the same tasks
and give the same records; only the order in which they come back differs, and nothing depends on it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from multiprocessing import get_context
from typing import Any

from scalewidgets.errors import StudyError, quoted

from .work import Record, Task, work

ATTEMPTS = 3
"""How often a pool of our own is opened anew after one of its processes was killed."""
RETRIES = 10
"""How often Dask may run a task again that was lost with its worker."""


def results(tasks: Sequence[Task], executor: object) -> Iterator[tuple[int, list[Record]]]:
    """Run tasks; yield the position of each and its records, as they are done.

    Closing the iterator cancels what has not begun.

    Raises
    ------
    StudyError
        If the executor is none, or was lost.
    """
    if executor is None:
        for k, task in enumerate(tasks):
            yield k, work(task)
    elif executor == "processes":
        yield from _own_pool(tasks)
    elif isinstance(executor, Executor):
        yield from _pooled(tasks, executor)
    elif is_dask(executor):
        yield from _dask(tasks, executor)
    else:
        raise StudyError(
            f"executor={quoted(executor)} cannot run a study.",
            remedy='Give None, "processes", a concurrent.futures.Executor or a Dask client.',
        )


def is_dask(executor: object) -> bool:
    """Whether this is a client of Dask; asked without importing Dask."""
    names = (f"{kind.__module__.split('.')[0]}.{kind.__name__}" for kind in type(executor).__mro__)
    return "distributed.Client" in names


def _own_pool(tasks: Sequence[Task]) -> Iterator[tuple[int, list[Record]]]:
    waiting = set(range(len(tasks)))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for attempt in range(ATTEMPTS):
        order = sorted(waiting)
        if not order:
            return
        # A fresh interpreter: forking a process with threads, such as a kernel, may hang.
        pool = ProcessPoolExecutor(min(cores, len(order)), mp_context=get_context("spawn"))
        try:
            for k, records in _pooled([tasks[k] for k in order], pool):
                waiting.discard(order[k])
                yield order[k], records
        except StudyError:
            if attempt == ATTEMPTS - 1:
                raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _pooled(tasks: Sequence[Task], pool: Executor) -> Iterator[tuple[int, list[Record]]]:
    futures: dict[Future[list[Record]], int] = {}
    try:
        for k, task in enumerate(tasks):
            futures[_submitted(pool, task)] = k
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool as lost:
        raise StudyError(
            "A process of the executor was lost.",
            remedy="Run the study again; with file= it goes on where it stopped. In a script, make the call "
            'under `if __name__ == "__main__":`.',
        ) from lost
    finally:
        for future in futures:
            future.cancel()


def _submitted(pool: Executor, task: Task) -> Future[list[Record]]:
    try:
        return pool.submit(work, task)
    except BrokenProcessPool:
        raise
    except RuntimeError as problem:  # what every pool of the standard library says after its shutdown
        raise StudyError(
            "The executor takes no more work: it was shut down.",
            remedy="Make the study inside of its `with` block, or give a new one.",
        ) from problem


def _dask(tasks: Sequence[Task], client: Any) -> Iterator[tuple[int, list[Record]]]:
    distributed: Any = import_module("distributed")

    if getattr(client, "asynchronous", False):
        raise StudyError(
            "The Dask client is asynchronous, and a study waits for its laws.",
            remedy="Give a client made without asynchronous=True.",
        )
    # Pure or not, a task is its own key only within this run: results are not kept between studies.
    futures = {client.submit(work, task, pure=False, retries=RETRIES): k for k, task in enumerate(tasks)}
    try:
        for future in distributed.as_completed(futures):
            yield futures[future], future.result()
    except distributed.KilledWorker as lost:
        raise StudyError(
            "The Dask cluster lost several workers over the same part of the study.",
            remedy="See why its workers die (memory, mostly); with file= the study goes on where it stopped.",
        ) from lost
    finally:
        client.cancel(list(futures))
