"""Special functions beside SciPy's, and beside PyTorch's far out."""

import numpy as np
import torch
from scipy import special

from .row import case, complex_numbers, constant, row

# fmt: off

S = torch.special
LINE, LEFT = constant([-2.3, -0.7, 0.4, 1.9]), constant([-1.4, -0.3, 0.6])
RIGHT, OTHER = constant([0.3, 1.2, 2.6, 7.5]), constant([1.5, 0.2, 3.0, 2.5])
UNIT = constant([0.05, 0.3, 0.62, 0.97])
NUMBER, NOTHING = constant(np.array(0.7)), constant(np.zeros((0, 2)))


def like_scipy(name, *cases, **how):
    row(name, *cases, oracle=getattr(special, name), **how)


for name in ("erf", "erfc", "erfcx", "ndtr", "log_ndtr", "i0", "i1", "i0e", "i1e"):
    like_scipy(name, LINE, NUMBER, NOTHING, torch=getattr(S, name))
for name in ("log_expit", "j0", "j1", "rgamma"):
    like_scipy(name, LINE, NUMBER, NOTHING)
for name, theirs in (("gammaln", S.gammaln), ("digamma", S.digamma), ("entr", S.entr), ("gamma", None), ("y0", None),
                     ("y1", None), ("k0", None), ("k1", None)):
    like_scipy(name, RIGHT, NUMBER, NOTHING, torch=theirs)
for name in ("gamma", "gammaln", "digamma", "rgamma"):
    like_scipy(name, LEFT)
for name, theirs in (("ndtri", S.ndtri), ("logit", S.logit), ("erfcinv", None), ("erfinv", S.erfinv)):
    like_scipy(name, UNIT, NUMBER, NOTHING, torch=theirs)
like_scipy("erfinv", constant([-0.9, -0.2, 0.5]), torch=S.erfinv)
for n in (0, 1, 3):
    like_scipy("polygamma", case(constant(n), RIGHT), torch=S.polygamma)
like_scipy("polygamma", case(constant(np.array([0, 1, 2, 5], np.int8)), RIGHT))
like_scipy("zeta", case(constant(2.5), RIGHT), case(constant(2.5), NUMBER))
like_scipy("beta", case(RIGHT, OTHER), case(NUMBER, OTHER))
like_scipy("betaln", case(RIGHT, OTHER), case(NUMBER, NOTHING))
for name in ("gammainc", "gammaincc"):
    like_scipy(name, case(constant(2.5), RIGHT), case(constant(2), NUMBER))
    like_scipy(name, case(constant([0.4, 2.0, 40.0]), constant([0.7, 5.0, 35.0])))
for name in ("betainc", "betaincc"):
    like_scipy(name, case(constant(2.5), constant(0.7), UNIT))
for name in ("jv", "yv", "kv", "iv", "ive"):
    like_scipy(name, *(case(constant(n), RIGHT) for n in (0, 3, 1.5)))
for name in ("jv", "iv", "ive"):
    like_scipy(name, *(case(constant(n), LINE) for n in (1, 2)))
like_scipy("yn", case(constant(2), RIGHT))
like_scipy("stdtr", case(constant(3.5), constant([-1.5, 0.0, 4.0])))
like_scipy("multigammaln", case(constant([3.5, 8.0]), constant(3)))
like_scipy("xlogy", case(LINE, RIGHT), case(NUMBER, RIGHT), torch=S.xlogy, linear="0")
like_scipy("xlog1py", case(LINE, constant([-0.5, 0.01, 2.0, 5.0])), torch=S.xlog1py, linear="0")
like_scipy("gammasgn", LINE, flat=True)
for name in ("erf", "erfc", "ndtr", "gamma"):
    like_scipy(name, complex_numbers(2), once=name == "gamma")

# ── far out, where other formulas hold ────────────────────────────────────────────────────────────────────────────────

for name, theirs, far in (
    ("erfcx", S.erfcx, [-3.0, 0.0, 2.0, 20.0]), ("log_ndtr", S.log_ndtr, [-30.0, -3.0, 5.0]),
    ("ndtri", S.ndtri, [1e-3, 0.5, 0.9]), ("digamma", S.digamma, [-0.5, 1.0, 30.0]), ("i0e", S.i0e, [-3.0, 60.0]),
    ("gammaln", S.gammaln, [0.5, 1.0, 2.0, 100.0]), ("log_expit", torch.nn.functional.logsigmoid, [-30.0, 0.0, 30.0]),
):
    like_scipy(name, constant(far), torch=theirs)

# ── what derivatives are made of ──────────────────────────────────────────────────────────────────────────────────────

row("polygamma_rise", case(RIGHT, OTHER, n=0), case(LEFT, constant([0.6, 2.0, 0.3]), n=1), once=True,
    oracle=lambda a, b, n: special.polygamma(n, a + b) - special.polygamma(n, a))

row("log_beta_density", case(constant([0.5, 2.0, 3.0]), constant([1.5, 0.7, 2.0]), constant([0.2, 0.6, 0.9])),
    once=True, oracle=lambda a, b, x: (a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - special.betaln(a, b))
