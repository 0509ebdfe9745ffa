"""Damped Newton for one row of variables after the other, each run to its end by itself.

Steps, damping and stopping rules are those of :mod:`scalewidgets.fitting.newton`, number for number. What
differs: there is no array as long as the batch, a row's runs of weight zero are left out (a resample lacks
37 % of them), the Hessian is summed only where a step was accepted, and rows that start at one place leave it
together (:mod:`.together`).

``shape`` is as long as there are variables: a tuple where the compiler is to know their number and to write
out the loops over them, which takes a tenth off a refit, and an array where any number is to do.
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-call, no-untyped-def"

from __future__ import annotations

import math

import numpy as np

from .arithmetic import exact, plain, root, summing
from .evaluate import BLOCK, EXACT, ROBUST, VALUE, clear, evaluate, reweigh
from .moments import moments, slopes

LANES = 16
"""Runs are filled up to a multiple of this with runs of weight zero: loops then have no scalar rest."""
EXTRA = 5
"""Arrays of one block that an evaluation needs beside one for each term."""
LEAST = 2.2250738585072014e-308
NEAR, DAMPING, SHORTER, SHORTEST, LONGEST, FAINT, LEAP = 1e-2, 3e-3, 3, 0.1, 0.7, 1e-16, 1e-2
"""Those of :mod:`scalewidgets.fitting.single`: the machine code is made anew when this module changes."""


@plain
def solve(shape, gradient, hessian, pace, damping, stuck, matrix, step):
    """Solve ``(H + damping / pace**2) step = -gradient`` by L D L'; whether it was positive definite."""
    p = len(shape)
    for i in range(p):
        step[i] = 0.0 if stuck[i] else -gradient[i] * pace[i]
        for j in range(i + 1):
            matrix[i, j] = 0.0 if stuck[i] or stuck[j] else hessian[i, j] * (pace[i] * pace[j])
        matrix[i, i] += damping + (1.0 if stuck[i] else 0.0)
    definite = True
    for j in range(p):
        pivot = matrix[j, j]
        if not pivot > 1e-14:
            definite = False
            pivot = 1.0
        inverse = 1.0 / pivot
        matrix[j, j] = inverse
        for i in range(j + 1, p):
            factor = matrix[i, j] * inverse
            step[i] -= factor * step[j]
            for m in range(j + 1, i + 1):
                matrix[i, m] -= factor * matrix[m, j]
        for i in range(j + 1, p):
            matrix[i, j] *= inverse
    for j in range(p - 1, -1, -1):
        out = step[j] * matrix[j, j]
        for i in range(j + 1, p):
            out -= matrix[i, j] * step[i]
        step[j] = out
    for j in range(p):
        out = step[j] * pace[j]
        step[j] = out if math.isfinite(out) else 0.0
    return definite


@plain
def at_bounds(shape, u, gradient, limits, stuck):
    """Write which variables stay: held ones, and those that are pulled over an end of their range."""
    low, high, held = limits
    for i in range(len(shape)):
        stuck[i] = held[i] or (
            (u[i] <= low[i] and gradient[i] > 0.0) or (u[i] >= high[i] and gradient[i] < 0.0)
        )


@plain
def promised(shape, gradient, step, stuck):
    """Half of what the step takes off the objective's model, along the slope."""
    promise = 0.0
    for i in range(len(shape)):
        promise -= 0.0 if stuck[i] else 0.5 * gradient[i] * step[i]
    return promise


@plain
def stepped(shape, u, step, limits, stuck, out):
    """Write where a step leads, cut off at the ends of the ranges."""
    low, high, _ = limits
    for i in range(len(shape)):
        out[i] = u[i] if stuck[i] else min(max(u[i] + step[i], low[i]), high[i])


@plain
def paces(shape, matrix, pace):
    """Marquardt's scaling, inverted: roots of the diagonal, kept away from zero."""
    largest = 0.0
    for i in range(len(shape)):
        largest = max(largest, abs(matrix[i, i]))
    for i in range(len(shape)):
        pace[i] = 1.0 / root(max(abs(matrix[i, i]), 1e-12 * largest + LEAST))


@plain
def _shorten(shape, u, trial, value, beyond, gradient, there, way):
    """Write the step to where the cubic through both ends of a refused one is lowest."""
    first = last = 0.0
    for i in range(len(shape)):
        way[i] = trial[i] - u[i]
        first += gradient[i] * way[i]
        last += there[i] * way[i]
    middle = first + last - 3.0 * (beyond - value)
    more = root(max(middle * middle - first * last, 0.0))
    share = 1.0 - (last + more - middle) / (last - first + 2.0 * more)
    share = min(max(share, SHORTEST), LONGEST) if math.isfinite(share) else SHORTEST
    for i in range(len(shape)):
        way[i] *= share


