"""The parts of a report as HTML, each a sentence and a picture; a table behind every chart. No row is quoted here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from bertdemo.core.rules_to_beat import beside_rules
from bertdemo.data.findings import FINDING, Finding
from bertdemo.export.charts import (
    LARGEST_DOT,
    PALETTE,
    across,
    chart,
    dot,
    floor_of,
    line,
    named,
    numbers,
    plain_table,
    upward,
    whisker,
)
from bertdemo.text import say, sentence, shown_percent, verdict_said

WELL_CALIBRATED = 0.05
CLEARLY_OFF = 1.5
"""Times the gap that chance makes on average, up to which it may be all that a larger one than `WELL_CALIBRATED` is."""
FEW_TEXTS = 200
BEYOND_CHANCE = 2.5
"""The same of few texts, which have few bins: of one bin two standard errors."""
FEW_OF_A_LABEL = 10
MOST_LABELS = 30
SHORT_LABEL = 4
"""Characters of a label that fit a column as narrow as a number's."""
DEEPEST = 0.65
"""How much of its tone a full cell of a matrix has: the page's own letters, dark or light, are read on it (4.5:1).

Of small shares there is more than their part, or a few mistakes would not be seen."""

MODELS = ("bert", "instant", "tfidf", "majority", "commonest")
"""The order in which models, and rules to beat, are shown."""

QUOTING = ("weak_group", "weak_group_several")
"""Next steps that name values of the data's other columns."""

IN_TURN = ("out_of_fold", "some_folds")
"""What ``rows_are`` says where folds take turns, so that models and thresholds are chosen by the judged rows too."""

SAID_OF_F1 = ("other", "likelier")
"""Why a model is in use, where that is another score if a row may have several labels."""

SHARES = ("share", "gain", "f1", "accuracy", "coverage", "majority", "low", "score")
"""Values of next steps and cautions that are 0 to 1 in the report and percents in its sentences."""
SAID_AS = {"share": "percent", "gain": "points"}

Report = dict[str, Any]


def headline(report: Report, lang: str) -> str:
    """The score in a sentence, and on what rows it was measured."""
    right, low, high = out_of_hundred(report)
    if "micro_f1" in report:
        whole = round(100 * report["accuracy"])
        words = sentence("headline_several", lang, right=right, low=low, high=high, whole=whole)
    else:
        words = sentence("headline", lang, right=right, low=low, high=high)
    measured = sentence(f"rows_{report['rows_are']}", lang, n=report["test_rows"])
    rows = " ".join((measured, *chosen_by_them(report, lang), *about_rows(report, lang)))
    rows = " ".join((rows, *stopped_early(report, lang)))
    why = why_in_use(report, lang)
    if tried := report.get("tried"):
        rates = ", ".join(f"{trial['lr']:g} ({trial['score']:.1%})" for trial in tried)
        why += " " + sentence("tried", lang, rates=rates, n=len(tried))
    beside = "".join(f'<p class="notice warning">{escape(words)}</p>' for words in warnings(report, lang))
    return f'<h2 class="headline">{escape(words)}</h2>{beside}<p>{escape(rows)} {escape(why)}</p>'


def stopped_early(report: Report, lang: str) -> list[str]:
    """That a person stopped the training, and how much its BERT has learnt; [] where it ended by itself."""
    if not report.get("stopped"):
        return []
    if "bert" in report["models"]:  # that folds are missing says it
        return [] if report["rows_are"] == "some_folds" else [sentence("was_stopped", lang)]
    astray = any(caution["say"] == "bert_astray" for caution in report["cautions"])
    return [] if astray else [sentence("was_stopped_before_bert", lang)]


def chosen_by_them(report: Report, lang: str) -> list[str]:
    """That the judged rows are those by which the model was chosen, and that another might have been; [] otherwise."""
    if report["rows_are"] not in IN_TURN or report["selected_by"] not in ("validation", "likelier", "alone"):
        return []
    others = [scores["paired"]["verdict"] for scores in report["models"].values() if "paired" in scores]
    return [sentence("chosen_by_them", lang)] if any(verdict != "better" for verdict in others) else []


