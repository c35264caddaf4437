"""Every layer beside PyTorch's: results, gradients, what it remembers; dtypes, copies, states, what it prints."""

import copy
import pickle

import numpy as np
import pytest
import torch
from layer_rows import ROWS
from test_layers import one_torch_thread  # noqa: F401  (a fixture)

import autograd_mini as ag
import nn
from autograd_mini import Tensor
from nn.layers import kinds

pytestmark = [  # of PyTorch
    pytest.mark.filterwarnings("ignore:Using padding=.same.:UserWarning"),
    pytest.mark.filterwarnings("ignore:enable_nested_tensor is True:UserWarning"),
]

EVERY = [pytest.param(row, id=row.id) for row in ROWS]
ALONE = {"TransformerEncoder", "TransformerDecoder"}  # are made of a layer; below


def results(layer, inputs):
    return flat(layer(*inputs))


def flat(found):
    """All results, of tuples of tuples too."""
    if isinstance(found, tuple):
        return [y for part in found for y in flat(part)]
    return [] if found is None else [found]


def close(ours, theirs):
    array = ours.numpy() if isinstance(ours, Tensor) else ours
    np.testing.assert_allclose(array, theirs.detach().numpy(), rtol=1e-9, atol=1e-11)


def with_their_weights(row, seed=3):
    """Both layers with the same random parameters and buffers; ours has loaded PyTorch's state dict."""
    ours, theirs = row.ours(), row.pytorch()
    rng, state = np.random.default_rng(seed), theirs.state_dict()
    for name, tensor in state.items():
        if tensor.is_floating_point():
            drawn = torch.tensor(rng.standard_normal(tuple(tensor.shape)))
            state[name] = drawn.abs() + 0.5 if "var" in name else drawn
    theirs.load_state_dict(state)
    known = ours.state_dict()
    assert [*known] == [name for name in state if name in known or name != "num_batches_tracked"]
    ours.load_state_dict({name: state[name].numpy() for name in known})
    return ours, theirs