@plain
def newton(shape, u, runs, plan, penalty, limits, stopping, floor, work, room):
    """Minimise from ``u``, in place. Gives the objective, whether it converged, and evaluations."""
    low, high, held = limits
    tolerance, most, polish = stopping
    gradient, hessian, pace, soft, matrix, step, trial, way, there, stuck = room
    p = len(shape)
    number = len(plan[0]) - 1
    count, columns, _, _, tilt, weight = runs
    # In one block, what an evaluation left in `work` gives its derivatives without another pass.
    one_block = count <= BLOCK
    for i in range(p):
        if not held[i]:
            u[i] = min(max(u[i], low[i]), high[i])
    value = evaluate(shape, u, runs, plan, penalty, work, EXACT, gradient, hessian)
    if not math.isfinite(value):
        return math.inf, False, 1
    paces(shape, hessian, pace)
    at_bounds(shape, u, gradient, limits, stuck)
    damping = 0.0
    near = solve(shape, gradient, hessian, pace, damping, stuck, matrix, step)
    if not near or promised(shape, gradient, step, stuck) > NEAR * value:
        damping = DAMPING
        if one_block:
            reweigh(tilt, weight, penalty, count, work, number)
            clear(shape, step, soft)
            moments(columns, plan, np.int64(0), count, work, step, soft)
        else:
            evaluate(shape, u, runs, plan, penalty, work, ROBUST, step, soft)
        paces(shape, soft, pace)
    rejected, evaluations, done, again = 0, 1, False, False
    definite, solved = near, damping == 0.0
    while rejected < 25 and evaluations <= most and not done:
        if not solved:
            at_bounds(shape, u, gradient, limits, stuck)
            definite = solve(shape, gradient, hessian, pace, damping, stuck, matrix, step)
        solved = False
        if again:
            # A step that was refused a moment ago is tried again, shorter.
            for i in range(p):
                step[i] = way[i]
        elif not definite:
            evaluate(shape, u, runs, plan, penalty, work, ROBUST, trial, soft)
            definite = solve(shape, gradient, soft, pace, max(damping, 1e-9), stuck, matrix, step)
        promise = promised(shape, gradient, step, stuck)
        stepped(shape, u, step, limits, stuck, trial)
        done = definite and not again and promise <= tolerance * value + floor and damping <= 1e-2
        # Out of digits: the step promises something that the sum of n rounded numbers cannot show.
        exhausted = definite and promise <= 1e-12 * value + floor
        if done and promise <= FAINT * value:
            solved = damping == 0.0
            break
        cut = False
        for i in range(p):
            cut = cut or trial[i] != u[i] + step[i]
        new = evaluate(shape, trial, runs, plan, penalty, work, VALUE if one_block else EXACT, step, soft)
        evaluations += 1
        if new < value:
            value = new
            for i in range(p):
                u[i] = trial[i]
            if one_block:
                clear(shape, gradient, hessian)
                moments(columns, plan, np.int64(0), count, work, gradient, hessian)
            else:
                for i in range(p):
                    gradient[i] = step[i]
                    for j in range(p):
                        hessian[i, j] = soft[i, j]
            damping *= 0.1
            damping = 0.0 if damping < 1e-9 else damping
            rejected, again = 0, False
        else:
            done = done or exhausted
            rejected += 1
            # What was cut at a bound need not lead down.
            again = not cut and rejected <= SHORTER
            if not again:
                damping = max(damping * 8.0, 1e-4)
            elif not done:
                if one_block:
                    slopes(columns, plan, count, work, there)
                else:
                    for i in range(p):
                        there[i] = step[i]
                _shorten(shape, u, trial, value, new, gradient, there, way)
    if done:
        # One step without damping: along a flat valley digits of the coefficients are left, none of the
        # objective.
        if not solved:
            at_bounds(shape, u, gradient, limits, stuck)
            definite = solve(shape, gradient, hessian, pace, 0.0, stuck, matrix, step)
        for i in range(p):
            # Along a line that the runs do not see a step without damping is as long as rounding has it.
            definite = definite and abs(step[i]) <= LEAP
        if definite and promised(shape, gradient, step, stuck) <= polish * value + floor:
            stepped(shape, u, step, limits, stuck, u)
    return value, done, evaluations


@plain
def gather(columns, offsets, target, tilt, weight, runs):
    """Copy the runs of weight other than zero, and fill up; how many they are then."""
    columns_, offsets_, target_, tilt_, weight_, places = runs
    count = 0
    for i in range(len(weight)):
        # Written in any case, and written over if it does not count: a branch that is right two times out
        # of three costs more.
        places[count] = i
        count += 1 if weight[i] != 0.0 else 0
    padded = (count + LANES - 1) // LANES * LANES
    for i in range(count, padded):
        places[i] = places[count - 1]
    for j in range(len(columns)):
        _pick(columns[j], places, padded, columns_[j])
    for j in range(len(offsets)):
        _pick(offsets[j], places, padded, offsets_[j])
    _pick(target, places, padded, target_)
    _pick(tilt, places, padded, tilt_)
    _pick(weight, places, padded, weight_)
    for i in range(count, padded):
        weight_[i] = 0.0
    return padded


@exact
def _pick(values, places, count, out):
    for i in range(count):
        out[i] = values[places[i]]


@summing
def rounding_floor(target, weight, count, log):
    """Objective that rounding of the residuals alone would give."""
    out = 0.0
    for i in range(count):
        size = 4.440892098500626e-16 * (abs(target[i]) + log)
        out += weight[i] * (size * size)
    return out