def about_rows(report: Report, lang: str) -> list[str]:
    """What must be known of the judged rows: that they have fewer texts than they are, and which rows stay together."""
    texts = report.get("different_texts")  # reports made before copies were counted lack it
    return [*([sentence("texts_repeat", lang, n=texts)] if texts else []), *_kept_together(report, lang)]


def _kept_together(report: Report, lang: str) -> list[str]:
    """That the score is for new customers, authors or whatever a column says belongs together; [] without one."""
    found = report.get("together")  # reports made before there were groups lack it
    if not found:
        return []
    how = "" if report["rows_are"] != "test_file" else "_shared" if found["shared"] else "_test"
    return [sentence(f"together{how}", lang, **found)]


def warnings(report: Report, lang: str) -> list[str]:
    """What must be known beside the score, in sentences."""
    return cautioned(report["cautions"], lang)


def warnings_of(report: Report, name: str, lang: str) -> list[str]:
    """The same of one model of the run, whether it is in use or not.

    Which labels were never found is known of the one in use alone.
    """
    said = [caution for caution in report["cautions"] if caution["say"] != "bert_astray"]
    if name == report["selected"]:
        return cautioned(said, lang)
    easy, unjudged = ([c for c in said if c["say"] == code] for code in (FINDING, "unjudged"))
    return cautioned([*easy, *beside_rules(report["models"][name], report["models"]), *unjudged], lang)


def cautioned(cautions: Sequence[dict[str, Any]], lang: str) -> list[str]:
    """Cautions of a report in sentences."""
    return [
        Finding.from_json(caution["values"]).message(lang)
        if caution["say"] == FINDING
        else sentence(caution["say"], lang, **_shown(caution["values"]))
        for caution in cautions
    ]


def why_in_use(report: Report, lang: str) -> str:
    """Which model is in use, and why that one."""
    return sentence(f"selected_{_chosen_by(report)}", lang, model=say(f"model.{report['selected']}", lang))


def _chosen_by(report: Report) -> str:
    """Which sentence says why the selected model is in use."""
    by = str(report["selected_by"])
    if by not in ("person", "expected", "likelier"):
        no_other = by == "alone" or report["selected"] == "bert"
        by = "bert" if no_other else "few_rows" if by == "few_rows" else "other"
    return f"{by}_several" if "micro_f1" in report and by in SAID_OF_F1 else by


def agreement(report: Report, lang: str) -> str:
    """Where labels are doubted a lot: that being right means agreeing with them."""
    if not report["doubtful"]:
        return ""
    found = report["suspects"]
    values = {"percent": 100 * found["doubted"] / found["checked"]}
    code = "agrees"
    if found["wrong"] < found["doubted"]:
        code, values["least"] = "agrees_between", 100 * found["wrong"] / found["checked"]
    return f'<p class="notice warning">{escape(sentence(code, lang, **values))}</p>'


def out_of_hundred(report: Report) -> tuple[int, int, int]:
    """How many of 100 texts are right (of labels the micro F1, where there may be several), and the interval's ends."""
    low, high = report["interval"]
    return round(100 * report["micro_f1" if "micro_f1" in report else "accuracy"]), round(100 * low), round(100 * high)


def before_after(report: Report, lang: str) -> str:
    """The score of the run that this one was to better, on the same rows."""
    if not (before := report["parent"]):
        return ""
    key = "micro_f1" if "micro_f1" in report else "accuracy"
    words = sentence("before_after", lang, before=100 * before[key], after=100 * report[key])
    return f'<p class="headline-note">{escape(words)}</p>'


def next_steps(report: Report, lang: str, *, owner: bool) -> str:
    """What to do next, the most useful first; what quotes cells of the data only for the `owner` of the run."""
    steps = [step for step in report["next"] if owner or step["do"] not in QUOTING]
    said = [sentence("do_" + step["do"], lang, **_shown(step["values"])) for step in steps]
    return f"<ol>{''.join(f'<li>{escape(words)}</li>' for words in said)}</ol>" if said else ""


