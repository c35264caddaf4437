"""Random programs of all primitives: beside PyTorch in float64, and in float32 within rounding."""

from __future__ import annotations

from tests.programs.by_row import BY_ROW
from tests.programs.comparing import OURS, follows, many, together
from tests.programs.operations import OPERATIONS
from tests.programs.program import Program

from .promise import AREAS, Outcome, promise

ENOUGH = 1000  # programs in which every primitive must occur


@promise(AREAS[5], "Random programs of all primitives have PyTorch's values, gradients and second derivatives",
         short=120, long=10_000)  # fmt: skip
def programs_agree(cases: int, seed: int) -> Outcome:
    found = many(cases, seed, together)
    missing = sorted(OURS - set(found.occurred))
    if cases >= ENOUGH and missing and not found.failures:
        found.failures.append(f"in {found.cases} programs of seed {seed} there is no {', '.join(missing)}")
    rarest = min(OURS, key=found.occurred.__getitem__)
    measured = f"{len(OURS) - len(missing)} of {len(OURS)} primitives"
    if not missing:
        measured = f"all {len(OURS)} primitives, the rarest ({rarest}) in {found.occurred[rarest]:,} programs; {found}"
    return Outcome(found.cases, found.failures, measured)


@promise(AREAS[5], "The same programs in float32 stay float32, within rounding of the float64 result",
         short=60, long=2_000)  # fmt: skip
def float32_follows(cases: int, seed: int) -> Outcome:
    shares: list[float] = []
    # the first leaves the tape; integers beside float32 give float64, as in NumPy
    some = [operation for operation in OPERATIONS if operation.name not in ("detach", "whole numbers")]
    check = lambda program: shares.append(follows(program))
    found = many(cases, seed, check, lambda program: program.alone("float32"), some)
    share = f"differences of at most {max(shares, default=0.0):.2f} of what rounding may do"
    return Outcome(found.cases, found.failures, f"{share}; {found}")


@promise(AREAS[5], "Random programs of every operation that PyTorch has have its values and both derivatives",
         short=60, long=5_000)  # fmt: skip
def operations_agree(cases: int, seed: int) -> Outcome:
    met: set[str] = set()

    def check(program: Program) -> None:
        together(program)
        met.update(label.partition("-")[0] for label in program.operations)

    found = many(cases, seed, check, operations=BY_ROW)
    return Outcome(found.cases, found.failures, f"{len(met)} operations; {found}")
