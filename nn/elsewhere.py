"""Names of PyTorch's and Keras's that modules, layers, optimisers and learners do not have, and what to write here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

_FUNCTIONS = "its functions are those of autograd_mini (relu, softmax, dropout, …) and the losses of nn"
_CLIP = "nn.clip_grad_norm(parameters, norm), or clip_norm= of Learner.fit"
_BATCHES = "nn.batches(data, batch_size), or the data set itself, given to Learner.fit"
_DRAWN = "layers take init=nn.{} and rng="

NAMES: dict[str, str] = {
    "functional": _FUNCTIONS, "F": _FUNCTIONS, "utils": f"for clip_grad_norm_ there is {_CLIP}",
    "ParameterList": "a list of Tensors that is an attribute of a module",
    "Model": "nn.Module, or nn.Learner to fit it",
    "ParameterDict": "a dict of Tensors that is an attribute of a module", "lr_scheduler": "nn.StepLR, … themselves",
    "DataParallel": "batches are shared out over threads as they are: autograd_mini.set_num_threads(n)",
    "DataLoader": _BATCHES,
    "Dataset": "anything with a length, inputs(positions) and labels; nn.ArrayData(x, y) is one",
    "TensorDataset": "nn.ArrayData(x, y)", "random_split": "nn.split(data, 0.9)", "Dense": "nn.Linear(inputs, outputs)",
    "Conv1D": "nn.Conv1d", "Conv2D": "nn.Conv2d(channels, filters, size)", "Conv3D": "nn.Conv3d",
    "Conv2DTranspose": "nn.ConvTranspose2d", "DepthwiseConv2D": "nn.Conv2d(…, groups=channels)",
    "MaxPooling1D": "nn.MaxPool1d", "MaxPooling2D": "nn.MaxPool2d", "AveragePooling2D": "nn.AvgPool2d",
    "GlobalAveragePooling2D": "nn.GlobalAverage()", "GlobalMaxPooling2D": "nn.AdaptiveMaxPool2d(1)",
    "BatchNormalization": "nn.BatchNorm2d(channels)", "LayerNormalization": "nn.LayerNorm",
    "GroupNormalization": "nn.GroupNorm", "ZeroPadding2D": "nn.ZeroPad2d", "UpSampling2D": "nn.Upsample",
    "SpatialDropout2D": "nn.Dropout2d", "MultiHeadAttention": "nn.MultiheadAttention", "Reshape": "nn.Unflatten",
    "Activation": "a layer of its own: nn.ReLU(), nn.Tanh(), nn.Softmax(), …", "Input": "left out: layers say their "
    "inputs themselves", "InputLayer": "left out: layers say their inputs themselves",
    "layers": "nn itself, nn.Conv2d, …",
    "Rescaling": "nn.Preprocessing(size, scale=…)", "SyncBatchNorm": "nn.BatchNorm2d",
    "EarlyStopping": "patience= and best= of Learner.fit", "ModelCheckpoint": "best= and checkpoint= of Learner.fit",
    "TensorBoard": "log= of Learner.fit", "CSVLogger": "log='training.csv' of Learner.fit",
    "LearningRateScheduler": "nn.LambdaLR, as schedule= of Learner.fit", "Callback": "a function, as on_epoch= or "
    "on_batch= of Learner.fit", "Trainer": "nn.Learner", "sequential": "nn.Sequential", "Lambda": "a subclass of "
    "nn.Module with a forward of its own", "NAdam": "nn.AdamW is nearest", "RAdam": "nn.AdamW is nearest",
    "CategoricalCrossentropy": "nn.CrossEntropyLoss()", "SparseCategoricalCrossentropy": "nn.CrossEntropyLoss()",
    "BinaryCrossentropy": "nn.BCEWithLogitsLoss()", "MeanSquaredError": "nn.MSELoss()", "MeanAbsoluteError":
    "nn.L1Loss()", "clip_grad_norm_": _CLIP, "load": "nn.read_state(path), or net.load(path)", "save":
    "net.save(path), or nn.write_state(arrays, path)", "load_model": "nn.read_net(path)", "CosineSimilarity":
    "autograd_mini.cosine_similarity", "PairwiseDistance": "autograd_mini.pairwise_distance", "UpsamplingNearest2d":
    "nn.Upsample", "LazyLinear": "nn.Linear(inputs, outputs); the shapes that come out are in net.summary(shape)",
    "LazyConv2d": "nn.Conv2d(channels, filters, size)", "swa_utils": "nn.EMA",
}  # fmt: skip
"""By a name that `nn` lacks: what to write."""

INITIALISERS: dict[str, str] = {
    **{f"{theirs}{end}": _DRAWN.format(ours) for theirs, ours in {
        "kaiming_normal": "he_normal", "kaiming_uniform": "he_uniform", "xavier_normal": "xavier_normal",
        "xavier_uniform": "xavier_uniform", "zeros": "zeros", "normal": "normal()",
    }.items() for end in ("_", "") if theirs.startswith("kaiming") or end},
    "constant_": "w.data = np.full(w.shape, value)", "ones_": "w.data = np.ones(w.shape)",
    "uniform_": "w.data = rng.uniform(low, high, w.shape)", "orthogonal_": "w.data = the q of np.linalg.qr",
}  # fmt: skip
"""By a function of torch.nn.init."""

_FIT = "nn.Learner(net, loss, optimizer).{}(…)"

MODULES: dict[str, str] = {
    "cuda": "there is one device, the processor's memory; leave it out", "cpu": "there is one device; leave it out",
    "device": "there is one device, the processor's memory", "compile": _FIT.format("fit"), "fit": _FIT.format("fit"),
    "evaluate": _FIT.format("evaluate"), "predict": _FIT.format("predict"), "train_on_batch": _FIT.format("step"),
    "fit_generator": _FIT.format("fit"), "save_weights": "net.save(path)", "load_weights": "net.load(path)",
    "get_weights": "net.state_dict()", "set_weights": "net.load_state_dict(arrays)", "weights": "net.parameters()",
    "trainable_weights": "net.parameters()", "trainable_variables": "net.parameters()", "variables":
    "net.state_dict()", "trainable": "net.requires_grad_(False)", "freeze": "net.requires_grad_(False)",
    "unfreeze": "net.requires_grad_(True)", "add": "net.append(layer)", "modules": "net.named_modules()",
    "named_children": "net.children(), which gives names too", "get_submodule": "dict(net.named_modules())[path]",
    "get_parameter": "dict(net.named_parameters())[path]", "get_layer": "dict(net.named_modules())[path]",
    "add_module": "net.name = module, or net.append(module) of a Sequential", "register_module": "net.name = module",
    "register_parameter": "net.name = Tensor(…, requires_grad=True)", "named_buffers": "net.named_tensors()",
    "count_params": "net.summary(shape), or sum(p.size for p in net.parameters())", "build": "left out: a layer "
    "knows its shapes when it is made", "input_shape": "net.input_shape = (C, H, W); a net that has none is told its "
    "input where it is run", "output_shape": "net.summary(shape)", "bfloat16": "net.half(), or net.float()", "type":
    "net.to(dtype)", "share_memory": "left out: threads see one memory", "to_json": "net.save(path), and nn.read_net",
    "register_full_backward_pre_hook": "net.register_full_backward_hook(hook)", "register_backward_hook":
    "net.register_full_backward_hook(hook)", "call": "net.forward(x)",
}  # fmt: skip
"""By an attribute that a module lacks."""

LEARNERS: dict[str, str] = {
    "train": "fit(x, y, epochs=…)", "save": "learner.model.save(path)", "load": "learner.model.load(path)", "compile":
    "nn.Learner(net, loss, optimizer)", "lr_find": "find_lr(…)", "fit_one_cycle": "fit(…, schedule=nn.OneCycleLR(…))",
    "validate": "evaluate(x, y)", "test": "evaluate(x, y)", "score": "evaluate(x, y)", "train_on_batch": "step(x, y)",
    "summary": "learner.model.summary(shape)", "callbacks": "on_epoch= and on_batch= of fit", "model_": "model",
    "opt": "optimizer", "loss_func": "loss", "get_preds": "predict(x)", "plot": "learner.history.plot()",
    "predict_proba": "autograd_mini.softmax(learner.predict(x), axis=1)", "metrics": "metrics= of fit",
}  # fmt: skip
"""By an attribute that a Learner lacks."""

_STOPS = "functions go to on_epoch= and on_batch=, early stopping is patience=, the best weights best=, logs log="

FIT: dict[str, str] = {
    "callbacks": _STOPS, "callback": _STOPS, "validation_data": "it is validation= here", "val": "it is validation= "
    "here", "valid": "it is validation= here", "test": "it is validation= here", "validation_split": "split first: "
    "train, test = nn.split(data, 0.9), then validation=test", "verbose": "it is progress=False here", "nb_epoch":
    "it is epochs= here", "num_epochs": "it is epochs= here", "n_epochs": "it is epochs= here", "max_epochs":
    "it is epochs= here", "class_weight": "the loss has it: nn.CrossEntropyLoss(weight=…); weights= draws examples",
    "sample_weight": "it is weights= here, by which examples are drawn", "steps_per_epoch": "an epoch goes through all "
    "data; give a part of it, nn.Subset(data, positions)", "bs": "it is batch_size= here",
    "num_workers": "it is workers= "
    "here", "use_multiprocessing": "it is workers=, threads, here",
    "initial_epoch": "checkpoint= and resume=True go on "
    "from where it was", "early_stopping": "it is patience= here", "lr": "the optimizer has it", "learning_rate":
    "the optimizer has it", "scheduler": "it is schedule= here", "lr_scheduler": "it is schedule= here", "optimizer":
    "the Learner has it", "loss": "the Learner has it", "gradient_clip_val": "it is clip_norm= here", "clip_grad":
    "it is clip_norm= here", "accumulate_grad_batches": "it is accumulate= here", "generator": "it is seed= here",
    "device": "there is one device, the processor's memory; leave it out", "steps": "an epoch goes through all data",
}  # fmt: skip
"""By an argument that `fit`, `evaluate` and `predict` lack."""

_INPUTS = "the first argument says how many channels or features come in"

ARGUMENTS: dict[str, str] = {
    "device": "there is one device, the processor's memory; leave it out", "learning_rate": "it is lr here",
    "activation": "it is a layer of its own here: nn.ReLU(), …", "units": "it is out_features here", "input_dim":
    "it is in_features here", "filters": "it is out_channels here", "input_shape": _INPUTS, "strides": "it is stride "
    "here", "pool_size": "it is kernel_size here", "use_bias": "it is bias here", "kernel_initializer": "it is init "
    "here", "rate": "it is p here", "dilation_rate": "it is dilation here", "name": "a part is called by the attribute "
    "that holds it", "epsilon": "it is eps here", "beta_1": "it is betas=(beta_1, beta_2) here", "beta_2":
    "it is betas=(beta_1, beta_2) here", "clipnorm": "it is clip_norm= of Learner.fit", "decay": "it is weight_decay, "
    "or a schedule, here", "generator": "it is rng here", "seed": "it is rng here", "size_average": "it is "
    "reduction='mean' or 'sum' here", "reduce": "it is reduction='none' here", "from_logits": "losses take logits, "
    "where their names do not say otherwise", "foreach": "leave it out", "fused": "leave it out", "capturable":
    "leave it out", "differentiable": "leave it out", "maximize": "minimise −loss", "inplace": "a result is a new "
    "array; leave it out", "batch_first": "the batch comes first here, always", "output_dim": "it is out_features here",
    "last_epoch": "a schedule begins where its optimizer stands; Learner.fit goes on by resume=True",
}  # fmt: skip
"""By an argument that a layer, a loss, an optimiser or a schedule lacks."""


def is_own(made: type) -> bool:
    """Whether a class is one of nn's."""
    return made.__module__.partition(".")[0] == __name__.partition(".")[0]


