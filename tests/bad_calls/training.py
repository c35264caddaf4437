"""Optimisers, schedules, data and the learner."""

import numpy as np

import nn
from autograd_mini import Tensor

from .given import A, T, given, optimizer, two_layers, ways
from .modules import GivesNothing

INPUTS, LABELS = np.ones((4, 2)), np.array([0, 1, 0, 1])


def reloaded(optimiser, **other):
    optimiser.load_state_dict({**optimiser.state_dict(), **other})


def with_an_ill_shaped_gradient():
    leaf, other = T(3), T(3)
    optimiser = nn.SGD([leaf, other], lr=0.1)
    other.node.grad = Tensor(A(2))
    given(other)
    given(optimiser).step()


def scheduled(kind, *options):
    optimiser = optimizer()
    schedule = kind(optimiser, *options)
    given(optimiser)
    return schedule


def in_sequence(*kinds, at):
    optimiser = optimizer()
    parts = [getattr(nn, kind)(optimiser, **({"step_size": 1, "by": by} if by else {})) for kind, by in kinds]
    given(optimiser)
    nn.SequentialLR(optimiser, parts, at)


def moved(kind):
    kind([T(3)], 0.1).step()


def learner_of(loss, training=True):
    model = given(two_layers().train(training))
    return nn.Learner(model, loss, given(nn.SGD(model.parameters(), lr=0.1)))


def learner(training=False):
    """Of a model whose mode is left alone by calls that are refused before training begins."""
    return learner_of(nn.cross_entropy, training)


def four():
    return nn.ArrayData(A(4, 2), LABELS)


SGD = {
    "with lr 0": {"lr": 0}, "with lr nan": {"lr": np.nan}, "with lr inf": {"lr": np.inf},
    "with momentum 1": {"lr": 1, "momentum": 1}, "with weight_decay -1": {"lr": 1, "weight_decay": -1},
    "with nesterov alone": {"lr": 1, "nesterov": True}, "with lr in words": {"lr": "a"}, "with lr None": {"lr": None},
    "with lr True": {"lr": True}, "with lr below 0": {"lr": -0.1},
    "with momentum in words": {"lr": 0.1, "momentum": "a"},
    "with weight_decay of nan": {"lr": 0.1, "weight_decay": np.nan},
}  # fmt: skip

FIT = {
    "for 0 epochs": {"epochs": 0}, "for -1 epochs": {"epochs": -1}, "for a fraction of epochs": {"epochs": 1.0},
    "for None epochs": {"epochs": None}, "in batches of 0": {"batch_size": 0},
    "in batches of a fraction": {"batch_size": 2.0}, "with inputs alone for validation": {"validation": INPUTS},
    "with checkpoints every 0 steps": {"every": 0, "checkpoint": "x"}, "with every but no checkpoint": {"every": 1},
    "resuming from no checkpoint": {"resume": True}, "the best without validation": {"best": "x"},
    "with a number as schedule": {"schedule": 3}, "with a number as on_epoch": {"on_epoch": 3},
    "with three things for validation": {"validation": (INPUTS, LABELS, LABELS)},
    "with one thing for validation": {"validation": (INPUTS,)}, "for True epochs": {"epochs": True},
    "in batches of True": {"batch_size": True}, "with checkpoints every True": {"every": True, "checkpoint": "x"},
    "with a number as checkpoint": {"checkpoint": 1.5},
    "with a number as best": {"validation": (INPUTS, LABELS), "best": 1.5}, "with seed in words": {"seed": "a"},
    "with seed None": {"seed": None}, "in 0 parts": {"accumulate": 0}, "clipped to 0": {"clip_norm": 0},
    "clipped to words": {"clip_value": "a"}, "with patience of 0": {"patience": 0},
    "with patience and no validation": {"patience": 1},
    "with metrics and no validation": {"metrics": "f1"},
    "with a metric of another name": {"metrics": "f2", "validation": (INPUTS, LABELS)},
    "with a number as metrics": {"metrics": 3, "validation": (INPUTS, LABELS)},
    "with numbers as metrics by name": {"metrics": {"a": 3}, "validation": (INPUTS, LABELS)},
    "with a number as average": {"average": 0.9}, "with on_nonfinite ignore": {"on_nonfinite": "ignore"},
    "with a number as on_batch": {"on_batch": 3}, "with a number as log": {"log": 1.5},
    "with a number among schedules": {"schedule": [3]}, "with three weights": {"weights": [1, 2, 3]},
    "with weights below 0": {"weights": [1, 1, 1, -1]}, "with weights of 0": {"weights": [0] * 4},
    "with weights in order": {"weights": [1] * 4, "shuffle": False}, "with 0 workers": {"workers": 0},
    "without a last batch that is the only one": {"drop_last": True},
}  # fmt: skip

