"""Every bad call, made, and its error compared with the golden file; with --write the file is written anew."""

import argparse
import sys

from . import GOLDEN, ROWS
from .golden import read, written
from .tried import tried

parser = argparse.ArgumentParser(prog="python -m tests.bad_calls", description=__doc__)
parser.add_argument("--write", action="store_true")
args = parser.parse_args()

found = [(called, how, tried(call)) for called, how, call in ROWS]
if args.write:
    GOLDEN.write_text(written(found), encoding="utf-8")
else:
    known = read(GOLDEN.read_text(encoding="utf-8"))
    others = [row for row in found if known.get(f"{row[0]}: {row[1]}") != (row[2].kind, row[2].message)]
    print(written(others) if others else f"{len(found)} bad calls, every error as written")
    sys.exit(bool(others))
