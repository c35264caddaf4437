"""Rows of the table in ONNX Runtime: every operation that can be written gives there what it gives here.

`python -m tests.onnx_rows` tries all rows, for several versions of ONNX's operators, and prints the shares.
"""

import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).parent))

from rows import TABLE

import autograd_mini as ag
from autograd_mini import Tensor, TraceError
from autograd_mini.onnx.writing.unwritten import UNWRITTEN

onnxruntime.set_default_logger_severity(4)
UNSORTED = {"searchsorted-3_[0.0,_0.3]_sorter=[1_0_2]"}
"""The order given does not sort the numbers that are drawn: what comes out is left open."""


def ran(model, *arrays):
    """What ONNX Runtime computes, as a list."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {put.name: array for put, array in zip(session.get_inputs(), arrays, strict=False)})


def tried(row, opset):
    """One row written, run and compared. "equal"; or why it was not tried; or ("refused", the operation)."""
    arrays = row.arrays(np.float32)
    if any(isinstance(a, np.ndarray) and a.dtype.kind == "c" for a in arrays):
        return "complex"
    at = [i for i, a in enumerate(arrays) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    if not at or str(row) in UNSORTED:
        return "without floating arrays"

    def function(*given):
        whole = [given[at.index(i)] if i in at else a for i, a in enumerate(arrays)]
        return tuple(result for result in row.floating(*whole) if isinstance(result, Tensor))

    given = [arrays[i] for i in at]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = ag.to_onnx(function, tuple(given), opset=opset)
        except TraceError:
            return "depends on values, or draws random numbers"
        except ValueError as error:
            said, _, words = str(error).partition(": ")
            if said != "to_onnx":
                raise
            return "refused", words.partition(" ")[0]
        expected = [y.numpy() for y in function(*map(Tensor, given))]
    for ours, theirs in zip(expected, ran(model, *given), strict=True):
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), str(row)
        np.testing.assert_allclose(theirs, ours, rtol=2e-4, atol=1e-5, err_msg=str(row))
    return "equal"


def share(rows, opset):
    """How the rows came out, counted; and of the refused ones by which operation."""
    found = [tried(row, opset) for row in rows]
    refused = Counter(one[1] for one in found if isinstance(one, tuple))
    return Counter(one if isinstance(one, str) else one[0] for one in found), refused


def told(counts):
    """The counts in a line."""
    possible = counts["equal"] + counts["refused"]
    words = ", ".join(f"{count} {what}" for what, count in counts.items() if what not in ("equal", "refused"))
    return f"{counts['equal']} of {possible} rows equal in ONNX Runtime, {counts['refused']} refused by name; {words}"


def main():
    """All rows; the refused ones by operation at the end."""
    refused = Counter()
    for opset in (17, 18, 20, 21, 23, 25):
        counts, refused = share(TABLE, opset)
        print(f"operators of version {opset}: {told(counts)}", flush=True)
    for name, count in sorted(refused.items()):
        print(f"  {name}: {count} rows; {UNWRITTEN.get(name, 'in some cases')}")


if __name__ == "__main__":
    main()
