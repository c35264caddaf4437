"""What the namespace can do, for code that asks."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import CPU, on_cpu
from .dtypes import DTYPES, KINDS


class Info:
    """Capabilities, devices and dtypes."""

    def capabilities(self) -> dict[str, Any]:
        """Whether masks index, whether shapes may depend on elements, and how many axes there may be."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        """The device of new arrays."""
        return CPU

    def devices(self) -> list[str]:
        """The only device."""
        return [CPU]

    def default_dtypes(self, *, device: str | None = None) -> dict[str, np.dtype[Any]]:
        """The dtypes of what is made of Python's numbers, by kind."""
        on_cpu("default_dtypes", device)
        names = {"real floating": "float64", "complex floating": "complex128", "integral": "int64", "indexing": "int64"}
        return {kind: DTYPES[name] for kind, name in names.items()}

    def dtypes(
        self, *, device: str | None = None, kind: str | tuple[str, ...] | None = None
    ) -> dict[str, np.dtype[Any]]:
        """The dtypes by name: all, those of a kind, or of several."""
        on_cpu("dtypes", device)
        kinds = (*KINDS,) if kind is None else (kind,) if isinstance(kind, str) else kind
        for unknown in {*kinds} - {*KINDS}:
            raise ValueError(f"dtypes: the kinds are {', '.join(KINDS)}, not {unknown!r}")
        wanted = {name for one in kinds for name in KINDS[one]}
        return {name: dtype for name, dtype in DTYPES.items() if name in wanted}


def __array_namespace_info__() -> Info:  # noqa: N807
    """What the namespace can do."""
    return Info()
