"""Pieces of a compiled loop, shared out between threads that look for work without the interpreter.

Handing a piece to a thread of Python's wakes it twice, for its turn and for the interpreter's lock: 11 to 34 µs. Here
whoever has work writes on a board where the loop and its arguments are, and threads that are looking at the board take
one piece after another, as does the one who wrote. It leaves when nobody is inside any more, so that its arguments may
be on its own stack. Whoever finds the board taken does all pieces alone. Each piece is done once, whoever does it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils, compiler
from numba.extending import intrinsic

from .. import parallel
from . import loop

# what stands where on the board, each in a line of the cache of its own
OPEN, NEXT, INSIDE, TAKEN, CALLED, FUNCTION, ARGUMENTS, PIECES, FAILED = parallel.PLACES

_INT, _BYTES = ir.IntType(64), ir.IntType(8).as_pointer()
_PIECE = ir.FunctionType(_INT, [_BYTES, _INT])
SHORT = 2000  # turns of waiting, 50 µs, before others are given way


def _place(context: Any, builder: Any, kind: Any, board: Any, place: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, board).data, [place])


@intrinsic  # type: ignore[untyped-decorator]
def _read(typing: Any, board: Any, place: Any) -> Any:
    """The number there, with what was written before it."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(_place(context, builder, board, *args), "seq_cst", 8)

    return types.int64(board, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def _write(typing: Any, board: Any, place: Any, number: Any) -> Any:
    """Write a number there, after what was written before."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store_atomic(args[2], _place(context, builder, board, *args[:2]), "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(board, types.int64, types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]
def _add(typing: Any, board: Any, place: Any, number: Any) -> Any:
    """Add to the number there, in one step; what it was before."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.atomic_rmw("add", _place(context, builder, board, *args[:2]), args[2], "seq_cst")

    return types.int64(board, types.int64, types.int64), generate


def _waiting(name: str, kind: Any, there: bool) -> Any:
    """A function without arguments of that name and result; it does nothing where it is not there."""

    @intrinsic  # type: ignore[untyped-decorator]
    def wait(typing: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            if there:
                builder.call(cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, []), name), [])
            return context.get_dummy_value()

        return types.void(), generate

    return wait


_pause = _waiting("llvm.x86.sse2.pause", ir.VoidType(), "x86" in binding.get_default_triple())
_give_way = _waiting("sched_yield", ir.IntType(32), hasattr(os, "sched_yield"))


@loop
def _wait(turn):  # type: ignore[no-untyped-def]
    """A moment; after many turns, one in which other programs may use the processor."""
    if turn < SHORT:
        _pause()
    else:
        _give_way()


