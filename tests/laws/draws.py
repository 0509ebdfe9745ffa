"""Random runs and coefficients for tests over every law."""

import numpy as np

from scalewidgets.laws import Law


def at_random(law: Law, rng: np.random.Generator, count: int, registered: bool = True) -> dict:
    """Arrays by name, inside the starting ranges; shares of one whole sum to one."""
    values = {}
    for symbol in (*law.inputs, *law.coefficients):
        low, high = symbol.start if registered and symbol.start is not None else (0.3, 3.0)
        drawn = rng.uniform(0, 1, count)
        values[symbol.name] = low * (high / low) ** drawn if low > 0 else low + (high - low) * drawn
    whole = sum(values[name] for name in law.simplex)
    for name in law.simplex:
        values[name] = values[name] / whole
    return values
