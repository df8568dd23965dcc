"""Which forms of a model there are, and by what rules: apart from their making, so that to name them takes no torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """What a form must reach to be offered: the least share of rows with the same label, the largest difference of a
    probability."""

    same: float
    difference: float


RULES = {
    "transformers": Rule(0.998, 0.001),
    "onnx": Rule(0.998, 0.001),
    "onnx-int8": Rule(0.998, 0.02),
    "bertdemo": Rule(0.998, 0.001),
}
"""The forms, and what each must reach. Rounding alone may part those of 32 bits from the model."""
OF_BERT = ("transformers", "onnx", "onnx-int8")
"""Forms of the fine-tuned BERT, whichever classifier is in use."""
AS_IT_IS = ("transformers", "bertdemo")
"""Forms that are the classifier's own folder, packed."""
RECIPES = {"transformers": ("plain",), "onnx": ("fp32",), "onnx-int8": ("dynamic", "weights"), "bertdemo": ("plain",)}
"""How a form is made; the first recipe that agrees is taken."""