@intrinsic  # type: ignore[untyped-decorator]
def _call(typing: Any, function: Any, arguments: Any, piece: Any) -> Any:
    """Do a piece of what `_job` gave; 0 if it went well."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        function = builder.inttoptr(args[0], _PIECE.as_pointer())
        return builder.call(function, [builder.inttoptr(args[1], _BYTES), args[2]])

    return types.int64(types.int64, types.int64, types.int64), generate


def _job(kernel: Any) -> Any:
    """job(count, pieces, given): where a function is that does a piece of kernel(*given, first, last), and where its
    arguments are. Those are on the stack of the function that calls this, and live no longer.

    The kernel is compiled as a part of that function: by itself it would be optimised another time.
    """
    flags = compiler.Flags()
    kernel.targetdescr.options.parse_as_flags(flags, kernel.targetoptions)
    flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True  # it becomes a part of what calls it

    @intrinsic  # type: ignore[untyped-decorator]
    def job(typing: Any, count: Any, pieces: Any, given: Any) -> Any:
        signature = types.void(*given.types, types.int64, types.int64)

        def generate(context: Any, builder: Any, outer: Any, args: Any) -> Any:
            described = compiler.compile_internal(
                context.typing_context, context, context.active_code_library, kernel.py_func, signature.args,
                types.none, flags, {},
            ).fndesc  # fmt: skip
            values = [*cgutils.unpack_tuple(builder, args[2], len(given.types)), args[0], args[1]]
            kind = ir.LiteralStructType([value.type for value in values])
            room = cgutils.alloca_once(builder, kind)
            for k, value in enumerate(values):
                builder.store(value, cgutils.gep_inbounds(builder, room, 0, k))
            piece = ir.Function(builder.module, _PIECE, builder.module.get_unique_name("piece"))
            piece.linkage = "internal"
            inner = ir.IRBuilder(piece.append_basic_block("entry"))
            data, i = inner.bitcast(piece.args[0], kind.as_pointer()), piece.args[1]
            *found, whole, parts = [inner.load(cgutils.gep_inbounds(inner, data, 0, k)) for k in range(len(values))]
            bounds = [inner.sdiv(inner.mul(whole, number), parts) for number in (i, inner.add(i, _INT(1)))]
            function = context.declare_function(builder.module, described)
            status, _ = context.call_conv.call_function(
                inner, function, described.restype, described.argtypes, [*found, *bounds]
            )
            for instruction in inner.block.instructions:
                if getattr(instruction, "callee", None) is function:
                    instruction.attributes.add("noinline")  # else it is there, and compiled, twice
            inner.ret(inner.zext(status.is_error, _INT))
            places = [builder.ptrtoint(piece, _INT), builder.ptrtoint(room, _INT)]
            return context.make_tuple(builder, outer.return_type, places)

        return types.UniTuple(types.int64, 2)(types.int64, types.int64, given), generate

    return job


@loop
def _take(board, function, arguments, pieces):  # type: ignore[no-untyped-def]
    """Do pieces that nobody has begun, until there are none."""
    piece = _add(board, NEXT, 1)
    while piece < pieces:
        if _call(function, arguments, piece):
            _write(board, FAILED, 1)
        piece = _add(board, NEXT, 1)


@loop
def lead(board, function, arguments, pieces):  # type: ignore[no-untyped-def]
    """Have all pieces done; 0 if they went well."""
    failed = 0
    if pieces > 1:
        if _add(board, TAKEN, 1) == 0:
            _write(board, FUNCTION, function)
            _write(board, ARGUMENTS, arguments)
            _write(board, PIECES, pieces)
            _write(board, FAILED, 0)
            _write(board, NEXT, 0)
            _write(board, OPEN, 1)
            _take(board, function, arguments, pieces)
            _write(board, OPEN, 0)
            turn = 0
            while _read(board, INSIDE):  # who is inside has seen it open, or goes at once
                _wait(turn)
                turn += 1
            failed = _read(board, FAILED)
            _add(board, TAKEN, -1)
            return failed
        _add(board, TAKEN, -1)
    for piece in range(pieces):
        failed |= _call(function, arguments, piece)
    return failed


@loop
def attend(board, patience):  # type: ignore[no-untyped-def]
    """Do pieces of whatever comes to stand on the board, until nothing has for so many looks, or somebody calls."""
    turn = 0
    while turn < patience and not _read(board, CALLED):
        if _read(board, OPEN) and _read(board, NEXT) < _read(board, PIECES):
            _add(board, INSIDE, 1)
            if _read(board, OPEN):
                _take(board, _read(board, FUNCTION), _read(board, ARGUMENTS), _read(board, PIECES))
            _add(board, INSIDE, -1)
            turn = 0
        _wait(turn)
        turn += 1


class Shared:
    """A compiled loop whose last arguments are first and last, of what there is to do: to be done in pieces."""

    def __init__(self, kernel: Any) -> None:
        job = _job(kernel)

        def in_pieces(board, count, pieces, *given):  # type: ignore[no-untyped-def]
            function, arguments = job(count, pieces, given)
            return lead(board, function, arguments, pieces)

        self.kernel, self.run = kernel, loop(in_pieces, of=kernel)

    def __call__(self, *given: Any) -> parallel.Compiled:
        """What `each` takes."""
        return parallel.Compiled(self.run, given)


def shared(function: Callable[..., Any], kind: Callable[..., Any] = loop) -> Shared:
    """Compile a loop that is done in pieces: its last arguments are first and last. kind: `loop`, or how else."""
    return Shared(kind(function))


parallel.begin_attending(attend)
