"""A BERT that only reads: the weights and the answers of the model that learnt, with less work.

The three projections of a layer's tokens are one matrix product, nothing is dropped out, places are looked up once for
a whole batch, and in the last layer of a classifier only the first token of each text goes on and reads the others as
they are (`first_token`). For MiniLM that alone is a sixth of the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bertdemo.core import first_token
from bertdemo.core.device import dtype_of

if TYPE_CHECKING:
    import torch

    Linear = tuple[torch.Tensor, torch.Tensor]
    """A weight (out, in) and a bias (out,)."""


@dataclass(frozen=True)
class _Layer:
    qkv: Linear
    attended: Linear
    attended_norm: Linear
    wide: Linear
    narrow: Linear
    norm: Linear
    activate: Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class FastBert:
    """The weights of a BERT as they are read, on the device of the model they come from.

    Attributes:
        words, places, kinds: embeddings (vocabulary, hidden), (positions, hidden) and (2, hidden).
        pooler, classifier: None where there is no head.
        heads: attention heads of a layer.
        epsilon: of the layer norms.
    """

    words: torch.Tensor
    places: torch.Tensor
    kinds: torch.Tensor
    norm: Linear
    layers: tuple[_Layer, ...]
    pooler: Linear | None
    classifier: Linear | None
    heads: int
    epsilon: float

    @classmethod
    def of(cls, model: Any, precision: str = "fp32") -> FastBert | None:
        """From a `BertModel` or a `BertForSequenceClassification`; None for whatever else.

        In `precision`, or that of the model where it is less. A classifier's last layer, which is of first tokens
        alone, its head and on a CPU all norms stay as they are, which leaves two thirds of the differences. Weights are
        shared with the model but for those in another precision and the joined projections, which are copies: make it
        anew when the model has learnt.
        """
        import torch

        config = model.config
        bert = getattr(model, "bert", model)
        if config.model_type != "bert" or config.is_decoder or not hasattr(bert, "encoder"):
            return None
        if bert is not model and not hasattr(model, "classifier"):
            return None
        exact, headless = model.dtype, bert is model
        dtype = exact if precision == "fp32" else dtype_of(precision)
        of_norms = exact if model.device.type == "cpu" else dtype  # a CPU norms with weights that are more precise
        with torch.inference_mode():
            layers = [_layer(layer, dtype, of_norms) for layer in bert.encoder.layer]
            if not headless:
                layers[-1] = _layer(bert.encoder.layer[-1], exact, exact)
        table = bert.embeddings
        embeddings = (table.word_embeddings, table.position_embeddings, table.token_type_embeddings)
        words, places, kinds = (part.weight.detach().to(dtype) for part in embeddings)
        return cls(
            words=words,
            places=places,
            kinds=kinds,
            norm=_both(table.LayerNorm, of_norms),
            layers=tuple(layers),
            pooler=None if headless else _both(bert.pooler.dense, exact),
            classifier=None if headless else _both(model.classifier, exact),
            heads=config.num_attention_heads,
            epsilon=config.layer_norm_eps,
        )

    def logits(self, inputs: dict[str, Any]) -> torch.Tensor:
        """What `forward.padded` gave -> (texts, classes)."""
        import torch
        from torch.nn.functional import linear

        if self.pooler is None or self.classifier is None:
            raise TypeError("this BERT has no classification head")
        states, mask = self._embedded(inputs), _mask(inputs, self.words.dtype)
        for layer in self.layers[:-1]:
            states = self._through(layer, states, mask)
        first = self._first_through(self.layers[-1], states, mask)
        return linear(torch.tanh(linear(first, *self.pooler)), *self.classifier)

    def states(self, inputs: dict[str, Any]) -> Iterator[torch.Tensor]:
        """What `forward.padded` gave -> the states of all tokens after each layer, (texts, longest, hidden)."""
        states, mask = self._embedded(inputs), _mask(inputs, self.words.dtype)
        for layer in self.layers:
            states = self._through(layer, states, mask)
            yield states

    def _embedded(self, inputs: dict[str, Any]) -> torch.Tensor:
        from torch.nn.functional import embedding

        ids, types = inputs["input_ids"], inputs.get("token_type_ids")
        places = self.places[: ids.shape[1]]
        if types is None:
            return self._normed(embedding(ids, self.words) + (places + self.kinds[0]), self.norm)
        return self._normed(embedding(ids, self.words) + embedding(types, self.kinds) + places, self.norm)

    def _through(self, layer: _Layer, states: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """One layer of all tokens, (texts, tokens, hidden)."""
        from torch.nn.functional import linear, scaled_dot_product_attention

        texts, _, hidden = states.shape
        joined = linear(states, *layer.qkv).view(texts, -1, 3, self.heads, hidden // self.heads)
        query, key, value = joined.permute(2, 0, 3, 1, 4)
        read = scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self._after_attention(layer, read.transpose(1, 2).reshape(texts, -1, hidden), states)

    def _first_through(self, layer: _Layer, states: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """One layer of each text's first token, which reads all of `states`: (texts, hidden)."""
        from torch.nn.functional import linear

        states = states.to(layer.narrow[0].dtype)
        first, hidden = states[:, 0], states.shape[2]
        (of_query, of_key, of_value), (query_bias, _, value_bias) = (joined.split(hidden) for joined in layer.qkv)
        asked = first_token.questions(linear(first, of_query, query_bias), of_key, self.heads)
        scores = asked @ states.transpose(1, 2)
        weights = (scores if mask is None else scores + mask[:, 0]).softmax(-1)
        return self._after_attention(layer, first_token.answers(weights, states, of_value, value_bias), first)

    def _after_attention(self, layer: _Layer, read: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        """The rest of a layer, token by token: `read` is what attention found for `states`."""
        from torch.nn.functional import linear

        states = self._normed(linear(read, *layer.attended).add_(states), layer.attended_norm)
        wide = layer.activate(linear(states, *layer.wide))
        return self._normed(linear(wide, *layer.narrow).add_(states), layer.norm)

    def _normed(self, states: torch.Tensor, norm: Linear) -> torch.Tensor:
        from torch.nn.functional import layer_norm

        return layer_norm(states, states.shape[-1:], *norm, self.epsilon)


def _mask(inputs: dict[str, Any], dtype: torch.dtype) -> torch.Tensor | None:
    """(texts, 1, 1, longest), 0 for tokens and the least number for padding; None where nothing is padded."""
    import torch

    mask = inputs["attention_mask"]
    if mask is None:
        return None
    hidden = (1 - mask[:, None, None, :]).to(dtype)
    return hidden * torch.finfo(dtype).min


def _layer(layer: Any, dtype: torch.dtype, of_norms: torch.dtype) -> _Layer:
    import torch

    own = layer.attention.self
    parts = (own.query, own.key, own.value)
    return _Layer(
        qkv=(torch.cat([part.weight for part in parts]).to(dtype), torch.cat([part.bias for part in parts]).to(dtype)),
        attended=_both(layer.attention.output.dense, dtype),
        attended_norm=_both(layer.attention.output.LayerNorm, of_norms),
        wide=_both(layer.intermediate.dense, dtype),
        narrow=_both(layer.output.dense, dtype),
        norm=_both(layer.output.LayerNorm, of_norms),
        activate=layer.intermediate.intermediate_act_fn,
    )


def _both(module: Any, dtype: torch.dtype) -> Linear:
    return module.weight.detach().to(dtype), module.bias.detach().to(dtype)
