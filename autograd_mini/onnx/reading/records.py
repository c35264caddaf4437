"""ONNX's operators of tables: features, labels, trees, and counts of n-grams."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops as f
from ...arguments import bare
from .operators import operator

ML = "ai.onnx.ml"


@operator("ArrayFeatureExtractor", domain=ML)
def _features(x: Any, places: Any) -> Any:
    return f.take(f.reshape(x, (1, -1)) if x.ndim == 1 else x, np.asarray(bare(places)).reshape(-1), -1)


@operator("Binarizer", domain=ML)
def _binarizer(x: Any, *, threshold: float = 0.0) -> Any:
    return (np.asarray(bare(x)) > threshold).astype(x.dtype)


@operator("Normalizer", domain=ML)
def _normalizer(x: Any, *, norm: str = "MAX") -> Any:
    if norm == "MAX":
        return x / f.max(f.absolute(x), -1, True)
    return x / (f.sum(f.absolute(x), -1, True) if norm == "L1" else f.sqrt(f.sum(x * x, -1, True)))


@operator("Scaler", domain=ML)
def _scaler(x: Any, *, offset: Any, scale: Any) -> Any:
    return (x - np.array(offset, x.dtype)) * np.array(scale, x.dtype)


@operator("Imputer", domain=ML)
def _imputer(
    x: Any, *, imputed_value_floats: Any = None, imputed_value_int64s: Any = None, replaced_value_float: float = 0.0,
    replaced_value_int64: int = 0,
) -> Any:  # fmt: skip
    numbers = np.asarray(bare(x))
    old = replaced_value_float if x.dtype.kind == "f" else replaced_value_int64
    new = np.array(imputed_value_floats if imputed_value_floats is not None else imputed_value_int64s, x.dtype)
    return f.where(np.isnan(numbers) if old != old else numbers == old, new, x)


@operator("LinearRegressor", domain=ML)
def _linear_regressor(
    x: Any, *, coefficients: Any, intercepts: Any = None, targets: int = 1, post_transform: str = "NONE"
) -> Any:
    if post_transform != "NONE":
        raise ValueError(f"post_transform {post_transform!r} is not read here")
    found = f.matmul(x, np.array(coefficients, np.float32).reshape(targets, -1).T)
    return found if intercepts is None else found + np.array(intercepts, np.float32)


@operator("LabelEncoder", domain=ML)
def _label_encoder(
    x: Any, *, keys_tensor: Any = None, values_tensor: Any = None, default_tensor: Any = None, keys_int64s: Any = None,
    keys_floats: Any = None, values_int64s: Any = None, values_floats: Any = None, default_int64: int = -1,
    default_float: float = 0.0,
) -> Any:  # fmt: skip
    listed = (keys_tensor, keys_int64s, keys_floats), (values_tensor, values_int64s, values_floats)
    keys, values = (next((np.asarray(one) for one in row if one is not None), np.array([])) for row in listed)
    if values.dtype.kind == "f" and values_tensor is None:
        values = values.astype(np.float32)
    other = default_int64 if values.dtype.kind == "i" else default_float
    other = other if default_tensor is None else np.asarray(default_tensor).reshape(-1)[0]
    numbers = np.asarray(bare(x))
    found = np.full(numbers.shape, other, values.dtype)
    for key, value in zip(keys, values, strict=True):
        found[(numbers == key) | (np.isnan(numbers) if key != key else False)] = value
    return found


@operator("TreeEnsemble", domain=ML)
def _tree_ensemble(
    x: Any, *, nodes_splits: Any, nodes_featureids: Any, nodes_modes: Any, nodes_truenodeids: Any,
    nodes_falsenodeids: Any, nodes_trueleafs: Any, nodes_falseleafs: Any, leaf_targetids: Any, leaf_weights: Any,
    tree_roots: Any, n_targets: int,
    aggregate_function: int = 1, post_transform: int = 0, membership_values: Any = None,
    nodes_missing_value_tracks_true: Any = None, nodes_hitrates: Any = None,
) -> Any:  # fmt: skip
    numbers = np.asarray(bare(x))
    sets = _sets(membership_values)
    members = {i: next(sets) for i, mode in enumerate(nodes_modes) if mode == 6}
    tests = (np.less_equal, np.less, np.greater_equal, np.greater, np.equal, np.not_equal)
    given: list[list[list[float]]] = [[[] for _ in range(n_targets)] for _ in numbers]
    for i, row in enumerate(numbers):
        for root in tree_roots:
            node, leaf, turns = int(root), False, 0
            while not leaf:
                value, mode = row[nodes_featureids[node]], int(nodes_modes[node])
                yes = value in members[node] if mode == 6 else bool(tests[mode](value, nodes_splits[node]))
                if np.isnan(value) and nodes_missing_value_tracks_true:
                    yes = bool(nodes_missing_value_tracks_true[node])
                leaf = bool((nodes_trueleafs if yes else nodes_falseleafs)[node])
                node = int((nodes_truenodeids if yes else nodes_falsenodeids)[node])
                turns += 1
                if turns > len(nodes_modes):
                    raise ValueError("a tree goes round in a circle")
            given[i][leaf_targetids[node]].append(float(leaf_weights[node]))
    if post_transform:
        raise ValueError(f"post_transform {post_transform} is not read here")
    combine = (lambda v: sum(v) / len(tree_roots), sum, min, max)[aggregate_function]
    return np.array([[combine(v) if v else 0.0 for v in row] for row in given], x.dtype).reshape(len(x), n_targets)


def _sets(values: Any) -> Any:
    """The sets of which membership is asked, one after another, each ended by nan."""
    now: set[float] = set()
    for value in [] if values is None else np.asarray(values):
        if np.isnan(value):
            yield now
            now = set()
        else:
            now.add(value)


@operator("TfIdfVectorizer")
def _tf_idf(
    x: Any, *, max_gram_length: int, max_skip_count: int, min_gram_length: int, mode: str, ngram_counts: Any,
    ngram_indexes: Any, pool_int64s: Any = None, pool_strings: Any = None, weights: Any = None,
) -> Any:  # fmt: skip
    if pool_int64s is None:
        raise ValueError("n-grams of text are not read here")
    numbers, known = np.asarray(bare(x)), {}
    ends = [*ngram_counts[1:], len(pool_int64s)]
    index = 0
    for length, (begin, end) in enumerate(zip(ngram_counts, ends, strict=True), 1):
        for at in range(begin, end, length):
            known[tuple(pool_int64s[at : at + length])] = index
            index += 1
    lines = numbers.reshape(1, -1) if numbers.ndim < 2 else numbers
    found = np.zeros((len(lines), max(ngram_indexes) + 1), np.float32)
    factor = np.ones(len(ngram_indexes), np.float32) if weights is None else np.array(weights, np.float32)
    for i, line in enumerate(lines):
        counts = np.zeros(len(ngram_indexes), np.float32)
        for length in range(min_gram_length, max_gram_length + 1):
            for skip in range(1, max_skip_count + 2 if length > 1 else 2):
                for at in range(len(line) - (length - 1) * skip):
                    gram = known.get(tuple(line[at : at + (length - 1) * skip + 1 : skip].tolist()))
                    if gram is not None:
                        counts[gram] += 1
        shown = counts if mode == "TF" else (counts > 0) * (factor if mode == "IDF" else 1.0)
        found[i, ngram_indexes] = shown * factor if mode == "TFIDF" else shown
        if mode == "TFIDF":
            found[i, ngram_indexes] = counts * factor
    return found[0] if numbers.ndim < 2 else found
