"""What to do next: at most three suggestions that follow from a report, the most useful first."""

from __future__ import annotations

from typing import Any

MOST = 3
MANY_DOUBTED = 0.12
SOME_DOUBTED = 0.04


def next_steps(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Suggestions as ``{"do": code, "values": …}``, worded by the page as ``ui.do_<code>``."""
    steps: list[dict[str, Any]] = []

    def suggest(do: str, **values: Any) -> None:
        steps.append({"do": do, "values": values})

    suspects, trained = report["suspects"], report["train_rows"]
    doubted = doubted_share(report)
    if doubted >= MANY_DOUBTED:
        suggest("check_labels", n=suspects["doubted"], percent=100 * doubted)
    if passes := report.get("passes"):
        suggest("train_longer", percent=100 * passes)
    if report["test_rows"] < 100:
        suggest("test_more", n=report["test_rows"])
    weak = [c for c in report["per_class"] if c["support"] and c["f1"] < report["macro_f1"] - 0.1]
    if weak:
        worst = min(weak, key=lambda c: c["f1"])
        suggest("add_rows", label=worst["label"], f1=100 * worst["f1"], support=worst["support"])
    if report["most_confused"] and (pair := report["most_confused"][0])["rows"] >= 3:
        suggest("tell_apart", given=pair["given"], predicted=pair["predicted"], n=pair["rows"])
    if SOME_DOUBTED <= doubted < MANY_DOUBTED:
        suggest("check_labels", n=suspects["doubted"], percent=100 * doubted)
    if (outlook := report["outlook"]) and outlook["verdict"] == "helps":
        suggest("more_rows", points=100 * outlook["gain"])
    if worse := [g for column in report["groups"]["columns"] for g in _named(column) if g["worse"]]:
        weakest = min(worse, key=lambda g: g["accuracy"])
        suggest("weak_group", group=weakest["name"], accuracy=100 * weakest["accuracy"])
    simpler = [n for n, m in report["models"].items() if m.get("paired", {}).get("verdict") == "within_noise"]
    if report["selected"] == "bert" and simpler and trained < 2000:
        suggest("more_data", n=trained)
    trust = report["trust"]
    for target in trust["targets"]:
        if target["threshold"] == trust["recommended"]:
            suggest("review_unsure", threshold=100 * target["threshold"], coverage=100 * target["coverage"])
    return steps[:MOST]


def doubted_share(report: dict[str, Any]) -> float:
    """How many of the checked training rows have a doubtful label, 0 to 1."""
    suspects = report["suspects"]
    return float(suspects["doubted"] / max(1, suspects["checked"]))


def _named(column: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**group, "name": f"{column['column']}: {group['value']}"} for group in column["groups"]]
