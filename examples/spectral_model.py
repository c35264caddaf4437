"""The force that drives a flow, found by the gradient through a spectral solver: 200 steps of Fourier transforms.

Burgers' equation, u_t + u u_x = ν u_xx + f(x) on a circle, is solved from a known start; of u there are noisy
measurements at four times. The viscosity ν and the Fourier coefficients of f are learnt, with error bars from second
derivatives. Run with `python -m examples.spectral_model`.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

import autograd_mini as ag

from .model_charts import flow_chart

POINTS, STEPS, TIME, NOISE = 64, 200, 2.0, 0.2  # on the circle; seconds; of each measurement, in rad/s
SEEN = (50, 100, 150, 200)  # the steps after which u is measured
X = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
WAVES = np.arange(POINTS // 2 + 1)  # wave numbers
KEPT = 3 * WAVES < POINTS  # the others would come back as lower ones when u is squared
START = np.sin(X)  # rad/s
TRUE = np.array([np.log(0.1), 0.0, 0.6, -0.4, 0.0, 0.3, -0.25])  # log ν, then f's cosines and sines of waves 1 to 3


def force(theta: Any) -> Any:
    """The half spectrum of f = Σ aₖ cos kx + bₖ sin kx, from a₁, b₁, a₂, … behind the logarithm of ν."""
    waves = POINTS / 2 * (theta[1::2] - 1j * theta[2::2])
    return ag.concatenate([np.zeros(1), waves, np.zeros(len(WAVES) - 1 - waves.size)])


def force_of(theta: Any) -> Any:
    """f at every point."""
    return ag.fft.irfft(force(theta), POINTS)


def solve(theta: Any) -> Any:
    """u at the times of the measurements (4, n): the viscous part exactly, the rest by steps of Euler's method."""
    dt = TIME / STEPS
    decay = ag.exp(-dt * ag.exp(theta[0]) * WAVES**2)
    driven = dt * force(theta)
    spectrum, seen = np.fft.rfft(START), []
    for step in range(1, STEPS + 1):
        u = ag.fft.irfft(spectrum, POINTS)
        spectrum = decay * (spectrum + driven - (0.5j * dt * WAVES * KEPT) * ag.fft.rfft(u * u))
        if step in SEEN:
            seen.append(ag.fft.irfft(spectrum, POINTS))
    return ag.stack(seen)


def loss_of(theta: Any, measured: np.ndarray) -> Any:
    """−log N(measured | u, noise²), but for a constant."""
    return 0.5 * (((solve(theta) - measured) / NOISE) ** 2).sum()


def learn(measured: np.ndarray) -> np.ndarray:
    """The parameters of the largest likelihood, by L-BFGS from ν = 1 and no force."""

    def loss_and_gradient(theta: np.ndarray) -> tuple[float, np.ndarray]:
        leaf = ag.Tensor(theta, requires_grad=True, name="theta")
        loss = loss_of(leaf, measured)
        return loss.item(), ag.grad(loss, leaf).numpy()

    tight = {"ftol": 1e-14, "gtol": 1e-6}
    return minimize(loss_and_gradient, np.zeros(len(TRUE)), jac=True, method="L-BFGS-B", options=tight).x


def covariance(theta: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """What the noise makes uncertain of the parameters: the inverse of the loss's second derivatives."""
    leaf = ag.Tensor(theta, requires_grad=True)
    slope = ag.grad(loss_of(leaf, measured), leaf, create_graph=True)
    return np.linalg.inv([ag.grad(one, leaf, retain_graph=True).numpy() for one in slope])


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out/spectral_model"))
    args = parser.parse_args(argv)
    measured = solve(TRUE) + NOISE * np.random.default_rng(args.seed).standard_normal((len(SEEN), POINTS))
    theta = learn(measured)
    spread = covariance(theta, measured)
    names = ("log ν", "a₁", "b₁", "a₂", "b₂", "a₃", "b₃")
    for name, found, bar, true in zip(names, theta, np.sqrt(np.diag(spread)), TRUE, strict=True):
        print(f"{name:5} {found:6.3f} ± {bar:.3f}, in truth {true:6.3f}")
    forces = {"found": force_of(theta), "truth": force_of(TRUE)}
    forces["deviation"] = np.sqrt(
        np.einsum("ix,ij,jx->x", basis := np.stack([*map(force_of, np.eye(7))]), spread, basis)
    )
    flow = {f"{step * TIME / STEPS:g}": pair for step, *pair in zip(SEEN, measured, solve(theta), strict=True)}
    print("drawn to", flow_chart(X, START, flow, forces, args.out / "spectral_model.svg"))


if __name__ == "__main__":
    main()
