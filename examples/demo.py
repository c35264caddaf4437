"""What `make demo` runs: the digits and the cat, and a page that leads to both.

Run with `python -m examples.demo`; open out/index.html afterwards.
"""

import argparse
import re
from pathlib import Path

from . import cat, digits
from .pages import write_page


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out"))
    args = parser.parse_args(argv)
    back = ["--back", "../index.html"]
    accuracy = digits.main(["--out", str(args.out / "digits"), *back])
    photos = [cat.DATA / name for name in ("chelsea.png", "coffee.png")]
    cat.main([*map(str, photos), "--out", str(args.out / "cat"), *back])
    page = write_page(args.out / "index.html", "index.html", accuracy=accuracy, story=story(args.out / "cat"))
    print(f"open {page}")


def story(page: Path) -> list[str]:
    """The pictures of a report that show its first photograph layer by layer, as its folder's neighbours call them."""
    found = page.glob("pictures/image0-layer*-all.png")
    number = re.compile(r"-layer(\d+)-")
    ordered = sorted(found, key=lambda path: int(number.search(path.name)[1]))  # type: ignore[index]
    return [f"{page.name}/pictures/{path.name}" for path in ordered]


if __name__ == "__main__":
    main()
