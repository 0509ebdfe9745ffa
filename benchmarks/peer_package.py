"""Run the PyPI package ``chinchilla`` on a job read from standard input; its own interpreter calls this.

Only the package and what it brings along are imported here.
"""

import functools
import json
import os
import resource
import sys
from importlib.metadata import version

import numpy as np
from chinchilla import Chinchilla
from chinchilla._metrics import log_huber


def used() -> float:
    """CPU seconds of this process and of the workers it has waited for."""
    return sum(
        part.ru_utime + part.ru_stime
        for part in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def main(folder: str) -> None:
    """Fit, and print CPU seconds and coefficients as JSON."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    task = json.load(sys.stdin)
    runs = task["runs"]
    rows = zip(runs["N"], runs["D"], runs["loss"], strict=True)
    table = "C,N,D,loss\n" + "".join(f"{6 * n * d!r},{n!r},{d!r},{loss!r}\n" for n, d, loss in rows)
    with open(os.path.join(folder, "df.csv"), "w", encoding="utf-8") as file:
        file.write(table)
    fitter = Chinchilla(
        folder,
        param_grid={name: np.array(values) for name, values in task["grid"].items()},
        loss_fn=functools.partial(log_huber, delta=task["delta"]),
        log_level=50,
    )
    fitter.visualizer.optim = lambda *_, **__: None  # its picture is no part of the job
    begun = used()
    fitter.fit(parallel=True)
    found = fitter.params
    print(
        json.dumps(
            {
                "seconds": used() - begun,
                "version": version("chinchilla"),
                "coefficients": [found["A"], found["B"], found["E"], found["alpha"], found["beta"]],
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
