"""Every refusal of scalewidgets, as a sentence: what is wrong, where, and what to do about it.

A refusal is a value a person reads. The message stands alone; the keyword attributes say the same
to a program (a table view that jumps to the row, a form that marks the field).
Each class is also the built-in error a Python programmer would expect, so
``except ValueError`` keeps working.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable, Iterable
from os import PathLike, fspath


class ScaleWidgetsError(Exception):
    """Base of every error that scalewidgets raises on purpose.

    Parameters
    ----------
    message : str
        A sentence (or a few) that says what is wrong and where. It ends with a full stop.
    file, row, column : optional
        Where in the reader's own material the trouble is; ``None`` where that has no meaning.
        ``row`` is the row as the reader counts it (1 is the header line of a CSV file).
    remedy : str, optional
        A sentence that says what to do. It is appended to the message unless already part of it.

    Attributes
    ----------
    message, file, row, column, remedy
        The parts, as given.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | PathLike[str] | None = None,
        row: int | None = None,
        column: Hashable | None = None,
        remedy: str | None = None,
    ) -> None:
        self.message = message
        self.file = None if file is None else fspath(file)
        self.row = row
        self.column = column
        self.remedy = remedy
        super().__init__(message)

    def __str__(self) -> str:
        # Without this, KeyError subclasses would show the repr of the sentence, quotes included.
        if self.remedy and self.remedy not in self.message:
            return f"{self.message} {self.remedy}"
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders (worker pools): keyword-only parts must survive pickling.
        return (type(self)._restore, (type(self), self.message, self.__dict__.copy()))

    @staticmethod
    def _restore(kind: type[ScaleWidgetsError], message: str, state: dict[str, object]) -> ScaleWidgetsError:
        error = kind.__new__(kind)
        Exception.__init__(error, message)
        error.__dict__.update(state)
        return error


class FormulaError(ScaleWidgetsError, ValueError):
    """A formula, or a value given to one of its symbols, that cannot be used.

    Parameters
    ----------
    message : str
        The sentence.
    position : int, optional
        Zero-based character of the formula the sentence speaks of.
    remedy : str, optional
        What to do.
    """

    def __init__(self, message: str, *, position: int | None = None, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.position = position


class UnknownNameError(ScaleWidgetsError, KeyError, ValueError):
    """A name that is not in the list it was looked up in, with the names that come close.

    Parameters
    ----------
    message : str
        The sentence; usually built by :meth:`of`.
    name : str, optional
        The name that was asked for.
    matches : iterable of str, optional
        Known names that are close to it, best first.
    remedy : str, optional
        What to do.
    """

    def __init__(
        self,
        message: str,
        *,
        name: str | None = None,
        matches: Iterable[str] = (),
        remedy: str | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.name = name
        self.matches = tuple(matches)

    @classmethod
    def of(
        cls, kind: str, name: object, known: Iterable[str], *, remedy: str | None = None
    ) -> UnknownNameError:
        """Build the error for ``name`` looked up among ``known``.

        Parameters
        ----------
        kind : str
            What the name stands for, with its article: ``"a law"``.
        name : object
            What was asked for.
        known : iterable of str
            Every name that would have worked.
        remedy : str, optional
            What to do; by default, the names to choose from.

        Returns
        -------
        UnknownNameError
        """
        known = list(known)
        matches = close_matches(str(name), known)
        sentence = f"{quoted(name)} is not the name of {kind}."
        if remedy is None:
            if matches:
                remedy = f"Did you mean {either(matches)}?"
            elif known:
                shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
                remedy = f"Known names: {shown}."
        return cls(sentence, name=str(name), matches=matches, remedy=remedy)


class QuantityError(ScaleWidgetsError, ValueError):
    """A text that does not read as a quantity, such as ``7 bananas`` where parameters are meant."""


class TableError(ScaleWidgetsError, ValueError):
    """A table of runs that cannot be used; ``file``, ``row`` and ``column`` say where.

    Attributes
    ----------
    repairs : tuple of dict
        Changes that would make the table usable, for a screen to offer as buttons
        (see :func:`scalewidgets.data.apply_repair`). Empty where only the reader can decide.
    """

    repairs: tuple[dict[str, object], ...] = ()


class FetchError(ScaleWidgetsError, OSError):
    """Public data that could not be downloaded; the sentence says how to get it by hand."""


class FitError(ScaleWidgetsError, ValueError):
    """Arguments that no fit can be made from. A fit that fails is a value with a status instead."""


class StudyError(ScaleWidgetsError, ValueError):
    """A study that cannot be made, or a file that does not hold the one that is asked for."""


class ScheduleError(ScaleWidgetsError, ValueError):
    """A learning-rate schedule that cannot be, or a step outside it."""


class PaneError(ScaleWidgetsError, RuntimeError):
    """A figure that cannot be shown or kept in step with its views."""


def close_matches(name: str, known: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Names of ``known`` that a person may have meant by ``name``, best first.

    Letter case is ignored, because ``chinchilla`` and ``Chinchilla`` are one slip apart. Where nothing is
    spelt alike, names come that hold the asked one as a word: ``moe`` finds ``clark_moe``.
    """
    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), candidate)
    # get_close_matches is quadratic in the length: a name that long is no misspelling.
    close = difflib.get_close_matches(name[:100].casefold(), by_folded, n=limit, cutoff=0.6)
    if not close and name.strip():
        asked = name[:100].casefold().strip()
        close = [folded for folded in by_folded if asked in re.split(r"[^0-9a-z]+", folded)][:limit]
    return tuple(by_folded[folded] for folded in close)


def either(names: Iterable[str]) -> str:
    """Join names the way a sentence does: ``a``, ``a or b``, ``a, b or c``."""
    names = list(names)
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"


def quoted(value: object, limit: int = 60) -> str:
    """Show a value inside a sentence: quoted, on one line, cut when it is long."""
    if getattr(value, "shape", None) == ():  # a number of NumPy is shown as the number that it is
        value = value.item()  # type: ignore[attr-defined]
    text = value if isinstance(value, str) else repr(value)
    if len(text) > limit:
        text = text[: limit - 3] + "..."
    return repr(text) if isinstance(value, str) else text
