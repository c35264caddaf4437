"""In which order the steps behind a result are read, and which leaves are told in the step they belong to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from ..core.tape import BACKWARD, Node
from ..observe.profiler import Profile

Arguments = Callable[[Node], Sequence[tuple[Node | None, str]]]


def arguments_of(profile: Profile | None, ends: Collection[Node]) -> Arguments:
    """What a node was computed from, as far as it is to be read: each argument's node, and the kind of its edge."""

    def arguments(node: Node) -> Sequence[tuple[Node | None, str]]:
        if node in ends:
            return ()
        left = {} if profile is None else profile.detached(node)
        count = max([len(node.parents), *(i + 1 for i in left)]) if left else len(node.parents)
        parents = (*node.parents, *[None] * (count - len(node.parents)))
        return [(parent, "flow") if parent or i not in left else (left[i], "left") for i, parent in enumerate(parents)]

    return arguments


def recorded_order(results: Sequence[Node], arguments: Arguments) -> list[Node]:
    """Every node behind the results, arguments first and in the order of the arguments.

    The forward pass comes before a backward pass over it, though it may ask for its results one by one.
    """
    order = _depth_first(results, arguments)
    forward = {node for node in order if not (node.name or "").startswith(BACKWARD)}
    if len(forward) == len(order):
        return order
    for node in order:  # forward steps that use gradients come after those
        if any(parent is not None and parent not in forward for parent, _ in arguments(node)):
            forward.discard(node)
    used = {parent for node in forward for parent, _ in arguments(node)}
    ends = sorted((node for node in order if node in forward and node not in used), key=lambda node: -node.number)
    return _depth_first([*ends, *results], arguments)


def _depth_first(results: Sequence[Node], arguments: Arguments) -> list[Node]:
    order: dict[Node, None] = {}
    for result in results:
        stack = [(result, iter(arguments(result)))]
        while stack:
            node, pending = stack[-1]
            parent = next((p for p, _ in pending if p is not None and p not in order), None)
            if parent is not None:
                stack.append((parent, iter(arguments(parent))))
            else:
                order[node] = None
                stack.pop()
    return list(order)


def reaching(order: Iterable[Node], wanted: Collection[Node], arguments: Arguments) -> set[Node]:
    """The wanted nodes and those computed from them."""
    found = {node for node in order if node in wanted}
    for node in order:
        if any(parent in found for parent, _ in arguments(node)):
            found.add(node)
    return found


def told_in_their_operation(order: Iterable[Node]) -> dict[Node, Node]:
    """Leaves that belong to the one operation they go into: features.conv1.weight to features.conv1.

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
