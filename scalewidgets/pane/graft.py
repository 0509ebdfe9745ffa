"""Bring a live document to the state of a freshly built one by changing as little as possible.

After a refit the figure function builds a new document. Sending it whole would redraw every view and lose
what a person did there (zoom, selection); most of the time only a few columns and labels differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from bokeh.core.property.descriptors import AliasPropertyDescriptor, UnsetValueError
from bokeh.core.property.vectorization import Expr, Field
from bokeh.document import Document
from bokeh.model import Model

#: What a person sets in a view. It yields to a new document only where the figure itself changed it.
OF_THE_READER = {
    "Range1d": ("start", "end", "reset_start", "reset_end"),
    "DataRange1d": ("start", "end"),
    "FactorRange": ("start", "end"),
    "Selection": ("indices", "line_indices", "multiline_indices", "image_indices"),
    "Toolbar": ("active_drag", "active_inspect", "active_scroll", "active_tap", "active_multi"),
}
#: Set by BokehJS from the size on screen, or bookkeeping that never differs in meaning.
NEVER = {"inner_width", "inner_height", "outer_width", "outer_height", "subscribed_events", "id"}

#: Where a vectorised value (a column, an expression) may hold a model.
_SPEC = ("transform", "expr")

Baseline = dict[str, dict[str, Any]]


def baseline(document: Document) -> Baseline:
    """Return what the figure itself says about the properties that a person may change in a view."""
    said: Baseline = {}
    for _, model in _walk(document):
        names = [name for name in OF_THE_READER.get(type(model).__name__, ()) if name in _names(type(model))]
        if names:
            said[model.id] = {name: _get(model, name) for name in names}
    return said


def pair(old: Document, new: Document) -> list[tuple[Model, Model]] | None:
    """Return the models of two documents two by two, or None where their structures differ.

    Two documents have one structure when walking both from their roots meets models of the same types and
    names at the same places.
    """
    if len(old.roots) != len(new.roots):
        return None
    left, right = list(_walk(old)), list(_walk(new))
    if len(left) != len(right):
        return None
    for (place, a), (other, b) in zip(left, right, strict=True):
        if place != other or type(a) is not type(b) or a.name != b.name:
            return None
    return [(a, b) for (_, a), (_, b) in zip(left, right, strict=True)]


def graft(pairs: list[tuple[Model, Model]], before: Baseline) -> Baseline:
    """Copy to the old models what differs in the new ones; return the baseline of the new state.

    Properties that hold models are left alone: the structure is the same. Call it inside a hold of the
    old document.

    Parameters
    ----------
    pairs : list of (old model, new model)
        From :func:`pair`.
    before : Baseline
        What the figure said when the old document was shown.
    """
    after: Baseline = {}
    for old, new in pairs:
        readers = OF_THE_READER.get(type(old).__name__, ())
        said = before.get(old.id, {})
        # What neither of them was ever told has its default in both.
        for name in sorted((_told(old).keys() | _told(new).keys() | set(readers)) & _names(type(new))):
            value = _get(new, name)
            if name in readers:
                after.setdefault(old.id, {})[name] = value
                if name in said and _same(said[name], value):
                    continue
            if not _holds_models(value) and not _same(_get(old, name), value):
                # A plain copy: Bokeh's own containers know which model they belong to.
                setattr(old, name, _copy(value))
    return after


def _walk(document: Document) -> Iterator[tuple[str, Model]]:
    """Every model below the roots once, with the place where it was first met."""
    seen: set[str] = set()
    stack: list[tuple[str, Any]] = [(f"root {i}", root) for i, root in enumerate(document.roots)][::-1]
    while stack:
        place, value = stack.pop()
        if isinstance(value, Model):
            if value.id in seen:
                continue
            seen.add(value.id)
            yield place, value
            told = _told(value)
            names = sorted(told.keys() & _names(type(value)), reverse=True)
            stack.extend((f"{place}.{name}", told[name]) for name in names)
        elif isinstance(value, Field | Expr):
            # A column with its colour map or transform is a value that holds a model.
            stack.extend((f"{place}.{name}", getattr(value, name, None)) for name in _SPEC)
        elif isinstance(value, list | tuple):
            stack.extend((f"{place}[{i}]", item) for i, item in reversed(list(enumerate(value))))
        elif isinstance(value, dict) and not _is_columns(value):
            stack.extend((f"{place}[{key!r}]", item) for key, item in reversed(list(value.items())))


def _is_columns(value: dict[Any, Any]) -> bool:
    """Columns of a data source hold figures and text; walking them item by item would take for ever."""
    return all(not isinstance(item, Model | dict) for item in value.values())


def _told(model: Model) -> dict[str, Any]:
    """Return the properties that were set.

    Bokeh's public question for them looks at every property of every model, a tenth of a second for one
    screen; its own store answers at once. Where a release has no such store, the slow way is right too.
    """
    stored = getattr(model, "_property_values", None)
    if not isinstance(stored, dict):
        told: dict[str, Any] = model.properties_with_values(include_defaults=False)
        return told
    return {**getattr(model, "_unstable_default_values", {}), **stored}


_NAMES: dict[Any, frozenset[str]] = {}


def _names(kind: Any) -> frozenset[str]:
    """Return the properties of a model class that mean something of their own."""
    if kind not in _NAMES:
        found = {name: kind.lookup(name) for name in set(kind.properties()) - NEVER}
        real = [n for n, d in found.items() if not isinstance(d, AliasPropertyDescriptor) and not d.readonly]
        _NAMES[kind] = frozenset(real)
    return _NAMES[kind]


def _get(model: Model, name: str) -> Any:
    """Return the value of a property; None for the few that have none until BokehJS sets them."""
    try:
        return getattr(model, name)
    except UnsetValueError:
        return None


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return dict(value)
    return list(value) if isinstance(value, list) else value


def _holds_models(value: Any) -> bool:
    if isinstance(value, Model):
        return True
    if isinstance(value, Field | Expr):
        return any(_holds_models(getattr(value, name, None)) for name in _SPEC)
    if isinstance(value, list | tuple | set):
        return any(_holds_models(item) for item in value)
    if isinstance(value, dict):
        return not _is_columns(value) and any(_holds_models(item) for item in value.values())
    return False


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return _same_array(a, b)
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b)
    try:
        return bool(a == b)
    except (TypeError, ValueError):
        return False


def _same_array(a: Any, b: Any) -> bool:
    first, second = np.asarray(a), np.asarray(b)
    if first.shape != second.shape:
        return False
    numbers = first.dtype.kind in "fc" and second.dtype.kind in "fc"
    return bool(np.array_equal(first, second, equal_nan=numbers))
