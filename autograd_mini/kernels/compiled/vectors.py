"""The two inner loops everything compiled stands on, written for the processor's vector registers.

    product tile    out[r, :] (+)= Σₘ Σₙ a[r, m, n] · b[m, n, :]     a block of sums that stays in registers,
                    or with a[r, m, n, :]                          each channel by itself
    sandwich        out = M X Mᵀ, a vector each                      a constant matrix, its zeros left out

Compilers vectorise simple loops well, but do not keep a block of sums in registers across two nested ones. So these two
are spelled out in LLVM's language, through Numba's `intrinsic`; all the loops around them are ordinary Numba. The
arrays are flat, with a place to begin and strides counted in elements. Channels are innermost, so a vector is a run of
channels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.extending import intrinsic

_NAMED = config.CPU_FEATURES  # which Numba is told to compile for; else it is for this processor
WIDE = llvmlite.binding.get_host_cpu_features().get("avx512f", False) if _NAMED is None else "+avx512f" in _NAMED
REGISTER = 64 if WIDE else 32  # bytes
HALF = 32  # bytes of the narrowest vector used: eight channels of float32, four of float64

_INT = ir.IntType(64)
_IR = {types.float32: ir.FloatType(), types.float64: ir.DoubleType()}


class _Emitter:
    """Loads, stores and multiply-adds of one vector type, at the place where a builder stands."""

    def __init__(self, context: Any, builder: Any, dtype: Any, size: int) -> None:
        self.context, self.builder = context, builder
        self.bytes = dtype.bitwidth // 8
        self.lanes = size // self.bytes
        self.scalar = _IR[dtype]
        self.vector = ir.VectorType(self.scalar, self.lanes)
        name = f"llvm.fma.v{self.lanes}f{dtype.bitwidth}"
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        self.fma_function = cgutils.get_or_insert_function(builder.module, kind, name)

    def data(self, kind: Any, array: Any, start: Any) -> Any:
        """Where the array's element number `start` is."""
        return self.builder.gep(self.context.make_array(kind)(self.context, self.builder, array).data, [start])

    def at(self, pointer: Any, *terms: tuple[Any, Any]) -> Any:
        """pointer + Σ index · stride."""
        offset = _INT(0)
        for index, stride in terms:
            offset = self.builder.add(offset, self.builder.mul(index, stride))
        return self.builder.gep(pointer, [offset])

    def load(self, pointer: Any) -> Any:
        return self.builder.load(self.builder.bitcast(pointer, self.vector.as_pointer()), align=self.bytes)

    def store(self, vector: Any, pointer: Any) -> None:
        self.builder.store(vector, self.builder.bitcast(pointer, self.vector.as_pointer()), align=self.bytes)

    def splat(self, pointer: Any) -> Any:
        """One number in all lanes."""
        nothing = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(nothing, self.builder.load(pointer), ir.IntType(32)(0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(first, nothing, zeros)

    def constant(self, number: float) -> Any:
        return ir.Constant(self.vector, [float(number)] * self.lanes)

    def combined(self, matrix: np.ndarray[Any, Any], vectors: list[Any]) -> list[Any]:
        """The sums that the matrix's rows say, its zeros and ones costing nothing."""
        totals = []
        for row in matrix:
            total = None
            for factor, vector in sorted(
                zip(row, vectors, strict=True), key=lambda pair: (abs(pair[0]) != 1, pair[0] < 0)
            ):
                if factor == 0:
                    continue
                if total is None:
                    total = vector if factor == 1 else self.builder.fmul(self.constant(factor), vector)
                elif abs(factor) == 1:
                    total = (self.builder.fadd if factor == 1 else self.builder.fsub)(total, vector)
                else:
                    total = self.fma(self.constant(factor), vector, total)
            totals.append(total)
        return totals

    def fma(self, x: Any, y: Any, z: Any) -> Any:
        return self.builder.call(self.fma_function, [x, y, z])


def row_products(rows: tuple[int, ...], vectors: int, size: int, splat: bool = True) -> Callable[..., None]:
    """products(out, to, c, start, a, left, b, right, counts, then_relu): many rows of sums, each row some vectors wide.

    out[o + r·out_row + k] = c[s + r·c_row + k] + Σₘ Σₙ a[i + r·a_row + m·a_outer + n·a_inner]
                                                      · b[j + m·b_outer + n·b_inner + k]

    for r < count, m < outer, n < inner (both ≥ 1), and k over `vectors` vectors of `size` bytes. The places are
    to = (o, out_row), start = (s, c_row), left = (i, a_row, a_outer, a_inner), right = (j, b_outer, b_inner), and
    counts = (outer, inner, count). Negative results become 0 if `then_relu`. Rows are done as many at once as `rows`
    says, the largest first; it ends with 1. rows · vectors sums, the vectors and a factor should fit the registers.
    splat: whether a number of a meets all k; else it is a[… + k], and each k has a sum of its own.
    """

    @intrinsic  # type: ignore[untyped-decorator]
    def products(
        typing: Any, out: Any, out_places: Any, c: Any, c_places: Any, a: Any, a_places: Any, b: Any, b_places: Any,
        counts: Any, then_relu: Any,
    ) -> Any:  # fmt: skip
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            emit = _Emitter(context, builder, out.dtype, size)
            (o, out_row), (s, c_row), (i, a_row, a_outer, a_inner), (j, b_outer, b_inner), (outer, inner, count) = (
                cgutils.unpack_tuple(builder, args[k]) for k in (1, 3, 5, 7, 8)
            )
            sums, begin = emit.data(out, args[0], o), emit.data(c, args[2], s)
            first, second = emit.data(a, args[4], i), emit.data(b, args[6], j)
            least = builder.select(
                builder.trunc(args[9], ir.IntType(1)), emit.constant(0), emit.constant(float("-inf"))
            )

            def tile(start: Any, number: int) -> None:
                """The sums of `number` rows from `start`, held in registers over both loops."""
                places = [(builder.add(start, _INT(r)), v * emit.lanes) for r in range(number) for v in range(vectors)]
                before = builder.block
                outer_loop, inner_loop, next_outer, end = (
                    builder.append_basic_block(name) for name in ("outer", "inner", "next_outer", "end")
                )
                builder.branch(outer_loop)

                builder.position_at_end(outer_loop)
                m = _phi(builder, _INT, (_INT(0), before))
                held = [_phi(builder, emit.vector, (emit.constant(0), before)) for _ in places]
                a_m, b_m = emit.at(first, (start, a_row), (m, a_outer)), emit.at(second, (m, b_outer))
                builder.branch(inner_loop)

                builder.position_at_end(inner_loop)
                n = _phi(builder, _INT, (_INT(0), outer_loop))
                totals = [_phi(builder, emit.vector, (value, outer_loop)) for value in held]
                a_n, b_n = emit.at(a_m, (n, a_inner)), emit.at(b_m, (n, b_inner))
                right = [emit.load(emit.at(b_n, (_INT(v), _INT(emit.lanes)))) for v in range(vectors)]
                grown = []
                for r in range(number):
                    number = emit.at(a_n, (_INT(r), a_row))
                    left = (
                        [emit.splat(number)] * vectors
                        if splat
                        else [emit.load(emit.at(number, (_INT(v), _INT(emit.lanes)))) for v in range(vectors)]
                    )
                    grown += [emit.fma(left[v], right[v], totals[r * vectors + v]) for v in range(vectors)]
                following = builder.add(n, _INT(1))
                for phi, value in zip([n, *totals], [following, *grown], strict=True):
                    phi.add_incoming(value, inner_loop)
                builder.cbranch(builder.icmp_signed("<", following, inner), inner_loop, next_outer)

                builder.position_at_end(next_outer)
                following = builder.add(m, _INT(1))
                for phi, value in zip([m, *held], [following, *grown], strict=True):
                    phi.add_incoming(value, next_outer)
                builder.cbranch(builder.icmp_signed("<", following, outer), outer_loop, end)

                builder.position_at_end(end)
                for value, (r, k) in zip(grown, places, strict=True):
                    # added last: long sums of many such calls then lose less to rounding
                    value = builder.fadd(value, emit.load(emit.at(begin, (r, c_row), (_INT(k), _INT(1)))))
                    below = builder.fcmp_ordered("<=", value, least)
                    value = builder.select(below, least, value)
                    emit.store(value, emit.at(sums, (r, out_row), (_INT(k), _INT(1))))

            done = _INT(0)
            for number in rows:  # while as many rows are left, do them at once
                before = builder.block
                head, body, after = (builder.append_basic_block(name) for name in ("head", "body", "after"))
                builder.branch(head)
                builder.position_at_end(head)
                row = _phi(builder, _INT, (done, before))
                following = builder.add(row, _INT(number))
                builder.cbranch(builder.icmp_signed("<=", following, count), body, after)
                builder.position_at_end(body)
                tile(row, number)
                row.add_incoming(following, builder.block)
                builder.branch(head)
                builder.position_at_end(after)
                done = row
            return context.get_dummy_value()

        return types.void(out, out_places, c, c_places, a, a_places, b, b_places, counts, types.boolean), generate

    made: Callable[..., None] = products
    return made


def _phi(builder: Any, kind: Any, *incoming: tuple[Any, Any]) -> Any:
    phi = builder.phi(kind)
    for value, block in incoming:
        phi.add_incoming(value, block)
    return phi


def sandwich(matrix: np.ndarray[Any, Any], size: int) -> Callable[..., None]:
    """apply(out, (o, out_row, out_column), x, (i, x_row, x_column)): out = M X Mᵀ, one vector of `size` bytes each.

    out[o + r·out_row + s·out_column :] = Σₚ Σ_q M[r, p] · x[i + p·x_row + q·x_column :] · M[s, q].
    """

    @intrinsic  # type: ignore[untyped-decorator]
    def apply(typing: Any, out: Any, out_places: Any, x: Any, x_places: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            emit = _Emitter(context, builder, out.dtype, size)
            o, out_row, out_column = cgutils.unpack_tuple(builder, args[1])
            i, x_row, x_column = cgutils.unpack_tuple(builder, args[3])
            target, source = emit.data(out, args[0], o), emit.data(x, args[2], i)
            inside = range(matrix.shape[1])
            half = []  # M X, column by column
            for q in inside:
                half.append(
                    emit.combined(
                        matrix, [emit.load(emit.at(source, (_INT(p), x_row), (_INT(q), x_column))) for p in inside]
                    )
                )
            for r in range(len(matrix)):
                for s, total in enumerate(emit.combined(matrix, [half[q][r] for q in inside])):
                    emit.store(total, emit.at(target, (_INT(r), out_row), (_INT(s), out_column)))
            return context.get_dummy_value()

        return types.void(out, out_places, x, x_places), generate

    made: Callable[..., None] = apply
    return made


def turned(count: int, size: int) -> Callable[..., None]:
    """apply(out, (o, out_row), x, (i, x_row)): as many rows as a vector of `size` bytes has lanes, become columns.

    out[o + n·out_row + lane] = x[i + lane·x_row + n] for n < count. Read are whole vectors where half or more is used.
    """

    @intrinsic  # type: ignore[untyped-decorator]
    def apply(typing: Any, out: Any, out_places: Any, x: Any, x_places: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            emit = _Emitter(context, builder, out.dtype, size)
            lanes, index = emit.lanes, ir.IntType(32)
            (o, out_row), (i, x_row) = (cgutils.unpack_tuple(builder, args[k]) for k in (1, 3))
            target, source = emit.data(out, args[0], o), emit.data(x, args[2], i)

            def mixed(a: Any, b: Any, first: int) -> Any:
                """One lane of a, one of b, in turn, from lane `first` on."""
                places = [first + n // 2 + n % 2 * lanes for n in range(lanes)]
                mask = ir.Constant(ir.VectorType(index, lanes), places)
                return builder.shuffle_vector(a, b, mask)

            for begin in range(0, count, lanes):
                used = min(lanes, count - begin)
                rows = [emit.at(source, (_INT(lane), x_row), (_INT(begin), _INT(1))) for lane in range(lanes)]
                if 2 * used >= lanes:
                    vectors = [emit.load(row) for row in rows]
                    for _ in range(lanes.bit_length() - 1):
                        pairs = list(zip(vectors, vectors[lanes // 2 :], strict=False))
                        vectors = [mixed(a, b, first) for a, b in pairs for first in (0, lanes // 2)]
                else:
                    vectors = [ir.Constant(emit.vector, ir.Undefined)] * used
                    for lane, row in enumerate(rows):
                        for n in range(used):
                            number = builder.load(builder.gep(row, [_INT(n)]))
                            vectors[n] = builder.insert_element(vectors[n], number, index(lane))
                for n in range(used):
                    emit.store(vectors[n], emit.at(target, (_INT(begin + n), out_row)))
            return context.get_dummy_value()

        return types.void(out, out_places, x, x_places), generate

    made: Callable[..., None] = apply
    return made
