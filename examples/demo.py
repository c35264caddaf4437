"""What `make demo` runs: the digits and the cat, and a page that leads to both.

Run with `python -m examples.demo`; open out/index.html afterwards.
"""

import argparse
from pathlib import Path

from . import cat, digits
from .pages import write_page


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out"))
    args = parser.parse_args(argv)
    accuracy = digits.main(["--out", str(args.out / "digits")])
    cat.main(["--out", str(args.out / "cat")])
    page = write_page(args.out / "index.html", "index.html", accuracy=accuracy)
    print(f"open {page}")


if __name__ == "__main__":
    main()
