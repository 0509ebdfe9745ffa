"""Bokeh documents and patches as one JSON message with binary buffers beside it."""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.core.serialization import Buffer, Serialized, Serializer
from bokeh.document import Document
from bokeh.document.callbacks import invoke_with_curdoc
from bokeh.document.events import ColumnDataChangedEvent, DocumentPatchedEvent
from bokeh.model import Model
from numpy.typing import NDArray

Json = Any
#: JSON content, and its buffers by id in order.
Packed = tuple[Json, list[str], list[bytes]]


def pack_document(document: Document) -> Packed:
    """Return the whole document; its array columns as buffers."""
    serialized = document.to_json(deferred=True)
    return _pack(serialized.content, serialized.buffers)


def pack_patch(
    document: Document, events: Sequence[DocumentPatchedEvent], known: frozenset[Model] | None = None
) -> Packed:
    """Return document events as the content of one patch.

    Models that every view already has travel as references; those that are new to the document travel
    whole, and count as known from here on. With `known`, only models among these count: after a patch
    from one view, models that it brought are new to the other views.
    """
    references = document.models.synced_references
    if all(isinstance(event, ColumnDataChangedEvent) for event in events):
        # Columns hold no models: of some hundred only the sources that change are spoken of.
        sources = {event.model for event in events if isinstance(event, ColumnDataChangedEvent)}
        known = frozenset(sources) if known is None else known & sources
    serializer = Serializer(references=references if known is None else references & known)
    content = {"events": serializer.encode(list(events))}
    document.models.flush_synced(lambda model: not serializer.has_ref(model))
    return _pack(content, serializer.buffers)


def apply_patch(
    document: Document, content: Json, ids: Sequence[str], buffers: Sequence[bytes | memoryview], setter: str
) -> None:
    """Apply a patch from a browser; changes it makes carry `setter`, so that they can be told from others."""
    # A copy of each buffer: NumPy columns must not stay views of a message that is gone.
    held = [Buffer(id, bytes(data)) for id, data in zip(ids, buffers, strict=True)]
    patch = Serialized(content=content, buffers=held)
    invoke_with_curdoc(document, lambda: document.apply_json_patch(patch, setter=setter))


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> Packed:
    """Return arrays by name as references to buffers, in double precision."""
    ids = [f"array:{name}" for name in arrays]
    data = [np.ascontiguousarray(array, dtype="<f8").tobytes() for array in arrays.values()]
    return {name: {"id": id} for name, id in zip(arrays, ids, strict=True)}, ids, data


def pack_scene(scene: Mapping[str, Json]) -> dict[str, Json]:
    """Return a scene as a notebook file keeps it.

    Notebook files are written with a line and an indent for each number, which would double the size of a
    figure; zipped it is a third. The words stay readable. No time stamp: the same figure, the same bytes.
    """
    text = json.dumps(scene, allow_nan=False, separators=(",", ":"))
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")
    return {**{key: scene[key] for key in ("protocol", "kind", "bokeh", "summary")}, "packed": packed}


def unpack_scene(saved: Mapping[str, Json]) -> dict[str, Json]:
    """Return the scene of a saved output."""
    scene: dict[str, Json] = json.loads(zlib.decompress(base64.b64decode(saved["packed"])))
    return scene


def _pack(content: Json, buffers: Sequence[Buffer]) -> Packed:
    ids, data = [buffer.id for buffer in buffers], [buffer.to_bytes() for buffer in buffers]
    return _with_references(content), ids, data


def _with_references(value: Json) -> Json:
    if isinstance(value, Buffer):
        return {"id": value.id}
    if isinstance(value, Mapping):
        return {key: _with_references(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_references(item) for item in value]
    return value


def plain(value: Any) -> Json:
    """Return an answer as JSON can carry it: NumPy numbers and arrays unpacked, what is not finite as null.

    Raises
    ------
    TypeError
        For anything that is not figures, text or a container of them.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy scalars and arrays
        return plain(value.tolist())
    raise TypeError(f"an answer to the browser carries figures and text only, not {type(value).__name__}")
