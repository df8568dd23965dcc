"""What to do next: at most three suggestions that follow from a report, the most useful first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bertdemo.core.classify import MOST_PROBABILITY_COLUMNS
from bertdemo.data.checks import SMALL_CLASS
from bertdemo.data.findings import FINDING, listed
from bertdemo.report.cautions import of_labels
from bertdemo.report.weak_labels import told_worse

MOST = 3
MANY_DOUBTED = 0.12
SOME_DOUBTED = 0.04
OFF_TARGET = 0.02
"""How far below the accuracy aimed for the judged rows may be before a person is told to rely on a threshold."""
RARE, FAR_BELOW, FEW_TO_BE_PERFECT = 0.98, 0.15, 200
"""A score from which on it is rare if counted words are so far below; and judged texts, if all of fewer are right."""
FEW_TO_TEST = 100
ABOUT_AS_GOOD = 0.02
"""How far apart two scores are at most that pass for equal; more may be chance and may be real."""
WORTH_TAKING = 0.2
"""Share of the texts that need no look from which on that saves somebody work."""


def next_steps(report: dict[str, Any], rows: Mapping[str, int] | None = None) -> list[dict[str, Any]]:
    """Suggestions as ``{"do": code, "values": …}``, worded by the page as ``ui.do_<code>``; shares are 0 to 1.

    Args:
        report: what is known so far.
        rows: of each label in the whole file.
    """
    steps: list[dict[str, Any]] = []

    def suggest(do: str, **values: Any) -> None:
        steps.append({"do": do, "values": values})

    suspects, trained, warned = report["suspects"], report["train_rows"], report["cautions"]
    if any(caution["say"] == FINDING for caution in warned):
        suggest("look_why_easy")
    doubted = doubted_share(report)
    many_wrong = wrong_share(report) >= MANY_DOUBTED
    if many_wrong:
        suggest("check_labels", n=suspects["doubted"], share=doubted)
    several = "micro_f1" in report
    never = [c["values"] for c in warned if c["say"] == "never_found"]
    if never and (slips := [] if several else _slips(report, rows or {})):
        suggest("drop_rare", names=listed(slips), n=len(slips), fewest=SMALL_CLASS)
        never = [
            c["values"]
            for c in of_labels([c for c in report["per_class"] if c["label"] not in slips])
            if c["say"] == "never_found"
        ]
    if never and len(report["labels"]) <= MOST_PROBABILITY_COLUMNS:
        suggest("find_rare_several" if several else "find_rare", **never[0])
    if passes := report.get("passes"):
        suggest("train_longer", share=passes)
    copies = report.get("different_texts")
    if copies and copies < FEW_TO_TEST:
        suggest("test_more_texts", n=copies, rows=report["test_rows"])
    elif report["test_rows"] < FEW_TO_TEST:
        suggest("test_more", n=report["test_rows"])
    if weak := told_worse(report["per_class"], report["macro_f1"]):
        worst = weak[0]
        suggest("add_rows", label=worst["label"], f1=worst["f1"], support=worst["support"])
    if report["most_confused"] and (pair := report["most_confused"][0])["rows"] >= 3:
        suggest(
            "tell_apart" if len(report["labels"]) > 2 else "tell_two_apart",
            given=pair["given"],
            predicted=pair["predicted"],
            n=pair["rows"],
        )
    if doubted >= SOME_DOUBTED and wrong_share(report) and not many_wrong:
        suggest("check_labels", n=suspects["doubted"], share=doubted)
    outlook = report["outlook"]
    if outlook and outlook["verdict"] == "helps":
        suggest("more_rows", gain=outlook["gain"])
    if worse := [g for column in report["groups"]["columns"] for g in _named(column) if g["worse"]]:
        weakest = min(worse, key=lambda g: g["accuracy"])
        suggest("weak_group_several" if several else "weak_group", group=weakest["name"], accuracy=weakest["accuracy"])
    gaps = [m["paired"] for m in report["models"].values() if m.get("paired", {}).get("verdict") == "within_noise"]
    if not outlook and report["selected"] == "bert" and gaps and trained < 2000:
        if min(abs(gap["difference"]) for gap in gaps) <= ABOUT_AS_GOOD:
            suggest("more_data", n=trained)
        else:
            suggest("tell_worth", n=report["test_rows"])
    trust = report["trust"]
    for target in trust["targets"]:
        kept = target["accuracy"] is not None and target["accuracy"] >= target["target"] - OFF_TARGET
        if target["threshold"] != trust["recommended"] or not kept or warned or target["coverage"] < WORTH_TAKING:
            continue
        if _is_rare(report):
            suggest("try_new", accuracy=report["accuracy"], n=report["test_rows"])
        if target["accuracy"] > report["accuracy"]:
            suggest("review_unsure", threshold=target["threshold"], coverage=target["coverage"])
        else:  # the unsure ones are right no less often
            suggest("use_it", accuracy=report["accuracy"])
    return steps[:MOST]


def _is_rare(report: dict[str, Any]) -> bool:
    """Whether the score is so good that a few new texts should be tried before it is relied on."""
    score, words = report["accuracy"], report["models"].get("tfidf")
    if score == 1 and (report.get("different_texts") or report["test_rows"]) < FEW_TO_BE_PERFECT:
        return True
    return score >= RARE and words is not None and words["accuracy"] <= score - FAR_BELOW


def _slips(report: dict[str, Any], rows: Mapping[str, int]) -> list[str]:
    """Labels that are never found and stand in so few rows of the file that they may be slips, a footer's sum, say."""
    never = [c["label"] for c in report["per_class"] if c["support"] and not c["recall"]]
    return [label for label in never if rows.get(label, SMALL_CLASS) < SMALL_CLASS]


def doubted_share(report: dict[str, Any]) -> float:
    """How many of the checked training rows have a doubtful label, 0 to 1."""
    suspects = report["suspects"]
    return float(suspects["doubted"] / max(1, suspects["checked"]))


def wrong_share(report: dict[str, Any]) -> float:
    """How many of the checked training rows are reckoned to have a wrong label, 0 to 1."""
    suspects = report["suspects"]
    return float(suspects["wrong"] / max(1, suspects["checked"]))


def is_doubtful(report: dict[str, Any]) -> bool:
    """Whether so many labels may be wrong that being right means little more than agreeing with them."""
    return wrong_share(report) >= SOME_DOUBTED or doubted_share(report) >= MANY_DOUBTED


def _named(column: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**group, "name": f"{column['column']}: {group['value']}"} for group in column["groups"]]
