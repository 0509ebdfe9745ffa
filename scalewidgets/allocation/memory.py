"""What a model takes of the devices' memory, and the largest one that fits: in training and in serving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalewidgets.conversions import above_zero
from scalewidgets.errors import QuantityError

Array: TypeAlias = NDArray[np.float64]

GIGABYTE = 1e9
STAGES = ("none", "optimizer", "gradients", "all")
"""What data parallelism shards: nothing, optimizer states, gradients too, weights too."""
RECOMPUTE = ("none", "selective", "full")
_LEAST, _MOST, _HALVINGS = 1e3, 1e18, 80


def shape_of(params: ArrayLike, aspect: float) -> tuple[Array, Array]:
    """Layers and width of a dense model of one aspect, ``N = 12 layers width**2``; fractions are kept."""
    layers = np.cbrt(np.asarray(params, dtype=np.float64) / (12 * aspect**2))
    return np.asarray(layers), np.asarray(aspect * layers)


@dataclass(frozen=True)
class TrainingMemory:
    """Weights, gradients, optimizer states and activations of training, on one device.

    Attributes
    ----------
    gigabytes : float
        Memory of one device (1e9 bytes) that training may take. There is no default: data sheets differ, and
        the sizes on record here are unverified.
    sharded : {"all", "gradients", "optimizer", "none"}
        What is divided among data-parallel devices: everything, optimizer states and gradients, optimizer
        states, nothing.
    bytes_per_param : tuple of float
        Weights, gradients and optimizer states. Mixed-precision Adam: 2, 2 and 12.
    tensor, pipeline : int
        Devices that share a layer, and stages of the layers; the rest of the machine is data-parallel.
    sequences, context : float
        Sequences of one device at a time, and tokens of each.
    recompute : {"selective", "none", "full"}
        Which activations are computed again: those of attention, none, all but the inputs of layers.
    aspect, head : float
        Width over layers, and width of an attention head.
    total : float
        All parameters over those that the fit counts: above 1 where it counts the active ones.

    Raises
    ------
    QuantityError
        For a number that is not above zero, or a name that is not known.

    Notes
    -----
    States: arXiv:1910.02054, section 5: with ``Nd`` data-parallel devices ``(2 + 2 + 12) N``,
    ``(2 + 2 + 12/Nd) N``, ``(2 + (2 + 12)/Nd) N`` or ``(2 + 2 + 12) N / Nd`` bytes. Activations of a layer
    in 16 bits, tensor and sequence parallel (arXiv:2205.05198, Table 2): ``s b h / t (34 + 5 a s / h)``; the
    second part goes where attention is recomputed, ``2 s b h / t`` is left where all is. The first stage of a
    pipeline holds the activations of all layers, so that ``pipeline`` does not divide them.
    """

    gigabytes: float
    sharded: str = "all"
    bytes_per_param: tuple[float, float, float] = (2.0, 2.0, 12.0)
    tensor: int = 1
    pipeline: int = 1
    sequences: float = 1.0
    context: float = 4096.0
    recompute: str = "selective"
    aspect: float = 128.0
    head: float = 128.0
    total: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _positive(self, "gigabytes", "tensor", "pipeline", "sequences", "context", "aspect", "head", "total")
        for name, known in (("sharded", STAGES), ("recompute", RECOMPUTE)):
            if getattr(self, name) not in known:
                raise QuantityError(
                    f"{name}={getattr(self, name)!r} is not known.",
                    remedy=f"Choose one of {', '.join(known)}.",
                )

    def needed(self, params: ArrayLike, devices: int) -> Array:
        """Bytes on one device for models of these parameters, trained on so many devices."""
        size = self.total * above_zero("The number of parameters", params)
        replicas = devices / (self.tensor * self.pipeline)
        if replicas < 1:
            raise QuantityError(
                f"{self.tensor} x {self.pipeline} devices hold one copy, and there are {devices}.",
                remedy="Give more devices, or smaller tensor= and pipeline=.",
            )
        first = STAGES.index(self.sharded)
        # The longer shared, the earlier in this order: optimizer states first, weights last.
        shares = [1.0 / replicas if first >= stage else 1.0 for stage in (3, 2, 1)]
        states = sum(b * share for b, share in zip(self.bytes_per_param, shares, strict=True))
        return np.asarray(size * states / (self.tensor * self.pipeline) + self._activations(size))

    def _activations(self, size: Array) -> Array:
        layers, width = shape_of(size, self.aspect)
        unit = layers * self.context * self.sequences * width / self.tensor
        if self.recompute == "full":
            return np.asarray(2.0 * unit)
        # 5 a s / h with a heads of one width: 5 s over the width of a head.
        attention = 0.0 if self.recompute == "selective" else 5.0 * self.context / self.head
        return np.asarray(unit * (34.0 + attention))

    def most_params(self, devices: int) -> float:
        """Largest model that fits on so many devices; 0 where none does."""
        return _largest(lambda size: self.needed(size, devices), self.gigabytes)

    def __str__(self) -> str:
        """Convention in a line."""
        said = f"training in {self.gigabytes:g} GB a device, {sum(self.bytes_per_param):g} bytes a parameter"
        return f"{said}, {'weights too' if self.sharded == 'all' else self.sharded} sharded"


@dataclass(frozen=True)
class ServingMemory:
    """Weights and the cache of keys and values in serving, on all devices of one copy.

    Attributes
    ----------
    gigabytes : float
        Memory of one device (1e9 bytes) that serving may take.
    devices : int
        Devices that hold one copy of the model.
    bytes_per_param, bytes_per_value : float
        Of weights and of the cache.
    cached_tokens : float
        Tokens whose keys and values are held at a time, all requests together.
    kv_share : float
        Heads of keys and values over heads (grouped queries).
    aspect : float
        Width over layers.
    total : float
        All parameters over those that the fit counts.

    Notes
    -----
    Keys and values take ``2 layers width kv_share`` numbers a token (groups of queries: arXiv:2305.13245).
    """

    gigabytes: float
    devices: int = 1
    bytes_per_param: float = 2.0
    bytes_per_value: float = 2.0
    cached_tokens: float = 0.0
    kv_share: float = 1.0
    aspect: float = 128.0
    total: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _positive(
            self, "gigabytes", "devices", "bytes_per_param", "bytes_per_value", "kv_share", "aspect", "total"
        )
        above_zero("The number of cached tokens", self.cached_tokens, or_zero=True)

    def needed(self, params: ArrayLike, devices: int | None = None) -> Array:
        """Bytes on one device for models of these parameters."""
        size = self.total * above_zero("The number of parameters", params)
        layers, width = shape_of(size, self.aspect)
        cache = kv_bytes(layers, width * self.kv_share, self.bytes_per_value) * self.cached_tokens
        return np.asarray((size * self.bytes_per_param + cache) / self.devices)

    def most_params(self, devices: int | None = None) -> float:
        """Largest model that fits; the machine's devices train, those given here serve."""
        return _largest(self.needed, self.gigabytes)

    def __str__(self) -> str:
        """Convention in a line."""
        many = f"{self.devices:g} x {self.gigabytes:g} GB"
        return f"serving in {many}, {self.bytes_per_param:g} bytes a parameter"


Memory: TypeAlias = TrainingMemory | ServingMemory


def kv_bytes(layers: ArrayLike, kv_width: ArrayLike, bytes_per_value: float = 2.0) -> Array:
    """Bytes that keys and values of one token take: ``2 layers (kv heads x width of a head) bytes``."""
    depth = above_zero("The number of layers", layers)
    return np.asarray(2.0 * depth * above_zero("The width of keys", kv_width) * bytes_per_value)


def _positive(of: Memory, *names: str) -> None:
    for name in names:
        above_zero(f"{name}=", getattr(of, name))


def _largest(needed: object, gigabytes: float) -> float:
    """Largest size whose need is met: the need grows with the size."""
    assert callable(needed)
    room = gigabytes * GIGABYTE
    if float(needed(_LEAST)) > room:
        return 0.0
    low, high = np.log(_LEAST), np.log(_MOST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fits = float(needed(np.exp(middle))) <= room
        low, high = (middle, high) if fits else (low, middle)
    return float(np.exp(low))
