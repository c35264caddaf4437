"""The functions of six of GradBench's evals, written from its definitions once for every library.

xp: a library's functions (see `libraries`); c: constants, as that library's arrays; everything else is differentiated.
"""

from __future__ import annotations

from typing import Any


def gmm(xp: Any, c: Any, alpha: Any, mu: Any, q: Any, lower: Any) -> Any:
    """The log posterior of a mixture of Gaussians with a Wishart prior, up to its constant c.constant.

    alpha (K,), mu (K, D), q (K, D), lower (K, D (D − 1) / 2). c.places (D · D) says where in [exp q, lower, 0] the
    elements of each triangular matrix stand.
    """
    k, d = c.sizes
    diagonal = xp.exp(q)
    matrices = xp.concatenate([diagonal, lower, c.zero], axis=1)[:, c.places].reshape((k, d, d))
    scaled = (c.x - mu.reshape((k, 1, d))) @ xp.swapaxes(matrices, 1, 2)
    beta = alpha + xp.sum(q, axis=1) - 0.5 * xp.swapaxes(xp.sum(scaled * scaled, axis=2), 0, 1)
    likelihood = xp.sum(xp.logsumexp(beta, axis=1)) - c.n * xp.logsumexp(alpha, axis=0)
    frobenius = xp.sum(diagonal * diagonal) + xp.sum(lower * lower)
    return c.constant + likelihood - 0.5 * c.gamma**2 * frobenius + c.m * xp.sum(q)


def ba(xp: Any, c: Any, cameras: Any, points: Any, weights: Any) -> Any:
    """Errors of bundle adjustment, of all observations at once: (reprojection's x, its y, the weight's), each (P,).

    cameras (P, 11) and points (P, 3), those of each observation; rotations are not zero. c.features (P, 2).
    """
    rotation, centre, focal = cameras[:, 0:3], cameras[:, 3:6], cameras[:, 6:7]
    principal, radial = cameras[:, 7:9], cameras[:, 9:11]
    seen = points - centre
    theta = xp.sqrt(xp.sum(rotation * rotation, axis=1)).reshape((-1, 1))
    axis, cosine = rotation / theta, xp.cos(theta)
    a0, a1, a2 = axis[:, 0], axis[:, 1], axis[:, 2]
    s0, s1, s2 = seen[:, 0], seen[:, 1], seen[:, 2]
    across = xp.stack([a1 * s2 - a2 * s1, a2 * s0 - a0 * s2, a0 * s1 - a1 * s0], axis=1)
    along = xp.sum(axis * seen, axis=1).reshape((-1, 1)) * (1.0 - cosine)
    turned = seen * cosine + across * xp.sin(theta) + axis * along
    plane = turned[:, 0:2] / turned[:, 2:3]
    square = xp.sum(plane * plane, axis=1).reshape((-1, 1))
    distorted = plane * (1.0 + radial[:, 0:1] * square + radial[:, 1:2] * square * square)
    errors = weights.reshape((-1, 1)) * (distorted * focal + principal - c.features)
    return errors[:, 0], errors[:, 1], 1.0 - weights * weights


def turned_by_euler(xp: Any, angles: Any) -> Any:
    """Rz · Ry · Rx of angles (B, 3), which are those about x, z and y -> (B, 3, 3)."""
    sine, cosine = xp.sin(angles), xp.cos(angles)
    sx, sz, sy = sine[:, 0], sine[:, 1], sine[:, 2]
    cx, cz, cy = cosine[:, 0], cosine[:, 1], cosine[:, 2]
    entries = [
        cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx,
        sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx,
        -sy, cy * sx, cy * cx,
    ]  # fmt: skip
    return xp.stack(entries, axis=1).reshape((-1, 3, 3))


def turned_about_axis(xp: Any, vector: Any) -> Any:
    """The rotation about a vector (3,), which is not zero, by its length -> (3, 3)."""
    norm = xp.sqrt(xp.sum(vector * vector))
    x, y, z = vector[0] / norm, vector[1] / norm, vector[2] / norm
    s, c = xp.sin(norm), xp.cos(norm)
    entries = [
        x * x + (1 - x * x) * c, x * y * (1 - c) - z * s, x * z * (1 - c) + y * s,
        x * y * (1 - c) + z * s, y * y + (1 - y * y) * c, y * z * (1 - c) - x * s,
        x * z * (1 - c) - y * s, z * y * (1 - c) + x * s, z * z + (1 - z * z) * c,
    ]  # fmt: skip
    return xp.stack(entries, axis=0).reshape((3, 3))


