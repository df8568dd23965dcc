"""What a person must know beside the score: what made it easy, a simple rule as good, labels never found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bertdemo.data.findings import FINDING, Finding, listed

NEAR_MAJORITY = 0.02
"""How much more than always saying the largest class the lower end of the interval must reach."""
OF_THE_REST = 0.25
"""No more than this share of what the largest class leaves: above 98% of it two points more can't be reached."""


def cautions(report: dict[str, Any], *, astray: bool = False, too_good: Sequence[Finding] = ()) -> list[dict[str, Any]]:
    """As ``{"say": code, "values": …}``, worded as ``ui.<code>``, the gravest first; shares are 0 to 1.

    A finding on the data (``FINDING``) is its own values, and worded as it is elsewhere.

    Args:
        report: what is known so far.
        astray: the run's BERT says nothing that is a number.
        too_good: findings on the data that make the scores promise too much.
    """
    lost = [{"say": "bert_astray", "values": {}}] if astray else []
    easy = [{"say": FINDING, "values": finding.to_json()} for finding in too_good]
    return [*lost, *easy, *beside_rules(report, report["selected"]), *of_labels(report["per_class"])]


def of_model(report: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """What must be known beside the score of one model of a finished report, whether it is in use or not.

    Which labels were never found is known of the one in use alone.
    """
    said = [caution for caution in report["cautions"] if caution["say"] != "bert_astray"]
    if name == report["selected"]:
        return said
    easy, unjudged = ([c for c in said if c["say"] == code] for code in (FINDING, "unjudged"))
    return [*easy, *beside_rules(report, name), *unjudged]


def beside_rules(report: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """That a model is hardly better, or no better, than a rule that reads no text."""
    scores, models = report["models"][name], report["models"]
    return [*_beside_majority(scores, models.get("majority")), *_beside_commonest(scores, models.get("commonest"))]


def of_labels(per_class: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Labels that judged rows have and of which none was found, and those that no judged row has."""
    said = []
    if lost := [c for c in per_class if c["support"] and not c["recall"]]:
        values = {"names": listed([c["label"] for c in lost]), "n": len(lost), "rows": sum(c["support"] for c in lost)}
        said.append({"say": "never_found", "values": values})
    if unjudged := [c["label"] for c in per_class if not c["support"]]:
        said.append({"say": "unjudged", "values": {"names": listed(unjudged), "n": len(unjudged)}})
    return said


def _beside_majority(scores: dict[str, Any], majority: dict[str, Any] | None) -> list[dict[str, Any]]:
    if not majority:
        return []
    several = "micro_f1" in scores
    measure = "micro_f1" if several else "accuracy"
    score, low, theirs = scores[measure], scores["interval"][0], majority[measure]
    if low > theirs + min(NEAR_MAJORITY, OF_THE_REST * (1 - theirs)):
        return []
    said = "no_better_than_majority" if score <= theirs else "near_majority"
    values = {"majority": theirs, "low": low, "score": score}
    return [{"say": f"{said}_several" if several else said, "values": values}]


def _beside_commonest(scores: dict[str, Any], commonest: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Where a row may have several labels: that always giving the same ones has all of them right as often."""
    if commonest is None or scores["accuracy"] > commonest["accuracy"]:
        return []
    values = {"majority": commonest["accuracy"], "score": scores["accuracy"]}
    if not commonest["labels"]:
        return [{"say": "no_better_than_no_label", "values": values}]
    return [{"say": "no_better_than_commonest", "values": {"names": listed(commonest["labels"]), **values}}]
