from nn import *  # noqa: F403
from nn import __all__ as __all__
