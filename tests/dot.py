"""The DOT text of a drawing, read: vertices by their keys, edges, boxes."""

import re


def vertices(drawing):
    """{key: (the lines of its label, its other attributes)}, in order."""
    found = re.findall(r'^\t+(\w+) \[label=("(?:[^"\\]|\\.)*"|\S+)(.*)\]$', drawing.source, re.MULTILINE)
    return {key: (label.strip('"').split(r"\n"), looks) for key, label, looks in found}


def labels(drawing):
    """{key: its whole label}."""
    return {key: r"\n".join(lines) for key, (lines, _) in vertices(drawing).items()}


def words(drawing):
    """{key: the first line of its label}."""
    return {key: lines[0] for key, (lines, _) in vertices(drawing).items()}


def edges(drawing):
    """(source, target, attributes) of each edge, as written."""
    return re.findall(r"^\t+(\w+) -> (\w+)(?: \[(.*)\])?$", drawing.source, re.MULTILINE)


def boxes(drawing):
    """What is written on the boxes."""
    return re.findall(r'^\t+label="?([^"]*?)"? margin=10', drawing.source, re.MULTILINE)


def constants(drawing):
    """The labels of constants, in order."""
    return [r"\n".join(lines) for lines, looks in vertices(drawing).values() if looks.startswith(' color="#8a8a8a"')]
