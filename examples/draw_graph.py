"""Draw computation graphs: a gallery from five nodes to VGG-16, with gradients, memory, the backward pass, a mirror.

Run with `python -m examples.draw_graph`; open out/graphs/index.html afterwards. Every picture comes as SVG and as DOT.
"""

import argparse
from pathlib import Path

from autograd_mini import render

from .graph_gallery import drawings
from .pages import write_page


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/graphs"))
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    shown = []
    for name, caption, drawing in drawings():
        for suffix in (".dot", ".svg"):
            print(render(drawing, args.out / f"{name}{suffix}"))
        shown.append({"name": name, "caption": caption})
    print(write_page(args.out / "index.html", "graphs.html", shown=shown))


if __name__ == "__main__":
    main()