class Told:
    """What refuses an argument by a name that its class does not have, if that is nn's, and says what it is here."""

    if not TYPE_CHECKING:  # signatures are those of __init__

        def __new__(cls, *args, **kwargs):  # noqa: D102
            if is_own(cls):
                check_arguments(cls, kwargs)
                if args and known_arguments(cls) == {}:
                    raise TypeError(f"{cls.__name__}: takes no arguments")
            return super().__new__(cls)


def check_arguments(made: type, given: Mapping[str, Any]) -> None:
    """Raise TypeError, in the class's own name, for an argument by a name that one of nn's classes does not have."""
    for name in given:
        known = known_arguments(made)
        if known is not None and name not in known:
            words = ARGUMENTS.get(name, f"its arguments are {', '.join(known) or 'none'}")
            raise TypeError(f"{made.__name__}: there is no argument {name!r}; {words}")


@cache
def known_arguments(made: type) -> dict[str, Any] | None:
    """The arguments of a class; None where any name may be given."""
    parameters = dict(signature(made).parameters)
    return None if any(p.kind is Parameter.VAR_KEYWORD for p in parameters.values()) else parameters


def lacking(thing: Any, name: str, known: Mapping[str, str]) -> AttributeError:
    """The error for an attribute that is not there."""
    words = f"{type(thing).__name__} has no attribute {name!r}"
    return AttributeError(f"{words}; here: {known[name]}" if name in known else words, name=name, obj=thing)


def told_of_options(method: Callable[Given, Result]) -> Callable[Given, Result]:
    """A method of a Learner that says what an argument is called that others call otherwise, or give by its place."""
    parameters = signature(method).parameters
    places = [name for name, p in parameters.items() if p.kind is Parameter.POSITIONAL_OR_KEYWORD]
    named = next((name for name in parameters if name not in places), None)

    @wraps(method)
    def call(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        for name in kwargs:
            if name not in parameters:
                words = FIT.get(name, "")
                ours = re.match(r"it is (\w+)=", words)
                if not words or (ours and ours[1] not in parameters):
                    words = f"its arguments are {', '.join([*parameters][1:])}"
                raise TypeError(f"{method.__name__}: there is no argument {name!r}; {words}")
        if len(args) > len(places) and named is not None:
            taken = " and ".join(places[1:])
            raise TypeError(f"{method.__name__}: only {taken} go by their places; write {named}= and so on")
        return method(*args, **kwargs)

    return call
