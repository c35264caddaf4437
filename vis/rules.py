"""Rule sets for looking back: the backward pass with another rule for the ReLU. Give them to `project` or to `grad`.

picture                    ReLU going back          source
gradient (saliency)        g · (out > 0)            Simonyan et al. 2013
deconvnet                  relu(g)                  Zeiler & Fergus 2014; the report, section 3.2.3
guided backpropagation     relu(g) · (out > 0)      Springenberg et al. 2015
linear                     g                        none: the transposed filters and the switches alone

A ReLU6 that stands at 6 is on: only its true derivative is 0 there.
"""

from __future__ import annotations

from math import inf

from autograd_mini import gate, relu
from autograd_mini.core.tape import Rules

RECTIFIERS = {"relu": inf, "relu6": 6.0}
"""Operations that are ReLUs, and how large what they give can get."""

GRADIENT: Rules = {}
"""The true derivative."""

DECONVNET: Rules = {name: {"x": lambda g: relu(g)} for name in RECTIFIERS}
"""ReLU of the signal; what the unit did going forward does not matter."""

GUIDED: Rules = {name: {"x": lambda g, out: gate(relu(g), out)} for name in RECTIFIERS}
"""ReLU of the signal, and let it pass only where the unit was on."""

LINEAR: Rules = {name: {"x": lambda g: g} for name in RECTIFIERS}
"""Let the signal pass as it is: no un-ReLU at all."""
