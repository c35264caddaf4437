"""`vis` under a name that no file in the folder takes, for `from autograd_mini import vis` and `python -m` alike."""

import sys

from autograd_mini.aliases import stand_for

if __name__ == "__main__":
    from importlib import import_module

    sys.exit(import_module("autograd_mini.vis.__main__").main())
stand_for(__name__)
