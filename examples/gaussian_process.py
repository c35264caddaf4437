"""A Gaussian process, its hyperparameters found by the gradient of the log marginal likelihood, through Cholesky.

The temperatures are simulated, so that the truth is known. Run with `python -m examples.gaussian_process`.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

import autograd_mini as ag

from .model_charts import gaussian_process_chart

TRUE = np.log([2.0, 3.0, 0.4])  # amplitude / °C, length scale / h, noise / °C; all are positive, so their logarithms
MEAN, DAY = 15.0, np.linspace(0, 24, 200)  # °C, h


def kernel(s: Any, t: Any, theta: Any) -> Any:
    """Squared exponential covariance of the times s (n,) with t (m,) -> (n, m)."""
    return ag.exp(2 * theta[0] - 0.5 * ((s[:, None] - t) / ag.exp(theta[1])) ** 2)


def factor(t: np.ndarray, theta: Any) -> Any:
    """L of the covariance K + σ²I = L Lᵀ of measurements at the times t."""
    return ag.linalg.cholesky(kernel(t, t, theta) + ag.exp(2 * theta[2]) * np.eye(len(t)))


def log_marginal_likelihood(theta: Any, t: np.ndarray, y: np.ndarray) -> Any:
    """log N(y | 0, L Lᵀ) = −½ ‖L⁻¹y‖² − Σ log Lᵢᵢ − ½ n log 2π."""
    root = factor(t, theta)
    white = ag.linalg.solve_triangular(root, y, lower=True)
    return -0.5 * white @ white - ag.log(ag.diagonal(root)).sum() - 0.5 * len(t) * np.log(2 * np.pi)


def posterior(theta: np.ndarray, t: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the function at all times, given the measurements."""
    root = factor(t, theta)
    cross = ag.linalg.solve_triangular(root, kernel(t, DAY, theta), lower=True)
    mean = cross.T @ ag.linalg.solve_triangular(root, y, lower=True)
    return np.asarray(mean), np.sqrt(np.exp(2 * theta[0]) - (np.asarray(cross) ** 2).sum(0))


def measured(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random times of a day but for a gap, noisy values there, and the function itself at all times."""
    rng = np.random.default_rng(seed)
    t = np.sort(rng.uniform(0, 18, count))
    both = np.concatenate([t + 6 * (t > 9), DAY])
    drawn = np.linalg.cholesky(kernel(both, both, TRUE) + 1e-8 * np.eye(len(both))) @ rng.standard_normal(len(both))
    return both[:count], drawn[:count] + np.exp(TRUE[2]) * rng.standard_normal(count), drawn[count:]


def learn(t: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """The hyperparameters after each step of L-BFGS, the best last."""
    path = [np.zeros(3)]

    def loss_and_gradient(theta: np.ndarray) -> tuple[float, np.ndarray]:
        leaf = ag.Tensor(theta, requires_grad=True, name="theta")
        loss = -log_marginal_likelihood(leaf, t, y)
        return loss.item(), ag.grad(loss, leaf).numpy()

    minimize(loss_and_gradient, path[0], jac=True, method="L-BFGS-B", callback=lambda theta: path.append(theta.copy()))
    return path


def around(theta: np.ndarray, t: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Length scales, noises, and the log marginal likelihood of each pair, the amplitude being what was found."""
    lengths, noises = np.geomspace(0.4, 12, 50), np.geomspace(0.15, 2, 50)
    points = [[(theta[0], np.log(length), np.log(noise)) for length in lengths] for noise in noises]
    return lengths, noises, np.apply_along_axis(log_marginal_likelihood, 2, points, t, y)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=60, help="how many measurements")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out/gaussian_process"))
    args = parser.parse_args(argv)
    t, y, truth = measured(args.count, args.seed)
    path = learn(t, y)
    for name, found, true in zip(("amplitude", "length scale", "noise"), np.exp(path[-1]), np.exp(TRUE), strict=True):
        print(f"{name}: {found:.3f}, drawn with {true:g}")
    mean, deviation = posterior(path[-1], t, y)
    curves = {"times": DAY, "truth": MEAN + truth, "mean": MEAN + mean, "deviation": deviation}
    print(
        "drawn to",
        gaussian_process_chart(
            (t, MEAN + y), curves, around(path[-1], t, y), np.exp(path), np.exp(TRUE), args.out / "gaussian_process.svg"
        ),
    )


if __name__ == "__main__":
    main()