def assert_same(row, ours, theirs):
    """Results, every gradient for a random gradient of the first result, and buffers."""
    arrays = row.arrays()
    xs = [Tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    zs = [torch.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    ours.zero_grad()
    theirs.zero_grad()
    ys, wanted = results(ours, xs), results(theirs, zs)
    assert len(ys) == len(wanted)
    for y, z in zip(ys, wanted, strict=True):
        assert y.shape == tuple(z.shape)
        close(y, z)
    assert ys[0].dtype == np.float64
    g = np.random.default_rng(5).standard_normal(ys[0].shape)
    if ys[0].requires_grad:
        ys[0].backward(g)
        wanted[0].backward(torch.tensor(g))
    for x, z in zip(xs, zs, strict=True):
        if z.grad is not None:
            close(x.grad, z.grad)
    for name, parameter in ours.named_parameters():
        close(parameter.grad, theirs.get_parameter(name).grad)
    state = theirs.state_dict()
    for name, array in ours.state_dict().items():
        close(array, state[name])


def test_every_layer_has_a_row():
    layers = {name for name in nn.__all__ if getattr(getattr(nn, name), "__module__", "").startswith("nn.layers")}
    assert layers == {row.name for row in ROWS} | ALONE


@pytest.mark.parametrize("row", EVERY)
def test_a_layer_equals_pytorchs_whose_state_it_loads_by_name(row):
    ours, theirs = with_their_weights(row)
    for training in (False, True, True, False):
        if not (row.draws and training):
            assert_same(row, ours.train(training), theirs.train(training))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("row", EVERY)
def test_a_layer_keeps_single_and_half_precision_and_is_wrong_by_rounding_only(row, dtype):
    if row.name == "Fold" and dtype == np.float16:
        pytest.skip("is a sum of windows")
    exact, _ = with_their_weights(row)
    layer = copy.deepcopy(exact).to(dtype).eval()
    arrays = row.arrays(dtype)
    xs = [Tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    y = results(layer, xs)[0]
    want = results(exact.eval(), [Tensor(a.astype(np.float64) if a.dtype.kind == "f" else a) for a in arrays])[0]
    assert y.dtype == dtype
    scale = np.abs(want.numpy()).max() + 1e-3
    np.testing.assert_allclose(y.numpy(), want.numpy(), rtol=0, atol=64 * np.finfo(dtype).eps * scale)
    if y.requires_grad:
        y.sum().backward()
        grads = [x.grad for x in xs if x.grad is not None] + [p.grad for p in layer.parameters() if p.grad is not None]
        assert grads
        assert {g.dtype for g in grads} == {np.dtype(dtype)}


@pytest.mark.parametrize("row", [case for case in EVERY if "padding_idx" not in case.values[0].options])  # no gradient
def test_a_layer_passes_the_gradient_check(row):
    layer, _ = with_their_weights(row)
    xs = [Tensor(a, requires_grad=a.dtype.kind == "f") for a in row.arrays(seed=2)]
    if [*layer.parameters()]:
        assert nn.gradcheck(layer.eval(), *xs, loss=lambda y: y[0] if row.first else y)
    else:
        assert ag.gradcheck(lambda *xs: results(layer.eval(), xs)[0], xs, mode="projected")


@pytest.mark.parametrize("row", EVERY)
def test_what_a_layer_prints_makes_it_again(row):
    layer = row.ours()
    if not [*layer.children()]:
        again = eval(repr(layer), vars(nn))
        assert repr(again) == repr(layer)
        fields = [
            {k: v for k, v in vars(one).items() if not isinstance(v, Tensor | np.random.Generator)}
            for one in (layer, again)
        ]
        assert fields[0] == fields[1]


@pytest.mark.parametrize("row", EVERY)
def test_copies_pickles_and_states_give_the_same_bits_in_both_modes(row):
    layer, _ = with_their_weights(row)
    loaded = row.ours()
    loaded.load_state_dict(layer.state_dict())
    others = [copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))] + ([] if row.draws else [loaded])
    for training in (True, False):
        inputs = row.arrays()
        wanted = [y.numpy().tobytes() for y in results(layer.train(training), map(Tensor, inputs))]
        for other in others:
            assert [y.numpy().tobytes() for y in results(other.train(training), map(Tensor, inputs))] == wanted
    state = layer.state_dict()
    for other in others:
        assert {name: a.tobytes() for name, a in other.state_dict().items()} == {
            n: a.tobytes() for n, a in state.items()
        }


@pytest.mark.parametrize("row", EVERY)
def test_a_summary_counts_the_parameters_that_pytorch_has(row):
    count = sum(p.numel() for p in row.pytorch().parameters())
    assert row.ours().summary(*row.arrays()).parameters == count


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_a_transposed_convolution_paints_the_size_that_is_asked_for(axes):
    given = (2, 3, 3, 3, 1)
    ours, theirs = (getattr(kind, f"ConvTranspose{axes}d")(*given) for kind in (nn, torch.nn))
    ours = ours.double()
    theirs.double().load_state_dict({name: torch.tensor(array) for name, array in ours.state_dict().items()})
    y = np.random.default_rng(0).standard_normal((1, 2, 4, 3, 5)[: axes + 2])
    least = [3 * (n - 1) + 1 for n in y.shape[2:]]
    for more in range(3):
        size = tuple(n + more for n in least)
        close(ours(y, output_size=size), theirs(torch.tensor(y), output_size=size))
    with pytest.raises(ValueError, match=r"output_size .* must be from .* to .*, for y"):
        ours(y, output_size=tuple(n + 3 for n in least))


def test_a_layer_has_its_own_words_and_what_is_true_of_its_kind():
    words = nn.Conv1d.__doc__
    assert words.startswith("Slide filters over sequences.\n\nx (N, in_channels, W)")
    assert (
        words.index("Parameters: weight") < words.index("Arguments:") < words.index("Raises:") < words.index("Example:")
    )

    class Own(nn.Conv1d):
        """Of a user's own."""

    assert Own.__doc__ == "Of a user's own."
    assert kinds.Kind.__doc__.startswith("A layer whose arguments")


def test_the_encoder_of_a_transformer_equals_pytorchs_with_masks():
    rng = np.random.default_rng(0)
    ours = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(8, 2, 12, 0.0, dtype=float), 2, nn.LayerNorm(8, dtype=float)
    )
    inner = torch.nn.TransformerEncoderLayer(8, 2, 12, 0.0)
    theirs = torch.nn.TransformerEncoder(inner, 2, torch.nn.LayerNorm(8), enable_nested_tensor=False).double()
    state = {name: torch.tensor(rng.standard_normal(tuple(p.shape)) / 2) for name, p in theirs.state_dict().items()}
    theirs.load_state_dict(state)
    ours.load_state_dict({name: tensor.numpy() for name, tensor in state.items()})
    x, hidden = rng.standard_normal((4, 3, 8)), np.array([[False] * 3 + [True]] * 3)
    mask = torch.triu(torch.full((4, 4), True), 1)
    padding = torch.tensor(hidden)
    for given, wanted in (
        ({}, {}),
        ({"is_causal": True}, {"mask": mask}),
        ({"mask": mask.numpy(), "src_key_padding_mask": hidden}, {"mask": mask, "src_key_padding_mask": padding}),
    ):
        close(ours(x, **given), theirs(torch.tensor(x), **wanted))