def _shown(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a next step or a caution as they are said: shares in percent."""
    shown = {SAID_AS.get(name, name): 100 * value if name in SHARES else value for name, value in values.items()}
    return shown | ({"threshold": shown_percent(values["threshold"])} if "threshold" in values else {})


def worth(report: Report, lang: str) -> str:
    """The models side by side, and whether the selected one is worth more, by a paired test on the same rows."""
    chosen = say(f"model.{report['selected']}", lang)
    said, rows, several = [], [], "micro_f1" in report
    for name in models_shown(report["models"]):
        scores = report["models"][name]
        low, high = scores["interval"]
        first = scores["micro_f1" if several else "accuracy"]
        cells = [f"{first:.1%}", f"{low:.1%} – {high:.1%}", f"{scores['macro_f1']:.3f}"]
        cells += [f"{scores['accuracy']:.1%}"] if several else []
        rows.append((model_name(name, scores, lang), tuple(cells), name == report["selected"]))
        if paired := scores.get("paired"):
            points = abs(100 * paired["difference"])
            values = {"model": chosen, "other": say(f"model.{name}", lang), "points": points}
            words = sentence(f"paired_{verdict_said(paired['verdict'], points)}", lang, **values)
            said.append(f"<p>{escape(words[:1].upper() + words[1:])}</p>")
    heads = ["col_model", "col_micro_f1" if several else "col_accuracy", "col_interval", "col_f1"]
    heads += ["col_all_right"] if several else []
    return "".join(said) + plain_table(heads, rows, lang)


def models_shown(models: dict[str, Any]) -> list[str]:
    """Names of models and rules to beat, in their order, of which those that say the same of every text stand once."""
    largest, commonest = (models.get(name) for name in ("majority", "commonest"))
    alike = largest and commonest and all(largest[key] == commonest[key] for key in ("accuracy", "micro_f1"))
    return [name for name in MODELS if name in models and not (alike and name == "majority")]


def model_name(name: str, scores: dict[str, Any], lang: str) -> str:
    """What a row of the table of models is called."""
    if name != "commonest":
        return say(f"model.{name}", lang)
    return (
        say("model.commonest", lang, names=", ".join(scores["labels"])) if scores["labels"] else say("model.none", lang)
    )


def calibration(report: Report, lang: str) -> str:
    """Sentence and reliability diagram: confidence across, how many were right up; the diagonal is perfect."""
    found = report["calibration"]
    texts = report.get("different_texts") or report["test_rows"]
    code = _believed_few(found) if texts < FEW_TEXTS else _believed(found)
    words = sentence(code, lang, n=texts, points=100 * found["error"])
    if code in ("is_calibrated", "is_uncalibrated") and found["error_before"] is not None:
        words += " " + sentence("calibrated_from", lang, points=100 * found["error_before"])
    marks = "".join(
        dot(b["confidence"], b["accuracy"], radius=4 + (LARGEST_DOT - 4) * b["share"] ** 0.5) for b in found["bins"]
    )
    ends = f'x1="{across(0)}" y1="{upward(0)}" x2="{across(1)}" y2="{upward(1)}"'
    picture = chart(
        f'<line {ends} class="guide"/>{marks}',
        sentence("axis_confidence", lang),
        sentence("axis_right", lang),
        words,
    )
    rows = [(f"{b['confidence']:.0%}", f"{b['accuracy']:.0%}", f"{b['rows']:,}") for b in found["bins"]]
    counted = "col_labels_given" if "micro_f1" in report else "col_rows"
    return f"<p>{escape(words)}</p>{picture}{numbers(('axis_confidence', 'axis_right', counted), rows, lang)}"


def _believed(found: dict[str, Any]) -> str:
    """Which sentence says whether the probabilities can be believed, from what `calibration` found."""
    if found["error"] <= WELL_CALIBRATED:
        return "is_calibrated"
    return "is_uncalibrated" if found["error"] > CLEARLY_OFF * found["by_chance"] else "calibration_few"


def _believed_few(found: dict[str, Any]) -> str:
    """The same of fewer texts than `FEW_TEXTS`."""
    if found["error"] <= BEYOND_CHANCE * found["by_chance"]:
        return "calibration_few"
    modest = sum(b["share"] * (b["accuracy"] - b["confidence"]) for b in found["bins"]) > 0
    return "calibration_few_modest" if modest else "calibration_few_bold"


def trust(report: Report, lang: str, at: dict[str, Any] | None = None) -> str:
    """Sentences and curve: accuracy of the surest texts against how many they are.

    Args:
        report: of a run.
        lang: language.
        at: what is known of the threshold in use (see `calibration.accepted`); it is marked on the curve.
    """
    found = report["trust"]
    if not found["curve"]:
        return ""
    words = [_accepted(target, lang, apart=report["rows_are"] not in IN_TURN) for target in found["targets"]]
    if not words:
        words = [sentence("accept_none", lang)]
    points = [(p["coverage"], p["accuracy"]) for p in found["curve"]]
    floor = floor_of([y for _, y in points])
    mark = ""
    if at and at["rows"]:
        low, high = at["interval"]
        mark = whisker(at["coverage"], low, high, floor) + dot(at["coverage"], at["accuracy"], floor, 7, PALETTE[5])
    picture = chart(
        line(points, floor) + mark,
        sentence("axis_coverage", lang),
        sentence("axis_right", lang),
        words[0],
        floor,
    )
    rows = [(f"{p['coverage']:.0%}", f"{p['accuracy']:.1%}", f"{p['threshold']:.1%}") for p in found["curve"]]
    said = "".join(f"<li>{escape(each)}</li>" for each in words)
    heads = ("axis_coverage", "axis_right", "axis_from")
    return f'{picture}<ul class="said">{said}</ul>{numbers(heads, rows, lang)}'


def _accepted(target: dict[str, Any], lang: str, *, apart: bool) -> str:
    """What accepting texts so as to reach a target gave.

    Args:
        target: an entry of a report's ``trust``.
        lang: language.
        apart: whether what was expected comes from other rows than it was measured on, and so says something of it.
    """
    low, high = target["promised_interval" if apart else "interval"]
    values = {"target": 100 * target["target"], "coverage": 100 * target["coverage"], "low": 100 * low}
    values |= {
        "threshold": shown_percent(target["threshold"]),
        "accuracy": 100 * target["accuracy"],
        "high": 100 * high,
    }
    said = sentence("accept_from" if apart else "accept_measured", lang, **values)
    return f"{said} {sentence('accept_missed', lang)}" if apart and target["accuracy"] < low else said


def at_threshold(at: dict[str, Any], lang: str) -> str:
    """What accepting from one threshold on gave on the judged rows."""
    if not at["rows"]:
        return f"<p>{escape(sentence('accepts_nothing', lang, threshold=shown_percent(at['threshold'])))}</p>"
    low, high = at["interval"]
    values = {
        "threshold": shown_percent(at["threshold"]),
        "coverage": 100 * at["coverage"],
        "rest": 100 - 100 * at["coverage"],
    }
    values |= {"accuracy": 100 * at["accuracy"], "low": 100 * low, "high": 100 * high}
    return f"<p>{escape(sentence('accepts', lang, **values))}</p>"


def growth(report: Report, lang: str) -> str:
    """Would more rows help: the learning curve of the instant classifier, and an honest sentence."""
    curve, found = report["learning_curve"], report["outlook"]
    if "micro_f1" in report:
        return ""
    if not found:
        why = "growth_unknown" if "instant" in report["models"] else "growth_no_embeddings"
        return f'<p class="quiet">{escape(sentence(why, lang))}</p>'
    gain = round(100 * found["gain"], 1) + 0.0  # no -0.0
    words = sentence(f"growth_{found['verdict']}", lang, points=gain, rows=2 * curve[-1]["rows"])
    bars = [_interval(p) for p in curve]
    floor = floor_of([low for low, _ in bars])
    places = [i / (len(curve) - 1) for i in range(len(curve))]
    points = [(x, p["accuracy"]) for x, p in zip(places, curve, strict=True)]
    marks = "".join(whisker(x, *bar, floor) + dot(x, y, floor) for (x, y), bar in zip(points, bars, strict=True))
    ticks = [(x, f"{p['rows']:,}") for x, p in zip(places, curve, strict=True)]
    titles = sentence("axis_learned", lang), sentence("axis_right", lang)
    picture = chart(line(points, floor) + marks, *titles, words, floor, ticks)
    rows = [
        (f"{p['rows']:,}", f"{p['accuracy']:.1%}", f"{low:.1%} – {high:.1%}")
        for p, (low, high) in zip(curve, bars, strict=True)
    ]
    return f"<p>{escape(words)}</p>{picture}{numbers(('axis_learned', 'axis_right', 'col_interval'), rows, lang)}"


def _interval(point: dict[str, Any]) -> tuple[float, float]:
    """The 95% interval of a point of the learning curve; reports made before it was kept have its standard error."""
    half = 1.96 * point["error"]
    low, high = point.get("interval") or (max(0.0, point["accuracy"] - half), min(1.0, point["accuracy"] + half))
    return low, high


def pairs(report: Report, lang: str) -> str:
    """The classes that are taken for one another most often, and how far off mistakes are on a scale."""
    items = [
        f"<li>{escape(sentence('taken_for', lang, n=p['rows'], given=p['given'], predicted=p['predicted']))}</li>"
        for p in report["most_confused"]
    ]
    scale = report["scale"]
    off = sentence("off_on_scale", lang, percent=100 * scale["next_to"], steps=scale["steps"]) if scale else ""
    said = f"<p>{escape(off)}</p>" if off else ""
    return said + (f'<ul class="rows">{"".join(items)}</ul>' if items else "")


def confusion(report: Report, lang: str, *, leads_on: bool = False) -> str:
    """The confusion matrix as a heat map: given labels down, predicted labels across; at most `MOST_LABELS`.

    Args:
        report: of a run.
        lang: language.
        leads_on: whether cells with mistakes are buttons; ``data-cell`` holds the places of both labels.
    """
    labels = report["labels"]
    if not report["confusion"]:
        return ""
    if len(labels) > MOST_LABELS:
        return f'<p class="quiet">{escape(sentence("too_many_for_matrix", lang, n=len(labels)))}</p>'
    heads = "".join(f'<th scope="col"><span>{named(name)}</span></th>' for name in labels)
    rows = []
    for given, counts in enumerate(report["confusion"]):
        total = sum(counts) or 1
        cells = []
        for predicted, count in enumerate(counts):
            share = count / total
            tone = "0,114,178" if given == predicted else "213,94,0"
            shown = str(count or "")
            if leads_on and count and given != predicted:
                told = sentence("cell_taken_for", lang, n=count, given=labels[given], predicted=labels[predicted])
                about = f'data-cell="{given},{predicted}" aria-label="{escape(told)}"'
                shown = f'<button type="button" {about}>{count}</button>'
            cells.append(f'<td class="num" style="background:rgba({tone},{DEEPEST * share**0.7:.2f})">{shown}</td>')
        rows.append(f'<tr><th scope="row">{named(labels[given])}</th>{"".join(cells)}</tr>')
    caption = escape(sentence("confusion_leads_on" if leads_on else "confusion_caption", lang))
    corner = escape(sentence("given_predicted", lang))
    kind = "confusion short" if max(map(len, labels)) <= SHORT_LABEL else "confusion"
    return (
        f'<p class="caption">{caption}</p><div class="scroll"><table class="{kind}" aria-label="{caption}">'
        f"<thead><tr><th>{corner}</th>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def groups(report: Report, lang: str, *, columns: bool) -> str:
    """Accuracy by length of the text and, with `columns`, by the values of other columns of the file.

    Where a row may have several labels, all of them must be right.
    """
    found, several = report["groups"], "micro_f1" in report
    tables, worse = [], []
    if found["length"]:
        names = [sentence("characters", lang, low=g["from"], high=g["to"]) for g in found["length"]]
        tables.append((sentence("by_length", lang), list(zip(names, found["length"], strict=True)), 0))
    for column in found["columns"] if columns else []:
        by_value = [(g["value"] or sentence("empty_cell", lang), g) for g in column["groups"]]
        tables.append((sentence("by_column", lang, column=column["column"]), by_value, column.get("left_out", 0)))
    if not tables:
        return f'<p class="quiet">{escape(sentence("no_groups", lang))}</p>'
    shown = []
    for title, groups_of, left_out in tables:
        rows = []
        for name, g in groups_of:
            low, high = g["interval"]
            rows.append((name, (f"{g['accuracy']:.1%}", f"{low:.1%} – {high:.1%}", f"{g['rows']:,}"), g["worse"]))
            if g["worse"]:
                values = {"group": f"{title}: {name}", "accuracy": 100 * g["accuracy"], "n": g["rows"]}
                worse.append(sentence("group_worse_several" if several else "group_worse", lang, **values))
        heads = ("col_group", "col_all_right" if several else "col_accuracy", "col_interval", "col_rows")
        few = sentence("values_left_out", lang, n=left_out) if left_out else ""
        note = f'<p class="quiet">{escape(few)}</p>' if few else ""
        shown.append(f"<h4>{escape(title)}</h4>{plain_table(heads, rows, lang)}{note}")
    words = "".join(f"<p>{escape(each)}</p>" for each in worse or [sentence("no_group_worse", lang)])
    return words + "".join(shown)


def per_class(report: Report, lang: str) -> str:
    """Precision, recall, F1 and rows of each class; few rows are said to be few, and without any there is no score."""
    names = ("label", "precision", "recall", "f1_one", "rows")
    head = "".join(f'<th scope="col">{escape(sentence(f"col_{name}", lang))}</th>' for name in names)
    rows = []
    for entry in report["per_class"]:
        few = ""
        if entry["support"] < FEW_OF_A_LABEL:
            few = f" <em>{escape(sentence('only_rows', lang, n=entry['support']))}</em>"
        known = (f"{entry[name]:.1%}" if entry["support"] else "–" for name in ("precision", "recall", "f1"))
        scores = "".join(f'<td class="num">{score}</td>' for score in known)
        rows.append(
            f'<tr><th scope="row">{named(entry["label"])}</th>{scores}'
            f'<td class="num">{entry["support"]:,}{few}</td></tr>'
        )
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'<div class="scroll"><table class="plain">{body}</table></div>'


def suspects_sentence(report: Report, lang: str) -> str:
    """How many labels are doubted, and of a scale that the next step is no contradiction."""
    counted = _suspects_counted(report, lang)
    if report["suspects"]["scale"]:
        counted += f'<p class="quiet">{escape(sentence("suspects_scale", lang))}</p>'
    return counted


def _suspects_counted(report: Report, lang: str) -> str:
    found = report["suspects"]
    if "micro_f1" in report:
        return ""
    if not found["checked"]:
        return f'<p class="quiet">{escape(sentence("suspects_none_checked", lang))}</p>'
    if found.get("few"):
        return f'<p class="quiet">{escape(sentence("suspects_few", lang, checked=found["checked"]))}</p>'
    if found["weak"]:
        return f'<p class="quiet">{escape(sentence("suspects_weak", lang))}</p>'
    if not found["doubted"]:
        return f"<p>{escape(sentence('suspects_none', lang, checked=found['checked']))}</p>"
    values = {"n": found["doubted"], "checked": found["checked"]}
    if not found["wrong"]:
        code = "suspects_own" if found.get("own") else "suspects_untold"  # older reports don't know
        return f"<p>{escape(sentence(code, lang, **values))}</p>"
    if found["doubted"] > 1 and found["wrong"] < found["doubted"]:
        return f"<p>{escape(sentence('suspects_some', lang, **values, wrong=found['wrong']))}</p>"
    return f"<p>{escape(sentence('suspects', lang, **values))}</p>"
