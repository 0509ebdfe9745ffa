"""Logs of evaluation harnesses, brought to one flat record a sample.

Recognised by their own marks, whatever the file is called:

* OpenAI evals: JSON lines of events, of which those that judge a sample are kept;
* Inspect: one document (or archive) with ``eval`` and ``samples``;
* EvalPlus: an object ``eval`` from task to the attempts at it;
* lm-evaluation-harness and HumanEval-style results are flat already and need only their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .findings import Source

Record = dict[str, Any]

_JUDGED = ("match", "metrics")
"""Types of OpenAI evals events that say whether a sample is right."""


def flat(
    source: Source, labels: Sequence[int], records: Sequence[Record]
) -> tuple[list[int], list[Record], list[str]]:
    """Return labels, records and remarks; records that no harness wrote are returned as they are."""
    if len(records) == 1 and is_inspect(records[0]):
        found, remarks = inspect_samples(records[0])
        return list(range(len(found))), found, remarks
    if len(records) == 1 and _is_evalplus(records[0]):
        found = _evalplus(records[0])
        return (
            list(range(len(found))),
            found,
            ["Read as results of EvalPlus: a sample is right if all tests pass."],
        )
    if any("event_id" in record and "sample_id" in record for record in records[:20]):
        return _openai_events(labels, records)
    return list(labels), list(records), []


def is_inspect(document: Mapping[str, Any]) -> bool:
    """Whether this is a log of Inspect."""
    return isinstance(document.get("eval"), dict) and isinstance(document.get("samples"), list)


def inspect_samples(log: Mapping[str, Any]) -> tuple[list[Record], list[str]]:
    """One record a sample and epoch, with model and benchmark beside it."""
    header = log["eval"]
    remarks = ["Read as a log of Inspect: C counts as right, P (partial), I and N as wrong."]
    records: list[Record] = []
    scorers: set[str] = set()
    for sample in log["samples"]:
        if not isinstance(sample, dict):
            continue
        record: Record = {
            "model": header.get("model"),
            "benchmark": header.get("task"),
            "problem_id": sample.get("id"),
            "sample": sample.get("epoch"),
            "seconds": sample.get("total_time"),
        }
        scores = sample.get("scores") or ({"score": sample["score"]} if sample.get("score") else {})
        if isinstance(scores, dict) and scores:
            name = next(iter(scores))
            scorers.update(scores)
            score = scores[name] if isinstance(scores[name], dict) else {"value": scores[name]}
            record["correct"], record["answer"] = score.get("value"), score.get("answer")
        elif sample.get("error"):
            record["error"] = str(sample["error"])[:200]
        usage = [use for use in (sample.get("model_usage") or {}).values() if isinstance(use, dict)]
        if usage:
            record["prompt_tokens"] = sum(use.get("input_tokens") or 0 for use in usage)
            record["completion_tokens"] = sum(use.get("output_tokens") or 0 for use in usage)
        records.append(record)
    if len(scorers) > 1:
        remarks.append(f"Of the scorers {', '.join(sorted(scorers))}, the first of each sample is read.")
    if log.get("status") not in (None, "success"):
        remarks.append(f"The log says that the evaluation did not end well ({log['status']}).")
    return records, remarks


def _is_evalplus(document: Mapping[str, Any]) -> bool:
    tasks = document.get("eval")
    return (
        isinstance(tasks, dict) and bool(tasks) and all(isinstance(tries, list) for tries in tasks.values())
    )


def _evalplus(document: Mapping[str, Any]) -> list[Record]:
    records = []
    for task, tries in document["eval"].items():
        for at, one in enumerate(tries):
            if isinstance(one, dict):
                verdict = one.get("plus_status") or one.get("base_status")
                records.append({"problem_id": task, "sample": at, "passed": verdict == "pass"})
    return records


def _openai_events(
    labels: Sequence[int], records: Sequence[Record]
) -> tuple[list[int], list[Record], list[str]]:
    spec: Record = next((one["spec"] for one in records if isinstance(one.get("spec"), dict)), {})
    model = (spec.get("completion_fns") or [None])[0]
    judged: dict[str, list[tuple[int, Record]]] = {kind: [] for kind in _JUDGED}
    for label, record in zip(labels, records, strict=True):
        data = record.get("data")
        if record.get("type") not in judged or not isinstance(data, dict):
            continue
        entry = {
            "model": model,
            "benchmark": spec.get("base_eval") or spec.get("eval_name"),
            "problem_id": record.get("sample_id"),
            "correct": data.get("correct", data.get("accuracy", data.get("score"))),
            "answer": data.get("picked", data.get("sampled")),
        }
        if entry["correct"] is not None:
            judged[record["type"]].append((label, entry))
    kind = next((kind for kind in _JUDGED if judged[kind]), None)
    if kind is None:
        return list(labels), list(records), []
    kept = judged[kind]
    remark = (
        f"Read as a log of OpenAI evals: {len(kept):,} events of type {kind} are kept, the other "
        f"{len(records) - len(kept):,} lines are left out."
    )
    return [label for label, _ in kept], [entry for _, entry in kept], [remark]
