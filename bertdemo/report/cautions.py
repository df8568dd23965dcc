"""What a person must know beside the score: that a simple rule is as good, and labels that are never found."""

from __future__ import annotations

from typing import Any

from bertdemo.data.findings import listed

NEAR_MAJORITY = 0.02
"""How much more than always saying the largest class the lower end of the interval must reach."""
OF_THE_REST = 0.25
"""No more than this share of what the largest class leaves: above 98% of it two points more can't be reached."""


def cautions(report: dict[str, Any], *, astray: bool = False) -> list[dict[str, Any]]:
    """As ``{"say": code, "values": …}``, worded as ``ui.<code>``, the gravest first; shares are 0 to 1.

    `astray` is a run whose BERT says nothing that is a number.
    """
    lost = [{"say": "bert_astray", "values": {}}] if astray else []
    return [*lost, *_beside_majority(report), *of_labels(report["per_class"])]


def of_labels(per_class: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Labels that judged rows have and of which none was found, and those that no judged row has."""
    said = []
    if lost := [c for c in per_class if c["support"] and not c["recall"]]:
        values = {"names": listed([c["label"] for c in lost]), "n": len(lost), "rows": sum(c["support"] for c in lost)}
        said.append({"say": "never_found", "values": values})
    if unjudged := [c["label"] for c in per_class if not c["support"]]:
        said.append({"say": "unjudged", "values": {"names": listed(unjudged), "n": len(unjudged)}})
    return said


def _beside_majority(report: dict[str, Any]) -> list[dict[str, Any]]:
    if not (majority := report["models"].get("majority")):
        return []
    several = "micro_f1" in report
    measure = "micro_f1" if several else "accuracy"
    score, low, theirs = report[measure], report["interval"][0], majority[measure]
    if low > theirs + min(NEAR_MAJORITY, OF_THE_REST * (1 - theirs)):
        return []
    said = "no_better_than_majority" if score <= theirs else "near_majority"
    values = {"majority": theirs, "low": low, "score": score}
    return [{"say": f"{said}_several" if several else said, "values": values}]
