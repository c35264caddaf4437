"""The order in which the steps behind a result are read, and the leaves that are drawn in their step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache

from ..core.tape import BACKWARD, Node
from .traced import Facts

Arguments = Callable[[Node], Sequence[tuple[Node | None, str]]]


def arguments_of(profile: Facts | None, ends: Collection[Node]) -> Arguments:
    """A function that gives the arguments of a node that are to be read: the node of each, and the kind of its edge."""

    @cache
    def arguments(node: Node) -> Sequence[tuple[Node | None, str]]:
        if node in ends:
            return ()
        left = {} if profile is None else profile.detached(node)
        count = max([len(node.parents), *(i + 1 for i in left)]) if left else len(node.parents)
        parents = (*node.parents, *[None] * (count - len(node.parents)))
        return [(parent, "flow") if parent or i not in left else (left[i], "left") for i, parent in enumerate(parents)]

    return arguments


def recorded_order(results: Sequence[Node], arguments: Arguments) -> list[Node]:
    """Every node behind the results in the order of recording, a leaf just before the node that uses it first."""
    found = dict.fromkeys(results)
    waiting = [*found]
    while waiting:
        for parent, _ in arguments(waiting.pop()):
            if parent is not None and parent not in found:
                found[parent] = None
                waiting.append(parent)
    order: dict[Node, None] = {}
    for node in sorted(found, key=lambda node: node.number):
        if given := arguments(node):
            order |= dict.fromkeys(parent for parent, _ in given if parent is not None and not arguments(parent))
            order[node] = None
    return [*(order | found)]


def reaching(order: Iterable[Node], wanted: Collection[Node], arguments: Arguments) -> set[Node]:
    """The wanted nodes and those computed from them."""
    found = {node for node in order if node in wanted}
    for node in order:
        if any(parent in found for parent, _ in arguments(node)):
            found.add(node)
    return found


def shown_in_their_operation(order: Iterable[Node]) -> dict[Node, Node]:
    """Leaves that belong to the one operation that uses them: features.conv1.weight to features.conv1.

    A backward pass over that operation may use them too.
    """
    users: dict[Node, list[Node]] = {}
    for node in order:
        for parent in node.parents:
            if parent is not None and parent.op is None:
                users.setdefault(parent, []).append(node)
    found = {}
    for leaf, using in users.items():
        home = (leaf.name or "").rpartition(".")[0]
        first, *others = using
        if home and first.name == home and all((other.name or "").endswith(f"{BACKWARD}.{home}") for other in others):
            found[leaf] = first
    return found
