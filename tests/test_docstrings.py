"""Public docstrings: one form for all, arguments as the signature has them, and examples that come out."""

import doctest
import inspect
import re
from contextlib import chdir
from tempfile import TemporaryDirectory

import numpy as np
from cases import every

import autograd_mini as ag
import nn
import vis

BLOCKS = ("Arguments:", "Attributes:", "Returns:", "Raises:", "Source:", "Example:")
"""In this order; each at most once, and nothing but blocks after the first."""

PUBLIC = {
    f"{package.__name__}.{name}": thing
    for package in (ag, ag.linalg, ag.fft, nn, nn.transforms, vis)
    for name in package.__all__
    if callable(thing := getattr(package, name))
}
every_thing_of = lambda things: every("thing", things.values(), ids=things)
HEAD = re.compile(r"^([A-Z][a-z]+:)(?: (.*))?$")


def blocks_of(text):
    """The words before the first block, and the lines of each block by its head."""
    words, blocks, lines = [], {}, None
    for line in text.splitlines():
        head = HEAD.match(line)
        if head and head[1] in BLOCKS:
            assert head[1] not in blocks, f"{head[1]} stands twice"
            lines = blocks[head[1]] = [head[2]] if head[2] else []
        elif lines is None:
            words.append(line)
        else:
            assert not line or line.startswith("    "), f"{line!r} stands behind the blocks, in none of them"
            lines.append(line)
    return words, blocks


def named_in(lines):
    """The names that the entries of a block explain: `stride, padding: …` are two."""
    heads = [entry[1] for line in lines if (entry := re.match(r"^    (\*{0,2}\w[\w, *]*?)(?: \(.*?\))?:(?: |$)", line))]
    return [name.strip().lstrip("*") for head in heads for name in head.split(",")]


def parameters_of(thing):
    """What a caller may pass, in order."""
    if inspect.isclass(thing) and thing.__init__ is object.__init__ and thing.__new__ is object.__new__:
        return []
    if inspect.isclass(thing) and issubclass(thing, BaseException):
        return []
    return [name for name in inspect.signature(thing).parameters if name != "self"]


@every_thing_of(PUBLIC)
def test_a_docstring_is_a_sentence_then_its_blocks(thing):
    words, blocks = blocks_of(inspect.getdoc(thing))
    assert re.match(r"[A-Z∂∇0-9x(yA‖].*[.:)]$", words[0]), words[0]
    assert len(words) == 1 or not words[1], "the first sentence takes one line, and an empty one follows"
    assert list(blocks) == sorted(blocks, key=BLOCKS.index)
    assert all(any(line and line.strip() for line in lines) for lines in blocks.values())


@every_thing_of(PUBLIC)
def test_every_argument_is_explained_in_its_order(thing):
    _, blocks = blocks_of(inspect.getdoc(thing))
    made_for_the_user = inspect.isclass(thing) and "Attributes:" in blocks  # results: nobody calls their class
    explained = named_in(blocks.get("Attributes:" if made_for_the_user else "Arguments:", ()))
    if made_for_the_user:
        made = getattr(thing.__init__, "__code__", None)  # a NamedTuple has no code of its own
        own = {*getattr(thing, "__annotations__", ()), *(made.co_names if made else ())}
        assert all(hasattr(thing, name) or name in own for name in explained)
    else:
        assert explained == parameters_of(thing)


@every_thing_of({path: thing for path, thing in PUBLIC.items() if not inspect.isclass(thing)})
def test_what_comes_back_is_said(thing):
    _, blocks = blocks_of(inspect.getdoc(thing))
    assert "Returns:" in blocks


METHODS = {
    f"{path}.{name}": member
    for path, thing in PUBLIC.items()
    if inspect.isclass(thing)
    for name, member in vars(thing).items()
    if inspect.isfunction(member) and "Example:" in (member.__doc__ or "")
}


@every_thing_of(PUBLIC | METHODS)
def test_an_example_is_there_and_comes_out(thing, registry):
    _, blocks = blocks_of(inspect.getdoc(thing))
    names = {"np": np, "ag": ag, "Tensor": ag.Tensor, "nn": nn, "vis": vis}
    example = doctest.DocTestParser().get_doctest("\n".join(blocks["Example:"]), names, "example", None, None)
    assert any(line.want for line in example.examples), "something must come out"
    said = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    with TemporaryDirectory() as folder, chdir(folder):
        assert runner.run(example, out=said.append).failed == 0, "".join(said)