def with_drawn_weights(ours, theirs):
    """Both with the same random parameters."""
    rng = np.random.default_rng(1)
    state = {name: torch.tensor(rng.standard_normal(tuple(p.shape)) / 2) for name, p in theirs.state_dict().items()}
    assert [*ours.state_dict()] == [*state]
    theirs.load_state_dict(state)
    ours.load_state_dict({name: tensor.numpy() for name, tensor in state.items()})
    return ours, theirs


def masks_of(kind, length, count, heads, n, rng):
    """What hides keys, for both, and what PyTorch wants beside `is_causal`: (given, wanted) of a mask and a padding."""
    hidden = np.zeros((n, count), bool)
    hidden[1:, -1] = True
    later = np.triu(np.ones((length, count), bool), 1)
    each = rng.standard_normal((n * heads, length, count))
    mask, padding = {
        "none": (None, None), "causal": (None, None), "booleans": (later, hidden), "added": (each, hidden * -1.5)
    }[kind]  # fmt: skip
    theirs = later if kind == "causal" else mask
    return (mask, padding), tuple(None if part is None else torch.tensor(part) for part in (theirs, padding))


@pytest.mark.parametrize("how", [{}, {"batch_first": True}, {"norm_first": True, "activation": "gelu", "bias": False}])
@pytest.mark.parametrize("kind", ["none", "causal", "booleans", "added"])
def test_a_transformer_and_its_decoder_equal_pytorchs_with_masks_and_gradients(kind, how):
    rng = np.random.default_rng(0)
    sizes = (8, 2, 2, 2, 12, 0.0)
    ours, theirs = with_drawn_weights(
        nn.Transformer(*sizes, **how, dtype=float), torch.nn.Transformer(*sizes, **how).double()
    )
    src, tgt = rng.standard_normal((5, 3, 8)), rng.standard_normal((4, 3, 8))
    if how.get("batch_first"):
        src, tgt = src.swapaxes(0, 1).copy(), tgt.swapaxes(0, 1).copy()
    (s, own_s), (ts, town_s) = masks_of(kind, 5, 5, 2, 3, rng)
    (t, own_t), (tt, town_t) = masks_of(kind, 4, 4, 2, 3, rng)
    (m, own_m), (tm, town_m) = masks_of(kind, 4, 5, 2, 3, rng)
    causal = [kind == "causal"] * 3
    compared = [(ours, theirs, (src, tgt, s, t, m, own_s, own_t, own_m, *causal),
                 (ts, tt, tm, town_s, town_t, town_m)),
                (ours.decoder, theirs.decoder, (tgt, src, t, m, own_t, own_m, *causal[1:]),
                 (tt, tm, town_t, town_m)),
                (ours.decoder.layers[1], theirs.decoder.layers[1], (tgt, src, t, m, own_t, own_m, *causal[1:]),
                 (tt, tm, town_t, town_m))]  # fmt: skip
    for mine, other, (a, b, *given), wanted in compared:
        xs = [Tensor(x, requires_grad=True) for x in (a, b)]
        zs = [torch.tensor(x, requires_grad=True) for x in (a, b)]
        mine.zero_grad()
        other.zero_grad()
        y, z = mine(*xs, *given), other(*zs, *wanted)
        close(y, z)
        g = rng.standard_normal(y.shape)
        y.backward(g)
        z.backward(torch.tensor(g))
        for x, one in zip(xs, zs, strict=True):
            close(x.grad, one.grad)
        for name, p in mine.named_parameters():
            close(p.grad, other.get_parameter(name).grad)


