"""GPT: a transformer that says of each word what the next one may be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.core.primitive import operand

from ..init import Initialiser, Rng, normal, zeros
from ..io.matching import Translated
from ..layers import GELU, Embedding, LayerNorm, Linear
from ..module import Module
from .by_name import Factory, Weights, loaded

__all__ = [
    "GPT", "gpt2",
]  # fmt: skip

narrow = partial(normal, std=0.02)


class CausalAttention(Module):
    """Several heads, none of which sees what comes later. (N, T, E) -> same."""

    def __init__(self, make: Factory, features: int, heads: int) -> None:
        self.heads = heads
        self.c_attn, self.c_proj = make.linear(features, 3 * features), make.linear(features, features)

    def forward(self, x: Any) -> Tensor:
        """What each element sees of itself and those before it."""
        n, length, features = x.shape
        threefold = self.c_attn(x).reshape((n, length, 3, self.heads, features // self.heads))
        q, k, v = ag.permute_dims(threefold, (2, 0, 3, 1, 4))
        seen = ag.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(ag.permute_dims(seen, (0, 2, 1, 3)).reshape((n, length, features)))


class Feed(Module):
    """Two linear layers. (N, T, E) -> same."""

    def __init__(self, make: Factory, features: int) -> None:
        self.c_fc, self.act = make.linear(features, 4 * features), GELU("tanh")
        self.c_proj = make.linear(4 * features, features)

    def forward(self, x: Any) -> Tensor:
        """What they make of each element."""
        return self.c_proj(self.act(self.c_fc(x)))


class Block(Module):
    """Attention, then two linear layers; what either is given is normalised, and added to what it gives."""

    def __init__(self, make: Factory, features: int, heads: int, dropout: float) -> None:
        self.ln_1, self.attn = LayerNorm(features, dtype=make.dtype), CausalAttention(make, features, heads)
        self.drop1 = make.drop(dropout)
        self.ln_2, self.mlp = LayerNorm(features, dtype=make.dtype), Feed(make, features)
        self.drop2 = make.drop(dropout)

    def forward(self, x: Any) -> Tensor:
        """The sequence, each element having seen those before it."""
        x = x + self.drop1(self.attn(self.ln_1(x)))
        y: Tensor = x + self.drop2(self.mlp(self.ln_2(x)))
        return y


class Transformer(Module):
    """Words and their places as vectors, and blocks. Integers (N, T) -> (N, T, E)."""

    def __init__(self, make: Factory, words: int, length: int, layers: int, features: int, *sizes: Any) -> None:
        self.wte, self.wpe = Embedding(words, features, **make.drawn), Embedding(length, features, **make.drawn)
        self.drop = make.drop(sizes[-1])
        self.h = [Block(make, features, *sizes) for _ in range(layers)]
        self.ln_f = LayerNorm(features, dtype=make.dtype)

    def forward(self, tokens: Any) -> Tensor:
        """The vectors behind the last block."""
        x = self.drop(self.wte(tokens) + self.wpe(np.arange(tokens.shape[1])))
        for block in self.h:
            x = block(x)
        y: Tensor = self.ln_f(x)
        return y


class GPT(Module):
    """A language model with GPT-2's structure.

    tokens, integers (N, T) -> logits (N, T, vocabulary): what may come after each. Names are GPT-2's: transformer.wte,
    transformer.wpe, transformer.h.0.ln_1, transformer.h.0.attn.c_attn, …, transformer.ln_f; lm_head.weight is wte's.
    Matrices are (out, in), as in nanoGPT; those of GPT-2's own files, which are (in, out) and whose names may begin
    with h, wte, wpe and ln_f, are turned.

    Arguments:
        vocabulary: how many words there are.
        length: how many of them the net can see, the largest T.
        layers, heads, features: how many blocks there are, heads in each, and numbers for each word.
        dropout: the probability of dropping.
        rng: a Generator or a seed, from which weights are drawn, and what is dropped.
        init: how they are drawn, (shape, rng, dtype) -> array; by default normal with deviation 0.02.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Radford et al. 2019, section 2.3.

    Example:
        >>> net = nn.GPT(65, 32, layers=2, heads=2, features=16, rng=0)
        >>> net(np.array([[3, 1, 4]])).shape
        (1, 3, 65)
    """

    def __init__(
        self,
        vocabulary: int = 50257,
        length: int = 1024,
        *,
        layers: int = 12,
        heads: int = 12,
        features: int = 768,
        dropout: float = 0.1,
        rng: Rng = None,
        init: Initialiser = narrow,
        dtype: Any = np.float32,
    ) -> None:
        make = Factory("GPT", rng, init, dtype)
        make.whole(vocabulary=vocabulary, length=length, layers=layers, heads=heads, features=features)
        if features % heads:
            raise ValueError(f"GPT: {heads} heads must divide the {features} features")
        self.length, self.input_shape, self.input_dtype = length, (length,), np.int64
        self.transformer = Transformer(make, vocabulary, length, layers, features, heads, dropout)
        self.lm_head = Linear(features, vocabulary, bias=False, init=zeros, dtype=dtype)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(self, tokens: Any) -> Tensor:
        """The logits of the words after tokens (N, T)."""
        tokens = operand("GPT", tokens)
        if len(tokens.shape) != 2 or tokens.shape[1] > self.length:
            raise ValueError(f"GPT: tokens {tokens.shape} must be (N, T) with T of at most {self.length}")
        return self.lm_head(self.transformer(tokens))

    def _translated(self, state: Mapping[str, Any]) -> Translated:
        """A state of ours or nanoGPT's; or GPT-2's, whose matrices are (in, out), and which holds masks too."""
        features = self.transformer.wte.weight.shape[1]
        first = [value for name, value in state.items() if name.endswith("h.0.attn.c_attn.weight")]
        turned = bool(first) and np.shape(first[0]) == (features, 3 * features) != (3 * features, features)
        found, called = dict[str, Any](), dict[str, str]()
        for name, value in state.items():
            ours = f"transformer.{name}" if name.partition(".")[0] in ("wte", "wpe", "h", "ln_f") else name
            if not ours.endswith((".attn.bias", ".attn.masked_bias")):
                matrix = turned and ".h." in ours and ours.rpartition(".")[0].rpartition(".")[2].startswith("c_")
                found[ours], called[ours] = value.T if matrix else value, name
        return Translated(found, called)


def gpt2(weights: Weights = None, *, rng: Rng = None, init: Initialiser = narrow, dtype: Any = np.float32) -> GPT:
    """GPT-2 small, with 124,439,808 parameters.

    Arguments:
        weights: a file of them, as `read_state` reads, or a state; without, the net knows nothing yet.
        rng: a Generator or a seed, from which weights are drawn that are not given, and what is dropped.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Returns:
        The net: tokens, integers (N, T) -> logits (N, T, 50257), T of at most 1,024.
    Raises:
        FileNotFoundError, ValueError: as `Module.load` does.
    Source: Radford et al. 2019, table 2.

    Example:
        >>> f"{sum(p.size for p in nn.gpt2(init=nn.zeros).parameters()):,}"
        '124,439,808'
    """
    return loaded("gpt2", GPT(rng=rng, init=init, dtype=dtype), weights)
