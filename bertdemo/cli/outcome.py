"""What is said of a run: its scores, and what there is to know beside them."""

from __future__ import annotations

from typing import Any

from bertdemo.export.report_parts import about_rows, model_name, models_shown, stopped_early, warnings
from bertdemo.text import DEFAULT_LANGUAGE, say


def print_outcome(found: dict[str, Any], report: dict[str, Any]) -> None:
    """The scores of all models, what a person must know beside them, and where the model is.

    Args:
        found: what `bertdemo.api.outcome` returns.
    """
    low, high = found["interval"]
    scores = {**found, "low": low, "high": high, "rows": found["test_rows"]}
    code = "cli.trained" if "micro_f1" not in found else "cli.trained_several"
    print(say(code, **{**scores, "selected": say(f"model.{found['selected']}")}))
    for name in models_shown(found["baselines"]):
        baseline = found["baselines"][name]
        measure = "micro_f1" if "micro_f1" in baseline else "accuracy"
        print(say(f"cli.other_{measure}", score=baseline[measure], model=model_name(name, baseline, DEFAULT_LANGUAGE)))
    for beside in (about_rows, stopped_early, warnings):
        for words in beside(report, DEFAULT_LANGUAGE):
            print(words)
    print(say("cli.trained_where", run=found["run"], model=found["model"]))
