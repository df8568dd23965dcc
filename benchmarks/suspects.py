"""Suspect labels against known ones: how many are really wrong, and what correcting them is worth.

    python benchmarks/suspects.py ../shared/data/noisy_ag_news

The folder holds train.csv (noisy labels), train_clean.csv (the same rows, true labels) and test.csv (true
labels). Ours and its peer (logistic regression on frozen embeddings, out of fold, ranked by its probability
of the given label) see the noisy labels alone. What correcting is worth is measured with the instant classifier.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from bertdemo.core import models
from bertdemo.core.device import best_device, native_precision
from bertdemo.core.linear import Linear, embed, last_layer
from bertdemo.data.table import Table, read_table
from bertdemo.report import suspects

MOST_SUSPECT = 1000


def main() -> None:
    folder = Path(sys.argv[1])
    noisy, clean, test = (read_table(folder / f"{name}.csv") for name in ("train", "train_clean", "test"))
    names, given = np.unique(filled(noisy, "label"), return_inverse=True)
    true, tested = (np.searchsorted(names, filled(table, "label")) for table in (clean, test))
    tokenizer = models.load_tokenizer(models.BUNDLED)
    encoder = models.load_encoder(models.BUNDLED).to(best_device())
    last = (encoder.config.num_hidden_layers,)
    vectors = [
        embed(
            encoder,
            models.encode(tokenizer, filled(table, "text"), 128),
            last,
            precision=native_precision(best_device()),
        )
        for table in (noisy, test)
    ]
    features, test_features = (last_layer(found.means, last) for found in vectors)
    wrong, classes, rows = given != true, len(names), np.arange(len(given))
    found = suspects.find_suspects(features, given, classes, rows)
    regression = suspects._out_of_fold(features, given, classes)[rows, given]
    print(f"{wrong.mean():.1%} of {len(rows)} labels are wrong; {len(found.positions)} are doubted,", end=" ")
    print(f"and where the regression is surest it contradicts {found.wrong:.1%}")
    ours = wrong[found.positions[:MOST_SUSPECT]].mean()
    peer = wrong[np.argsort(regression)[:MOST_SUSPECT]].mean()
    print(f"really wrong among the {MOST_SUSPECT} most suspect: {ours:.1%}; logistic regression alone {peer:.1%}")
    cleanlab(suspects._out_of_fold(features, given, classes), given, wrong)

    def accuracy(kept: np.ndarray, labels: np.ndarray) -> float:
        linear = Linear.fit(features[kept], labels[kept], classes, C=30.0)
        return float((linear.probabilities(test_features).argmax(1) == tested).mean())

    relabelled = given.copy()
    relabelled[found.positions] = found.suggested
    print(f"accuracy on {len(tested)} clean rows: as given {accuracy(rows, given):.1%},", end=" ")
    print(f"suspects dropped {accuracy(np.setdiff1d(rows, found.positions), given):.1%},", end=" ")
    print(f"relabelled {accuracy(rows, relabelled):.1%}, all labels right {accuracy(rows, true):.1%}")


def filled(table: Table, column: str) -> list[str]:
    """The cells of a column that has no empty ones."""
    cells = [cell for cell in table.column(column) if cell is not None]
    if len(cells) < table.rows:
        raise SystemExit(f"{table.rows - len(cells)} rows have no {column}")
    return cells


def cleanlab(probabilities: np.ndarray, given: np.ndarray, wrong: np.ndarray) -> None:
    """The same by cleanlab, where it is installed (AGPL: a peer here, not a dependency)."""
    try:
        from cleanlab.filter import find_label_issues
    except ImportError:
        print("cleanlab is not installed: pip install cleanlab")
        return
    for rank in ("self_confidence", "normalized_margin"):
        for by in ("prune_by_noise_rate", "both", "confident_learning"):
            order = find_label_issues(given, probabilities, filter_by=by, return_indices_ranked_by=rank)
            share = wrong[order[:MOST_SUSPECT]].mean()
            found = min(MOST_SUSPECT, len(order))
            print(f"cleanlab {by}, {rank}: {share:.1%} of the first {found}; {len(order)} found")


if __name__ == "__main__":
    main()
