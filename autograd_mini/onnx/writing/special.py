"""What special functions are written as, and terms of losses."""

from __future__ import annotations

from math import sqrt

import numpy as np

from .arithmetic import log_of_1_and
from .elementwise import numeric
from .graph import Graph, Var, written


@written("erfc")
def _erfc(graph: Graph, x: Var) -> Var:
    return 1 - graph.Erf(numeric(graph, x))


@written("ndtr")
def _ndtr(graph: Graph, x: Var) -> Var:
    return 0.5 * (1 + graph.Erf(numeric(graph, x) * sqrt(0.5)))


@written("logit")
def _logit(graph: Graph, x: Var) -> Var:
    x = numeric(graph, x)
    return graph.Log(x / (1 - x))


@written("quotient")
def _quotient(graph: Graph, p: Var, x: Var) -> Var:
    p, x = numeric(graph, p), numeric(graph, x)
    return p / graph.where(p.equals(0) & x.equals(0), 1, x)


@written("xlogy")
def _xlogy(graph: Graph, x: Var, y: Var) -> Var:
    x, y = numeric(graph, x), numeric(graph, y)
    return graph.where(x.equals(0) & ~graph.IsNaN(y), 0, x * graph.Log(y))


@written("xlog1py")
def _xlog1py(graph: Graph, x: Var, y: Var) -> Var:
    x, y = numeric(graph, x), numeric(graph, y)
    return graph.where(x.equals(0) & ~graph.IsNaN(y), 0, x * log_of_1_and(graph, y))


@written("x_log_x")
def _x_log_x(graph: Graph, x: Var) -> Var:
    return x * graph.Log(graph.where(x.equals(0), 1, x))


@written("entr")
def _entr(graph: Graph, x: Var) -> Var:
    x = numeric(graph, x)
    found = -x * graph.Log(graph.where(x > 0, x, 1))
    return graph.where(x < 0, -np.inf, graph.where(graph.IsNaN(x), x, found))


@written("huber")
def _huber(graph: Graph, x: Var, *, bound: float) -> Var:
    size = graph.Abs(x)
    near = graph.Min(size, float(bound))
    return near * (size - 0.5 * near)


@written("bernoulli")
def _bernoulli(graph: Graph, p: Var, t: Var) -> Var:
    p, t = numeric(graph, p), numeric(graph, t)
    yes, no = graph.Max(graph.Log(p), -100), graph.Max(log_of_1_and(graph, -p), -100)
    return -(t * yes) - (1 - t) * no


@written("bernoulli_of_logits")
def _bernoulli_of_logits(graph: Graph, x: Var, t: Var, w: Var | None) -> Var:
    x, t = numeric(graph, x), numeric(graph, t)
    yes, no = t * graph.Softplus(-x), (1 - t) * graph.Softplus(x)
    return no + (yes if w is None else numeric(graph, w) * yes)
