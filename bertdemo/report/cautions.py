"""What a person must know beside the score: what made it easy, a simple rule as good, labels never found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bertdemo.core.rules_to_beat import beside_rules
from bertdemo.data.findings import FINDING, Finding, listed


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
    return [*lost, *easy, *beside_rules(report, report["models"]), *of_labels(report["per_class"])]


def of_labels(per_class: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Labels that judged rows have and of which none was found, and those that no judged row has."""
    said = []
    if lost := [c for c in per_class if c["support"] and not c["recall"]]:
        values = {"names": listed([c["label"] for c in lost]), "n": len(lost), "rows": sum(c["support"] for c in lost)}
        said.append({"say": "never_found", "values": values})
    if unjudged := [c["label"] for c in per_class if not c["support"]]:
        said.append({"say": "unjudged", "values": {"names": listed(unjudged), "n": len(unjudged)}})
    return said
