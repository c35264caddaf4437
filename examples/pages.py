"""Pages of the examples: a template of the folder beside this file, filled and written."""

import sys
from pathlib import Path
from typing import Any

try:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
except ImportError:
    sys.exit("this example writes a page by jinja2; pip install 'autograd-mini[report]' brings it")

TEMPLATES = Path(__file__).parent / "templates"


def write_page(path: Path, template: str, **facts: Any) -> Path:
    """The page; everything in it is escaped, and a fact that is missing is an error.

    What UTF-8 cannot hold, as the names of some files have it, becomes a question mark.
    """
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    path.write_text(environment.get_template(template).render(**facts), encoding="utf-8", errors="replace")
    return path