def test_the_mask_of_what_comes_later_is_pytorchs():
    for sz in (1, 4):
        have, want = (kind.Transformer.generate_square_subsequent_mask(sz) for kind in (nn, torch.nn))
        np.testing.assert_array_equal(have, want.numpy())
        assert have.dtype == np.float32


def test_a_custom_encoder_and_decoder_take_their_places_by_position():
    class Given(nn.Module):
        def __init__(self, factor):
            self.factor = factor

        def forward(self, x, *others):
            return Tensor(x) * self.factor

    net = nn.Transformer(8, 2, 1, 1, 12, 0.0, "relu", Given(2), Given(3))
    np.testing.assert_array_equal(net(np.ones((5, 3, 8)), np.ones((4, 3, 8))).numpy(), np.full((4, 3, 8), 3.0))
    assert not [*net.parameters()]


@pytest.mark.parametrize("weights", [True, False])
@pytest.mark.parametrize("added", [True, False])
def test_attention_hides_what_pytorchs_hides(weights, added):
    rng = np.random.default_rng(0)
    ours, theirs = nn.MultiheadAttention(8, 2, dtype=float), torch.nn.MultiheadAttention(8, 2).double()
    state = {name: torch.tensor(rng.standard_normal(tuple(p.shape))) for name, p in theirs.state_dict().items()}
    theirs.load_state_dict(state)
    ours.load_state_dict({name: tensor.numpy() for name, tensor in state.items()})
    q, k = rng.standard_normal((4, 3, 8)), rng.standard_normal((5, 3, 8))
    padding = np.array([[False, True, False, False, True]] * 3)
    attn = rng.standard_normal((6, 4, 5)) if added else np.triu(np.ones((4, 5), bool), 2)
    for hidden in (padding, np.where(padding, -1.5, 0.0) if added else padding):
        y, w = ours(q, k, k, hidden, weights, attn, False)
        theirs_hidden = torch.tensor(np.where(hidden, -np.inf, 0.0) if hidden.dtype == bool and added else hidden)
        keys = torch.tensor(k)
        z, u = theirs(torch.tensor(q), keys, keys, theirs_hidden, weights, torch.tensor(attn), False)
        close(y, z)
        assert (w is None) == (u is None)
        if weights:
            close(w, u)


@pytest.mark.parametrize("weights", [True, False])
def test_a_query_whose_keys_are_all_hidden_attends_to_nothing(weights):
    rng = np.random.default_rng(0)
    layer, x = nn.MultiheadAttention(8, 2, rng=0), rng.standard_normal((4, 3, 8)).astype(np.float32)
    hidden, later = np.array([[False] * 4, [True] * 4, [False] * 2 + [True] * 2]), np.triu(np.ones((4, 4), bool), 1)
    for mask in (None, later, np.where(later, -np.inf, 0.0)):
        y, w = layer(x, x, x, hidden, weights, mask)
        np.testing.assert_array_equal(y.numpy()[:, 1], np.zeros((4, 8)) + layer.out_proj.bias.numpy())
        assert y.dtype == np.float32
        if weights:
            np.testing.assert_allclose(w.numpy().sum(-1), [[1] * 4, [0] * 4, [1] * 4], rtol=1e-6)
        layer.zero_grad()
        y.sum().backward()
        assert all(np.isfinite(p.grad.numpy()).all() for p in layer.parameters())


def test_copies_of_an_encoder_layer_draw_from_one_stream_what_they_drop():
    layer = nn.TransformerEncoderLayer(8, 2, 12, 0.5, rng=0)
    encoder = nn.TransformerEncoder(layer, 2)
    first, second = encoder.layers
    assert first.dropout.rng is second.dropout.rng is layer.dropout.rng
    assert first.linear1.weight is not second.linear1.weight


def test_dropout_of_attention_repeats_for_a_seed_and_differs_from_call_to_call():
    x = np.random.default_rng(0).standard_normal((4, 3, 8))
    for weights in (True, False):
        one, two = (nn.MultiheadAttention(8, 2, 0.5, rng=0) for _ in range(2))
        a, b = (layer(x, x, x, need_weights=weights)[0].numpy() for layer in (one, two))
        np.testing.assert_array_equal(a, b)
        assert (one(x, x, x, need_weights=weights)[0].numpy() != a).any()
