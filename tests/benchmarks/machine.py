"""The machine and the versions that figures belong to, and settings in the environment that would spoil them."""

from __future__ import annotations

import os
import platform
import resource
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "numba", "torch", "jax", "onnxruntime", "openvino", "captum")

# what each setting does, by how its name begins
HOLDS_BACK = {
    "OPENBLAS_CORETYPE": "chooses NumPy's matrix kernels by hand, often for an older CPU",
    "OPENBLAS_L2_SIZE": "changes the block sizes of NumPy's matrix products",
    "NPY_DISABLE_CPU_FEATURES": "switches off NumPy's vector instructions",
    "NUMBA_DISABLE_JIT": "leaves the compiled kernels uncompiled",
    "AUTOGRAD_MINI_": "switches kernels of this project off",
    "ATEN_CPU_CAPABILITY": "limits PyTorch's vector instructions",
    "ONEDNN_MAX_CPU_ISA": "limits PyTorch's vector instructions",
    "DNNL_MAX_CPU_ISA": "limits PyTorch's vector instructions",
    "OMP_WAIT_POLICY": "changes how PyTorch's threads wait",
    "MKL_": "changes how PyTorch's matrix products run",
}
THREADS = {
    "OPENBLAS_NUM_THREADS": "NumPy's matrix products",
    "NUMBA_NUM_THREADS": "the compiled kernels",
    "OMP_NUM_THREADS": "PyTorch",
    "MKL_NUM_THREADS": "PyTorch's matrix products",
}


def cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def resident() -> int:
    """Bytes of this process that are in memory; the most there were where the system does not tell."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    return peak()


def peak() -> int:
    """The most bytes of this process that were in memory at once.

    Linux counts in ru_maxrss what the process held before it became this program, so its own status file comes first.
    """
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most << 10


def warnings(environment: Mapping[str, str], available: int) -> list[str]:
    """A sentence for each setting in the environment that may hold one side back, with the command that lifts it.

    Numbers of threads matter only where they are not the number of cores available.
    """
    found = []
    for name, value in sorted(environment.items()):
        if name in THREADS:
            if value.strip() == str(available):
                continue
            why = f"gives {THREADS[name]} another number of threads than the {available} cores"
        else:
            why = next((text for start, text in HOLDS_BACK.items() if name.startswith(start)), "")
        if why:
            found.append(f"{name}={value} {why}: run under `env -u {name} …`")
    return found


def describe(sides: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """CPU, cores, memory, versions, and what each side said of itself (threads, BLAS)."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    kept = ("threads", "blas", "missing")
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()}",
        "versions": versions,
        "sides": {name: {key: about[key] for key in kept if key in about} for name, about in sides.items()},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def caption(machine: Mapping[str, Any]) -> str:
    """One line: CPU, cores, versions, day."""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items() if name != "python")
    return f"{machine['cpu']}, {machine['cores']} cores; {versions}; {machine['date'][:10]}"


def lines(machine: Mapping[str, Any]) -> list[str]:
    """The machine in sentences, with every side's threads and BLAS."""
    told = [caption(machine), f"Python {machine['versions']['python']} on {machine['system']}"]
    for name, about in machine["sides"].items():
        if "missing" in about:
            continue
        blas = [
            f"{info['internal_api']} {info.get('version') or ''} {info.get('architecture') or ''}".rstrip()
            + f" with {info['num_threads']} threads"
            for info in about["blas"]
        ]
        threads = f"{about['threads']} threads; " if "threads" in about else ""
        told.append(f"{name}: {threads}{', '.join(blas) or 'no BLAS seen'}")
    return told


def _cpu() -> str:
    model = ""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            key, _, value = (part.strip() for part in line.partition(":"))
            if key == "model name":
                model = model or value
            elif key == "flags":
                widest = next((name for name in ("avx512f", "avx2", "avx") if name in value.split()), "")
                return f"{model or platform.machine()} ({widest.upper().replace('512F', '-512') or 'no AVX'})"
    except OSError:
        pass
    return model or platform.processor() or platform.machine() or sys.platform


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
