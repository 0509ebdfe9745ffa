"""Everything side by side, as a table: ``python -m benchmarks.run [--quick] [--write] [--peer-python PATH]``.

All figures are CPU seconds, BLAS on one thread. By default every job runs in full (some ten minutes);
``--quick`` samples the grids and the resamples and scales them up, and says so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from scalewidgets.fitting.compiled import machine as machine_code

from . import peers
from .job import BEST, ONE_THREAD, Line, chinchilla_points, machine
from .ours import chinchilla_problem, solved
from .peers import REFITS

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
GIGABYTE = 1e9


def program(*words: str, engine: str = "numpy") -> Any:
    """Run one of our modules in a process of its own and read what it prints; ``None`` if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, text=True, check=False,
        env={**os.environ, **ONE_THREAD, "SCALEWIDGETS_ENGINE": engine},
    )  # fmt: skip
    if done.returncode != 0:
        print(f"{' '.join(words)} ({engine}): {done.stderr.strip()[-500:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def engines() -> list[str]:
    """Engines that this installation has."""
    return ["numpy", "compiled"] if machine_code.installed() else ["numpy"]


def met(value: float, floor: float, *, least: bool) -> str:
    """Say whether a floor is met."""
    return "met" if (value >= floor if least else value <= floor) else "NOT met"


def seconds(value: float) -> str:
    """Seconds with three digits, in the unit a person would take."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e6:.3g} us"


def fits(lines: list[tuple[str, Line, float]], ours: dict[str, dict[str, float]]) -> list[str]:
    """Table of the fit beside each peer."""
    out = ["| fit of 240 runs | CPU | gap | remark |", "|---|---:|---:|---|"]
    for engine, seen in ours.items():
        out += [
            f"| ours, {engine}: table to Fit | {seconds(seen['fit'])} | {seen['gap']:.0e} | |",
            f"| ours, {engine}: search and descent, from arrays | {seconds(seen['arrays'])} "
            f"| {seen['gap']:.0e} | |",
        ]
    out += [
        f"| ({key}) {line.label} | {seconds(line.seconds)} | {line.gap:.0e} | {line.remark} |"
        for key, line, _ in lines
    ]
    for engine, seen in ours.items():
        out += ["", f"| {engine}, times faster than | floor | table to Fit | | from arrays | |",
                "|---|---:|---:|---|---:|---|"]  # fmt: skip
        for key, line, floor in lines:
            floor = 20.0 if key == "iv" and engine == "compiled" else floor
            whole, arrays = line.seconds / seen["fit"], line.seconds / seen["arrays"]
            out.append(
                f"| ({key}) | {floor:,.0f} | {whole:,.2g} | {met(whole, floor, least=True)} "
                f"| {arrays:,.2g} | {met(arrays, floor, least=True)} |".replace("e+", "e")
            )
    return out


def others(ours: dict[str, dict[str, float]], resamples: list[Line]) -> list[str]:
    """Refits, resamples and what a person waits for."""
    out = ["| quantity | engine | measured | floor | |", "|---|---|---:|---:|---|"]

    def row(what: str, engine: str, value: float, floor: float | None) -> None:
        bar, verdict = ("", "") if floor is None else (seconds(floor), met(value, floor, least=False))
        out.append(f"| {what} | {engine} | {seconds(value)} | {bar} | {verdict} |")

    for line in resamples:
        out.append(f"| {line.label} | SciPy | {seconds(line.seconds)} | | |")
    for engine, seen in ours.items():
        fast = engine == "compiled"
        row("4,000 resamples", engine, seen["resamples"], 0.06 if fast else None)
        times = resamples[0].seconds / seen["resamples"]
        out.append(
            f"| 4,000 resamples, times faster than BFGS above | {engine} | {times:,.0f} | 300 "
            f"| {met(times, 300, least=True)} |"
        )
        row("refit after one run is taken out, p95", engine, seen["warm_p95"], None if fast else 1e-3)
        row("the same, p99", engine, seen["warm_p99"], 50e-6 if fast else None)
        row("table to Fit with 200 resamples, p95", engine, seen["drag_p95"], 8e-3 if fast else 0.04)
        row("sw.fit as it comes (64 starts, 1,000 resamples, 8 checked)", engine, seen["default"], None)
        row("first fit after import (the law is derived)", engine, seen["cold"], None)
    return out


def compiled(*, quick: bool) -> list[str]:
    """Table of the compiled engine beside (iv) and NumPy's engine, all in one process."""
    seen = program("benchmarks.compiled", *(["--quick"] if quick else []))
    if seen is None:
        return []
    times, whole = seen["iv"] / seen["arrays"], seen["iv"] / seen["job"]
    out = ["| compiled engine | measured | floor | | beside it |", "|---|---:|---:|---|---|"]

    def row(what: str, value: float, floor: float, beside: str = "") -> None:
        verdict = met(value, floor, least=False)
        out.append(f"| {what} | {seconds(value)} | {seconds(floor)} | {verdict} | {beside} |")

    out.append(
        f"| arrays to coefficients, times faster than (iv) | {times:.3g} | 20 | {met(times, 20, least=True)} "
        f"| {seconds(seen['arrays'])} and {seconds(seen['iv'])}; with the bookkeeping of a job "
        f"{seconds(seen['job'])} ({whole:.3g} times), NumPy's engine {seconds(seen['numpy_job'])} |"
    )
    row("4,000 resamples, drawing them included", seen["resamples"], 0.06,
        f"NumPy's engine {seconds(seen['numpy_resamples'])}")  # fmt: skip
    row(
        "refit after one run is taken out, p99",
        seen["warm_p99"],
        50e-6,
        f"median {seconds(seen['warm_p50'])}",
    )
    row("refit and 200 resamples from arrays, p95", seen["refit_200_p95"], 8e-3)
    row("table to Fit with 200 resamples, p95", seen["drag_p95"], 8e-3, f"median {seconds(seen['drag_p50'])}")
    numba = "Numba is imported" if seen["cold_imports_numba"] else "Numba is not imported"
    once = "" if seen["compile"] is None else f"; compiled once on a machine in {seconds(seen['compile'])}"
    row("what a fresh process waits for", seen["cold"], 0.5,
        f"{seconds(seen['cold_wall'])} by the clock; {numba}{once}")  # fmt: skip
    worst = max(seen["off_coefficients"], seen["off_resamples"])
    return [*out, "", f"Gap {seen['gap']:.0e}. From NumPy's engine: objective {seen['off_objective']:.0e}, "
            f"coefficients of the fit and of 1,000 resamples at most {worst:.0e}, relatively."]  # fmt: skip


def large(*, quick: bool) -> list[str]:
    """Tables of a hundred thousand and a million rows."""
    out = ["| large tables | engine | CPU | peak memory | remark |", "|---|---|---:|---:|---|"]
    count = 100 if quick else REFITS
    for engine in engines():
        one = program("benchmarks.scale", "million", engine=engine)
        if one:
            times, arrays = one["lbfgs"] / one["seconds"], one["lbfgs"] / one["arrays"]
            out.append(
                f"| 1e6 runs, table to Fit | {engine} | {seconds(one['seconds'])} "
                f"| {one['peak'] / GIGABYTE:.2f} GB | {times:.2g} times one tight L-BFGS-B start "
                f"({seconds(one['lbfgs'])}); from arrays {seconds(one['arrays'])}, {arrays:.2g} times: "
                f"floor 10 {met(arrays, 10, least=True)}; gap {one['gap']:.0e} |"
            )
        many = program("benchmarks.scale", "many", "--resamples", str(count), engine=engine)
        if many:
            scaled = many["seconds"] * REFITS / count
            out.append(
                f"| 4,000 resamples of 1e5 runs | {engine} | {seconds(scaled)} "
                f"| {many['peak'] / GIGABYTE:.2f} GB | 2 GB {met(many['peak'], 2e9, least=False)}; "
                f"{count:,} run, {many['converged']:,} converged |"
            )
        some = program(
            "benchmarks.scale", "checkpoints", "--rows", "1000000", "--resamples", "20", engine=engine
        )
        if some:
            out.append(
                f"| 1e6 checkpoints of 1,000 runs, 20 resamples of whole runs | {engine} "
                f"| {seconds(some['seconds'])} | {some['peak'] / GIGABYTE:.2f} GB "
                f"| {(some['peak'] - some['table']) / GIGABYTE:.2f} GB above the table |"
            )
    return out


def gaps(*, quick: bool) -> list[str]:
    """Gap of every bundled family, and of resamples."""
    words = ["--starts", "6", "--resamples", "100", "--each", "0"] if quick else ["--each", "10"]
    seen = program("benchmarks.gaps", *words)
    if seen is None:
        return []
    out = [
        "| family | runs | status | gap | resamples | worst gap of these |",
        "|---|---:|---|---:|---:|---:|",
    ]
    for one in seen:
        worst = f"{one['resample_gap']:.0e}" if one["resamples"] else ""
        out.append(
            f"| {one['family']} | {one['rows']:,} | {one['status']} | {one['gap']:.0e} "
            f"| {one['resamples'] or ''} | {worst} |"
        )
    good = [one["gap"] for one in seen if one["status"] == "converged"]
    out += ["", f"Worst gap of the {len(good)} families whose fit says *converged*: {max(good):.0e} "
            f"(floor 1e-10: {met(max(good), 1e-10, least=False)})."]  # fmt: skip
    return out


def sweep(*, quick: bool) -> list[str]:
    """More than a thousand laws beside the procedure that published them."""
    seen = program("benchmarks.studies", *(["--quick"] if quick else []))
    if seen is None:
        return []
    ratio = seen["reference"] / seen["ours"]
    each = 1e3 * seen["ours"] / seen["laws"]
    sampled = "" if seen["sampled"] == seen["laws"] else f", {seen['sampled']:,} run and scaled up"
    quick_enough = met(seen["ours"], 20 * seen["laws"] / 1000, least=False)
    return [
        "| a sweep over the Hitchhiker's collection | CPU | |",
        "|---|---:|---|",
        f"| sw.study: {seen['laws']:,} laws | {seen['ours']:.3g} s "
        f"| {each:.2g} ms a law; 1,000 laws in 20 s {quick_enough} |",
        f"| the same by scipy.optimize.curve_fit | {seen['reference']:.3g} s "
        f"| {seen['failed']:,} failed{sampled} |",
        f"| times faster | {ratio:,.3g} | floor 20 {met(ratio, 20, least=True)} |",
        f"| laws that the runs decide: worst objective above that of curve_fit | {seen['worst']:.0e} "
        f"| of {seen['decided']:,}; {seen['better']:,} are better by more than 1e-6 |",
        f"| sw.study(preset='hitchhikers'): {seen['guide_laws']:,} laws | {seen['guide']:.3g} s "
        f"| {seen['settled']:,} of them settled by curve_fit, since they leave a coefficient open |",
    ]


def test_time(*, quick: bool) -> list[str]:
    """Coverage and frontiers beside what is usually copied around."""
    seen = program("benchmarks.testtime", *(["--quick"] if quick else []))
    if seen is None:
        return []
    out = [
        "| coverage of 1e5 problems at 50 k, with both intervals | CPU | loop over both, no interval "
        "| times faster | floor 100 | largest difference |",
        "|---|---:|---:|---:|---|---:|",
    ]
    for one in seen["coverage"]:
        times = one["loop"] / one["ours"]
        out.append(
            f"| {one['label']} | {seconds(one['ours'])} | {seconds(one['loop'])} ({one['timed']:,} timed) "
            f"| {times:,.0f} | {met(times, 100, least=True)} | {one['off']:.0e} |"
        )
    out += [
        "",
        "| front of 1e6 points | CPU | scan of all pairs | times faster | floor 50 | np.sort "
        "| np.argsort | times a sort | floor 2 |",
        "|---|---:|---:|---:|---|---:|---:|---:|---|",
    ]
    for one in seen["frontier"]:
        times, sorts = one["scan"] / one["ours"], one["ours"] / one["sort"]
        out.append(
            f"| {one['label']} ({one['front']:,} on it) | {seconds(one['ours'])} | {seconds(one['scan'])} "
            f"| {times:,.0f} | {met(times, 50, least=True)} | {seconds(one['sort'])} "
            f"| {seconds(one['argsort'])} | {sorts:.2g} | {met(sorts, 2, least=False)} |"
        )
    return out


def reading(*, quick: bool) -> list[str]:
    """A million rows of one's own, in every format."""
    seen = program("benchmarks.reading", *(["--rows", "200000"] if quick else []))
    if seen is None:
        return []
    out = [
        "| one's own table | rows | file | CPU | floor 5 s | peak memory | floor 2 GB | pandas alone |",
        "|---|---:|---:|---:|---|---:|---|---:|",
    ]
    for form, one in seen.items():
        out.append(
            f"| {form} | {one['rows']:,} | {one['bytes'] / 1e6:,.0f} MB | {seconds(one['seconds'])} "
            f"| {met(one['seconds'], 5, least=False)} | {one['peak'] / GIGABYTE:.2f} GB "
            f"| {met(one['peak'], 2e9, least=False)} | {seconds(one['plain'])} |"
        )
    return out


def report(*, quick: bool, python: str | None) -> str:
    """Run everything; the table in Markdown."""
    points, problem = chinchilla_points(), chinchilla_problem()
    ours = {}
    for engine in engines():
        seen = program("benchmarks.ours", *(["--quick"] if quick else []), engine=engine)
        if seen:
            ours[engine] = seen
    some = 150 if quick else None
    lines: list[tuple[str, Line, float]] = []
    package = peers.package(points, python, quick=quick)
    if package is not None:
        lines.append(("i", package, 5000.0))
    lines += [
        ("ii", peers.grid(points, some), 2500.0),
        ("ii tight", peers.grid(points, some, tight=True), 2500.0),
        ("iii", peers.differences(points, some), 10_000.0),
        ("iv", peers.one_start(problem, points, 15 if quick else 51), 1.0),
    ]
    found = solved(problem)
    coefficients = found.model.coefficients(found.solution.variables[None])[0]
    named = dict(zip(problem.law.coefficient_names, coefficients, strict=True))
    optimum = np.array([*np.log([named[k] for k in ("A", "B", "E")]), named["alpha"], named["beta"]])
    refits = [
        peers.difference_resamples(points, optimum, 100 if quick else None, method)
        for method in ("BFGS", "L-BFGS-B")
    ]
    how = "grids and resamples sampled and scaled up" if quick else "every job run in full"
    parts = [
        [f"{machine()}. Optimum {BEST:.16g}; {how}."],
        fits(lines, ours),
        others(ours, refits),
        compiled(quick=quick) if "compiled" in engines() else [],
        large(quick=quick),
        reading(quick=quick),
        gaps(quick=quick),
        sweep(quick=quick),
        test_time(quick=quick),
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def main() -> None:
    """Print the table, and write it into the README where asked."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true", help="sample and scale up")
    options.add_argument("--write", action="store_true", help="keep the table in benchmarks/README.md")
    options.add_argument("--peer-python", help="interpreter that has the PyPI package chinchilla")
    asked = options.parse_args()
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        # BLAS reads this when NumPy is imported: start again with it set.
        os.execve(
            sys.executable,
            [sys.executable, "-m", "benchmarks.run", *sys.argv[1:]],
            {**os.environ, **ONE_THREAD},
        )
    text = report(quick=asked.quick, python=asked.peer_python)
    print(text)
    if asked.write:
        page = README.read_text(encoding="utf-8")
        head, rest = page.split(BEGIN)
        README.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