SUBSETS = {
    "positions out of range": {"positions": [0, 9]}, "positions far below 0": {"positions": [0, -5]},
    "fractional positions": {"positions": [0.5]}, "positions in words": {"positions": "ab"},
    "no positions": {"positions": None}, "one position": {"positions": 3},
    "positions in a column": {"positions": [[0], [1]]}, "ragged positions": {"positions": [[0], [1, 2]]},
    "a short mask": {"positions": [True, False]},
}  # fmt: skip


CALLS = {
    "SGD": ways(nn.SGD, SGD, params=lambda: [T(3)])
    | {
        "of nothing": lambda: nn.SGD([], lr=0.1),
        "of an array": lambda: nn.SGD([A(3)], lr=1),
        "of a constant": lambda: nn.SGD([Tensor(A(3))], lr=1),
        "of a result": lambda: nn.SGD([T(3) * 2], lr=1),
        "lr set to None": lambda: setattr(optimizer(), "lr", None),
        "lr set below 0": lambda: setattr(optimizer(), "lr", -0.1),
        "of a parameter twice": lambda: nn.SGD([p := T(3), p], lr=1),
        "of a Tensor": lambda: nn.SGD(T(3), lr=0.1),
        "of None": lambda: nn.SGD(None, lr=0.1),
        "of a dict": lambda: nn.SGD({"a": T(3)}, lr=0.1),
        "of named parameters": lambda: nn.SGD(two_layers().named_parameters(), lr=0.1),
        "of a model": lambda: nn.SGD(two_layers(), lr=0.1),
        "of groups with a setting of another name": lambda: nn.SGD([{"params": [T(3)], "momentom": 0.9}], lr=0.1),
        "of groups without parameters": lambda: nn.SGD([{"lr": 0.1}], lr=0.1),
        "of groups and a parameter": lambda: nn.SGD([{"params": [T(3)]}, T(3)], lr=0.1),
        "of a parameter in two groups": lambda: nn.SGD([{"params": [p := T(3)]}, {"params": p}], lr=0.1),
        "of groups, one with lr 0": lambda: nn.SGD([{"params": T(3)}, {"params": T(3), "lr": 0}], lr=0.1),
        "of frozen parameters": lambda: nn.SGD([Tensor(A(3)), Tensor(A(2))], lr=0.1),
        "state None": lambda: optimizer().load_state_dict(None),
        "state of nothing": lambda: optimizer().load_state_dict({}),
        "state of groups": lambda: optimizer().load_state_dict({"state": {}, "param_groups": []}),
        "state with lr of nan": lambda: reloaded(optimizer(), lr=np.nan),
        "state with lr below 0": lambda: reloaded(optimizer(), lr=-1.0),
        "state with lr in words": lambda: reloaded(optimizer(), lr="a"),
        "state with steps below 0": lambda: reloaded(optimizer(), steps=-1),
        "state with first_lr below 0": lambda: reloaded(optimizer(), first_lr=-1.0),
        "state of another optimiser": lambda: reloaded(optimizer(), **{"velocity.0": A(3)}),
        "state of another shape": lambda: reloaded(optimizer(momentum=0.9), **{"velocity.0": A(2)}),
        "state of another parameter": lambda: reloaded(optimizer(momentum=0.9), **{"velocity.1": A(3)}),
        "state in words": lambda: reloaded(optimizer(momentum=0.9), **{"velocity.0": np.array(["a", "b", "c"])}),
        "a gradient of another shape": with_an_ill_shaped_gradient,
    },
    "Adam": {
        "betas": lambda: nn.Adam([T(3)], betas=(0.9, 1.0)),
        "only beta": lambda: nn.Adam([T(3)], betas=(0.9,)),
        "eps": lambda: nn.Adam([T(3)], eps=-1),
        "one number as betas": lambda: nn.Adam([T(3)], betas=0.9),
        "betas in words": lambda: nn.Adam([T(3)], betas=("a", "b")),
        "betas of nan": lambda: nn.Adam([T(3)], betas=(np.nan, 0.9)),
        "no eps": lambda: nn.Adam([T(3)], eps=None),
        "half a state": lambda: reloaded(optimizer(nn.Adam), **{"first.0": A(3)}),
        "a count below 0": lambda: reloaded(
            optimizer(nn.Adam), **{"first.0": A(3), "second.0": A(3), "count.0": np.array(-1)}
        ),
    },
    "RMSprop": ways(
        nn.RMSprop,
        {"with alpha 1": {"alpha": 1}, "with eps -1": {"eps": -1}, "with momentum in words": {"momentum": "a"}},
        params=lambda: [T(3)],
    ),
    "Adagrad": ways(
        nn.Adagrad, {"with lr_decay -1": {"lr_decay": -1}, "with eps None": {"eps": None}}, params=lambda: [T(3)]
    ),
    "LBFGS": ways(
        nn.LBFGS,
        {
            "with max_iter 0": {"max_iter": 0},
            "with tolerance_grad -1": {"tolerance_grad": -1},
            "with another search": {"line_search_fn": "golden"},
            "with max_eval of a fraction": {"max_eval": 1.5},
        },
        params=lambda: [T(3)],
    )
    | {
        "of two groups": lambda: nn.LBFGS([{"params": T(3)}, {"params": T(2)}]),
        "a step without a closure": lambda: optimizer(nn.LBFGS).step(),
        "state of other moves": lambda: reloaded(optimizer(nn.LBFGS), **{"moves.s": A(1, 3)}),
    },
    "parameter_groups": {
        "of an array": lambda: nn.parameter_groups(A(3)),
        "with settings that are a number": lambda: nn.parameter_groups(two_layers(), {"*.bias": 0.1}),
    },
    "select": {
        "for groups, by a pattern that matches nothing": lambda: nn.parameter_groups(two_layers(), {"*.x": {"lr": 1}}),
    },
    "clip_grad_norm": {
        "to -1": lambda: nn.clip_grad_norm([T(3)], -1),
        "by a norm of 0": lambda: nn.clip_grad_norm([T(3)], 1, 0),
        "of arrays": lambda: nn.clip_grad_norm([A(3)], 1),
        "of None": lambda: nn.clip_grad_norm(None, 1),
    },
    "clip_grad_value": {
        "to nan": lambda: nn.clip_grad_value([T(3)], np.nan),
        "of arrays": lambda: nn.clip_grad_value([A(3)], 1),
    },
    "AdamW": {
        "lr": lambda: nn.AdamW([T(3)], lr=-1),
    },
    "StepLR": {
        "step_size": lambda: nn.StepLR(optimizer(), 0),
        "of None": lambda: nn.StepLR(None, 1),
        "of a model": lambda: nn.StepLR(two_layers(), 1),
        "step_size of nan": lambda: nn.StepLR(optimizer(), np.nan),
        "step_size in words": lambda: nn.StepLR(optimizer(), "a"),
        "gamma in words": lambda: nn.StepLR(optimizer(), 1, gamma="a"),
        "gamma below 0": lambda: nn.StepLR(optimizer(), 1, gamma=-1),
    },
    "CosineAnnealingLR": {
        "T_max": lambda: nn.CosineAnnealingLR(optimizer(), 0),
        "T_max in words": lambda: nn.CosineAnnealingLR(optimizer(), "a"),
        "eta_min below 0": lambda: nn.CosineAnnealingLR(optimizer(), 3, -1),
    },
    "data": {
        "ArrayData": lambda: nn.ArrayData(A(3, 2), A(2)),
        "ArrayData of numbers": lambda: nn.ArrayData(3, 4),
        "ArrayData of nothing": lambda: nn.ArrayData(A(0, 2), A(0)),
        "ArrayData of ragged inputs": lambda: nn.ArrayData([[1], [1, 2]], [0, 1]),
        "to fit, other lengths": lambda: learner().fit(INPUTS, LABELS[:3], epochs=1),
        "to evaluate, other lengths": lambda: learner().evaluate(INPUTS, LABELS[:1]),
        "for validation, other lengths": lambda: learner().fit(
            INPUTS, LABELS, epochs=1, validation=(INPUTS, LABELS[:2])
        ),
    },
    "Optimizer": {
        "that does not say how to move": lambda: moved(nn.Optimizer),
    },
    "ExponentialLR": {
        "gamma of 0": lambda: nn.ExponentialLR(optimizer(), 0),
    },
    "LambdaLR": {
        "of a number": lambda: nn.LambdaLR(optimizer(), 0.5),
    },
    "MultiStepLR": {
        "milestones that fall": lambda: nn.MultiStepLR(optimizer(), [3, 2]),
        "one milestone": lambda: nn.MultiStepLR(optimizer(), 3),
        "gamma of 0": lambda: nn.MultiStepLR(optimizer(), [3], 0),
    },
    "LinearLR": {
        "start_factor of 0": lambda: nn.LinearLR(optimizer(), 0),
        "end_factor of 2": lambda: nn.LinearLR(optimizer(), end_factor=2),
        "total_iters of 0": lambda: nn.LinearLR(optimizer(), total_iters=0),
    },
    "PolynomialLR": {
        "power of 0": lambda: nn.PolynomialLR(optimizer(), power=0),
    },
    "CosineAnnealingWarmRestarts": {
        "T_0 of 0": lambda: nn.CosineAnnealingWarmRestarts(optimizer(), 0),
        "T_mult of a fraction": lambda: nn.CosineAnnealingWarmRestarts(optimizer(), 1, 1.5),
    },
    "OneCycleLR": {
        "total_steps of 1": lambda: nn.OneCycleLR(optimizer(), 1.0, 1),
        "max_lr of 0": lambda: nn.OneCycleLR(optimizer(), 0, 10),
        "pct_start of 1": lambda: nn.OneCycleLR(optimizer(), 1.0, 10, pct_start=1),
        "along a parabola": lambda: nn.OneCycleLR(optimizer(), 1.0, 10, anneal_strategy="parabola"),
        "by the week": lambda: nn.OneCycleLR(optimizer(), 1.0, 10, by="week"),
        "no steps": lambda: nn.OneCycleLR(optimizer(), 1.0, epochs=3),
        "two peaks of one group": lambda: nn.OneCycleLR(optimizer(), [1.0, 2.0], 10),
        "momentum of an Adagrad": lambda: nn.OneCycleLR(nn.Adagrad([T(3)], 0.1), 1.0, 10),
        "max_momentum in words": lambda: nn.OneCycleLR(optimizer(), 1.0, 10, max_momentum="high"),
    },
    "CyclicLR": {
        "base_lr of 0": lambda: nn.CyclicLR(optimizer(), 0, 1.0),
        "two rates of one group": lambda: nn.CyclicLR(optimizer(), 0.1, [0.2, 0.3]),
        "step_size_up of a fraction": lambda: nn.CyclicLR(optimizer(), 0.1, 1.0, 1.5),
        "in a square": lambda: nn.CyclicLR(optimizer(), 0.1, 1.0, mode="square"),
        "a scale of a number": lambda: nn.CyclicLR(optimizer(), 0.1, 1.0, scale_fn=2.0),
        "base_momentum of 1": lambda: nn.CyclicLR(optimizer(), 0.1, 1.0, base_momentum=1),
    },
    "ConstantLR": {
        "factor of 2": lambda: nn.ConstantLR(optimizer(), 2),
        "total_iters of 0": lambda: nn.ConstantLR(optimizer(), total_iters=0),
    },
    "MultiplicativeLR": {
        "of a number": lambda: nn.MultiplicativeLR(optimizer(), 0.5),
        "of two functions for one group": lambda: nn.MultiplicativeLR(optimizer(), [abs, abs]),
    },
    "ReduceLROnPlateau": {
        "in no mode": lambda: nn.ReduceLROnPlateau(optimizer(), "least"),
        "factor of 1": lambda: nn.ReduceLROnPlateau(optimizer(), factor=1),
        "patience of a fraction": lambda: nn.ReduceLROnPlateau(optimizer(), patience=1.5),
        "min_lr below 0": lambda: nn.ReduceLROnPlateau(optimizer(), min_lr=-1),
        "two floors of one group": lambda: nn.ReduceLROnPlateau(optimizer(), min_lr=[0, 0]),
        "a step without a number": lambda: scheduled(nn.ReduceLROnPlateau).step(),
    },
    "SequentialLR": {
        "of one schedule": lambda: in_sequence(("StepLR", "epoch"), at=[2]),
        "at no milestone": lambda: in_sequence(("StepLR", "epoch"), ("StepLR", "epoch"), at=[]),
        "of a number": lambda: nn.SequentialLR(optimizer(), [1, 2], [2]),
        "of a plateau": lambda: in_sequence(("StepLR", "epoch"), ("ReduceLROnPlateau", None), at=[2]),
        "of epochs and steps": lambda: in_sequence(("StepLR", "epoch"), ("StepLR", "step"), at=[2]),
        "of another optimiser": lambda: nn.SequentialLR(optimizer(), [scheduled(nn.StepLR, 1)] * 2, [2]),
    },
    "WarmupLR": {
        "epochs of 0": lambda: nn.WarmupLR(optimizer(), 0),
        "fractional epochs": lambda: nn.WarmupLR(optimizer(), 1.5),
        "then a number": lambda: nn.WarmupLR(optimizer(), 1, then=3),
        "then of another optimiser": lambda: nn.WarmupLR(optimizer(), 1, scheduled(nn.StepLR, 1)),
    },
    "Schedule": {
        "that says no rate": lambda: given(scheduled(nn.Schedule)).step(),
    },
    "Subset": ways(nn.Subset, SUBSETS, data=four)
    | {
        "of an array": lambda: nn.Subset(A(4, 2), [0]),
    },
    "Augmented": {
        "by None": lambda: nn.Augmented(four(), None),
        "of an array": lambda: nn.Augmented(A(4, 2), np.flip),
        "a change that returns None": lambda: nn.Augmented(four(), lambda x: None).inputs([0, 1]),
        "a change of the number": lambda: nn.Augmented(nn.ArrayData(A(3, 2), A(3)), lambda x: x[:1]).inputs([0, 1]),
    },
    "split": {
        "at 0": lambda: nn.split(nn.ArrayData(A(3, 2), A(3)), 0),
        "at 2": lambda: nn.split(nn.ArrayData(A(3, 2), A(3)), 2),
        "at nan": lambda: nn.split(nn.ArrayData(A(3, 2), A(3)), np.nan),
        "of one example": lambda: nn.split(nn.ArrayData(A(1, 2), A(1)), 0.5),
        "of one example, at 0.9": lambda: nn.split(nn.ArrayData(A(1, 2), A(1)), 0.9),
        "in words": lambda: nn.split(four(), "a"),
        "at None": lambda: nn.split(four(), None),
        "of an array": lambda: nn.split(A(4, 2), 0.5),
        "with seed in words": lambda: nn.split(four(), 0.5, seed="a"),
        "by fractions of too little": lambda: nn.split(four(), (0.5, 0.2)),
        "by counts of too many": lambda: nn.split(four(), (3, 2)),
        "by one count": lambda: nn.split(four(), (4,)),
    },
    "batches": {
        "of 0": lambda: nn.batches(nn.ArrayData(A(3, 2), A(3)), 0),
        "of a fraction": lambda: nn.batches(nn.ArrayData(A(3, 2), A(3)), 1.5),
        "of 0 to predict": lambda: learner().predict(INPUTS, batch_size=0),
        "of True": lambda: nn.batches(four(), True),
        "of an array": lambda: nn.batches(A(4, 2), 2),
        "from below the first": lambda: nn.batches(four(), 2, first=-1),
        "from words": lambda: nn.batches(four(), 2, first="a"),
        "less than none ahead": lambda: nn.batches(four(), 2, ahead=-1),
        "with rng in words": lambda: nn.batches(four(), 2, "a"),
        "by 0 workers": lambda: nn.batches(four(), 2, workers=0),
        "of at least 0": lambda: nn.batches(four(), 2, least=0),
        "by weights without a generator": lambda: nn.batches(four(), 2, weights=[1, 1, 1, 1]),
        "by weights below 0": lambda: nn.batches(four(), 2, 0, weights=[1, 1, 1, -1]),
        "by too few weights": lambda: nn.batches(four(), 2, 0, weights=[1, 1]),
    },
    "Learner": {
        "of None": lambda: nn.Learner(None, nn.mse_loss),
        "of a class": lambda: nn.Learner(nn.ReLU),
        "with a loss in words": lambda: nn.Learner(two_layers(), "mse"),
        "with an optimiser in words": lambda: nn.Learner(two_layers(), optimizer="sgd"),
        "fit with a loss of None": lambda: learner_of(lambda y, t: None).fit(INPUTS, LABELS, epochs=1, progress=False),
        "fit with a loss of a float": lambda: learner_of(lambda y, t: 0.5).fit(INPUTS, LABELS, epochs=1),
        "a step with a loss an output": lambda: learner_of(lambda y, t: y).step(INPUTS, LABELS),
        "evaluated with a loss of None": lambda: learner_of(lambda y, t: None).evaluate(INPUTS, LABELS),
        "of a model that returns nothing": lambda: nn.Learner(GivesNothing()).predict(INPUTS),
    },
    "step": {
        "without an optimiser": lambda: nn.Learner(two_layers()).step(INPUTS, LABELS),
    },
    "fit": ways(lambda **given: learner().fit(**given), FIT, x=INPUTS, y=LABELS, epochs=1)
    | {
        "without labels": lambda: learner().fit(INPUTS, epochs=1),
        "with another model's average": lambda: learner().fit(INPUTS, LABELS, epochs=1, average=nn.EMA(two_layers())),
        "with another model's optimiser": lambda: nn.Learner(
            two_layers().train(), nn.cross_entropy, nn.SGD(two_layers().parameters(), lr=0.1)
        ).fit(INPUTS, LABELS, epochs=1, progress=False),
        "nothing": lambda: learner().fit(INPUTS[:0], LABELS[:0], epochs=1),
        "without an optimiser": lambda: nn.Learner(two_layers()).fit(INPUTS, LABELS, epochs=1),
        "with another optimiser's schedule": lambda: learner().fit(
            INPUTS, LABELS, epochs=1, schedule=scheduled(nn.StepLR, 1)
        ),
        "a data set and labels": lambda: learner().fit(nn.ArrayData(INPUTS, LABELS), LABELS, epochs=1),
        "None": lambda: learner().fit(None, LABELS, epochs=1),
        "ragged inputs": lambda: learner().fit([[1, 2], [1]], LABELS[:2], epochs=1),
    },
    "EMA": {
        "of an array": lambda: nn.EMA(A(3)),
        "with decay 1": lambda: nn.EMA(two_layers(), 1),
        "state without a count": lambda: nn.EMA(two_layers()).load_state_dict({}),
        "state of another model": lambda: nn.EMA(two_layers()).load_state_dict({"count": 1, "c": A(2)}),
    },
    "find_lr": {
        "from 0": lambda: learner().find_lr(INPUTS, LABELS, start=0),
        "downwards": lambda: learner().find_lr(INPUTS, LABELS, start=1, end=0.1),
        "in 2 steps": lambda: learner().find_lr(INPUTS, LABELS, steps=2),
        "without an optimiser": lambda: nn.Learner(two_layers()).find_lr(INPUTS, LABELS),
    },
    "top_k_accuracy": {
        "of more than there are": lambda: nn.top_k_accuracy(A(4, 2), LABELS, 3),
        "of one column": lambda: nn.top_k_accuracy(A(4), LABELS),
    },
    "f1_score": {
        "of high labels": lambda: nn.f1_score(A(4, 2), LABELS + 1),
    },
    "roc_auc": {
        "of one class": lambda: nn.roc_auc(A(4, 2), LABELS * 0),
        "of fractional labels": lambda: nn.roc_auc(A(4, 2), LABELS * 1.0),
    },
    "mean_absolute_error": {
        "of other shapes": lambda: nn.mean_absolute_error(A(4, 1), A(4)),
    },
    "best": {
        "of no epoch": lambda: nn.History().best(),
    },
    "plot": {
        "of no epoch": lambda: nn.History().plot(),
    },
    "cross_entropy": {
        "fit to fractional labels": lambda: learner().fit(INPUTS, LABELS * 1.0, epochs=1),
        "fit to high labels": lambda: learner(True).fit(INPUTS, LABELS + 5, epochs=1, progress=False),
        "fit to negative labels": lambda: learner().fit(INPUTS, LABELS - 1, epochs=1),
        "fit to labels with a nan among them": lambda: learner().fit(INPUTS, np.full(4, np.nan), epochs=1),
        "fit to labels in a column": lambda: learner(True).fit(INPUTS, LABELS[:, None], epochs=1, progress=False),
        "fit to probabilities of other classes": lambda: learner(True).fit(
            INPUTS, np.eye(3)[LABELS], epochs=1, progress=False
        ),
        "fit with settings to high labels": lambda: learner_of(nn.CrossEntropyLoss(label_smoothing=0.1)).fit(
            INPUTS, LABELS - 1, epochs=1
        ),
        "with high labels for validation": lambda: learner(True).fit(
            INPUTS, LABELS, epochs=1, progress=False, validation=(INPUTS, LABELS + 9)
        ),
        "a step with high labels": lambda: learner().step(INPUTS, LABELS + 7),
        "evaluated with high labels": lambda: learner().evaluate(INPUTS, LABELS + 7),
    },
    "linear": {
        "fit to other columns": lambda: learner(True).fit(np.ones((4, 3)), LABELS, epochs=1, progress=False),
        "to predict, other columns": lambda: learner().predict(np.ones((2, 3))),
    },
    "predict": {
        "nothing": lambda: learner().predict(INPUTS[:0]),
        "None": lambda: learner().predict(None),
        "a number": lambda: learner().predict(3),
        "ragged inputs": lambda: learner().predict([[1, 2], [1]]),
    },
    "evaluate": {
        "without labels": lambda: learner().evaluate(INPUTS),
        "nothing": lambda: learner().evaluate(INPUTS[:0], LABELS[:0]),
        "None": lambda: learner().evaluate(None, LABELS),
    },
}