def ht(xp: Any, c: Any, theta: Any, us: Any = None) -> Any:
    """Errors of hand tracking (3 · correspondences,): points minus vertices of a hand posed by theta (26,).

    c.places (3 + bones, 3) says where in [theta, 0] the pose's parameters stand. us (correspondences, 2): where in its
    triangle each point lies; without them it lies on a vertex.
    """
    pose = xp.concatenate([theta, c.zero], axis=0)[c.places]
    local = turned_by_euler(xp, pose[3:])
    bones = len(c.parents)
    local = xp.concatenate([xp.concatenate([local, c.column], axis=2), c.row], axis=1)
    relatives = c.base_relatives @ local
    absolutes: list[Any] = []
    for i, parent in enumerate(c.parents):
        absolutes.append(relatives[i] if parent == -1 else absolutes[parent] @ relatives[i])
    transforms = xp.stack(absolutes, axis=0) @ c.inverse_base_absolutes
    carried = transforms[:, 0:3] @ c.base_positions
    positions = xp.sum(carried * c.weights.reshape((bones, 1, -1)), axis=0)
    vertices = turned_about_axis(xp, pose[0]) @ (positions * c.mirror) + pose[2].reshape((3, 1))
    if us is None:
        touched = vertices[:, c.first]
    else:
        u, v = us[:, 0], us[:, 1]
        touched = u * vertices[:, c.first] + v * vertices[:, c.second] + (1.0 - u - v) * vertices[:, c.third]
    return xp.swapaxes(c.points - touched, 0, 1).reshape((-1,))


def lstm(xp: Any, c: Any, main: Any, extra: Any) -> Any:
    """The loss of an LSTM with diagonal weights on a text of bits c.sequence (T, H), from states c.state (2 L, H)."""
    size, layers = c.sequence.shape[1], c.layers
    weights = [main[2 * i] for i in range(layers)]
    biases = [main[2 * i + 1] for i in range(layers)]
    into, out, bias = extra[0], extra[1], extra[2]

    def step(carried: Any, bits: Any) -> Any:
        x, after = bits * into, []
        for i, (hidden, cell) in enumerate(carried):
            gates = xp.concatenate([x, hidden, x, hidden], axis=0) * weights[i] + biases[i]
            opened = xp.sigmoid(gates[: 3 * size])
            forget, ingate, outgate = opened[:size], opened[size : 2 * size], opened[2 * size :]
            cell = cell * forget + ingate * xp.tanh(gates[3 * size :])
            x = outgate * xp.tanh(cell)
            after.append((x, cell))
        return after, x

    _, made = xp.scan(step, [(c.state[2 * i], c.state[2 * i + 1]) for i in range(layers)], c.sequence[:-1])
    y = made * out + bias
    normalised = y - xp.log(xp.sum(xp.exp(y), axis=1) + 2.0).reshape((-1, 1))
    return xp.sum(c.sequence[1:] * normalised) * (-1.0 / (size * (len(c.sequence) - 1)))


def ode(xp: Any, c: Any, x: Any) -> Any:
    """Where c.steps of Runge and Kutta lead from 0 until the time 2: y₀′ = x₀, yᵢ′ = xᵢ yᵢ₋₁. x (n,) -> (n,)."""

    def slope(y: Any) -> Any:
        return x * xp.concatenate([c.one, y[:-1]], axis=0)

    h = 2.0 / c.steps

    def step(y: Any, _: Any) -> Any:
        k1 = slope(y)
        k2 = slope(y + (h / 2) * k1)
        k3 = slope(y + (h / 2) * k2)
        k4 = slope(y + h * k3)
        return y + (h / 6) * (k1 + 2.0 * k2 + 2.0 * k3 + k4), None

    return xp.scan(step, c.start, None, c.steps)[0]


def kmeans(xp: Any, c: Any, centroids: Any) -> Any:
    """The sum of squares of distances of points c.points (N, D) to the nearest of centroids (K, D)."""
    squares = xp.sum(centroids * centroids, axis=1) - 2.0 * (c.points @ xp.swapaxes(centroids, 0, 1))
    return xp.sum(xp.least(squares, axis=1)) + c.of_points
