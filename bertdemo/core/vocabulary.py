"""The part of a vocabulary that a data set uses: the only word embeddings that its training can move.

Word embeddings are half of a small model's weights, most of them of words that no text here has. Gradient,
moments and update of those are left out; what is learnt is the same, but that unused words do not decay.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from bertdemo.core.tokens import ids_of

SMALL_PADDING_ID = 10
"""Up to which a padding id keeps its number: larger ones are of models that find places without it (ModernBERT)."""


class UsedVocabulary:
    """Token ids that occur, ascending, and the way there and back."""

    def __init__(self, ids: Iterable[np.ndarray], *padding_ids: int | None) -> None:
        """`padding_ids` are the tokenizer's and the model's, which may be others or None.

        RoBERTa and its kin count a token's place by whether its id is another than the model's.
        """
        occur = np.unique(ids_of(np.concatenate(list(ids)))).astype(np.int64)
        for padding_id in padding_ids:
            if padding_id is not None and 0 <= padding_id <= SMALL_PADDING_ID:
                occur = np.union1d(occur, np.arange(padding_id + 1))
        self.used = occur
        self._whole: Any = None

    def shrink(self, model: Any) -> None:
        """Leave `model` the embeddings of `used` alone, in their order; the rest is kept for `restore`."""
        import torch

        from bertdemo.core.used_embedding import UsedEmbedding

        self._whole = model.get_input_embeddings()
        kept = self._whole.weight.detach()[torch.from_numpy(self.used).to(self._whole.weight.device)]
        model.set_input_embeddings(UsedEmbedding(kept.clone()))

    def restore(self, model: Any) -> None:
        """Put the embeddings, as they are now, back among all the others."""
        import torch

        with torch.no_grad():
            learnt = model.get_input_embeddings().weight
            self._whole.weight[torch.from_numpy(self.used).to(learnt.device)] = learnt
        model.set_input_embeddings(self._whole)
