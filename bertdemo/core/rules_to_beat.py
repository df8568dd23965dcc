"""Whether a model is worth more than rules that read no text: always the largest class, always the same labels."""

from __future__ import annotations

from typing import Any

from bertdemo.data.findings import listed

NEAR_MAJORITY = 0.02
"""How much more than always saying the largest class the lower end of the interval must reach."""
OF_THE_REST = 0.25
"""No more than this share of what the largest class leaves: above 98% of it two points more can't be reached."""


def beside_rules(scores: dict[str, Any], models: dict[str, Any]) -> list[dict[str, Any]]:
    """That a model with these scores is hardly better, or no better, than such a rule; as cautions are written.

    Args:
        scores: those of the model.
        models: those of all models and rules of its report.
    """
    return [*_beside_majority(scores, models.get("majority")), *_beside_commonest(scores, models.get("commonest"))]


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
