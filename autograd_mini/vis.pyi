from vis import *  # noqa: F403
from vis import __all__ as __all__
