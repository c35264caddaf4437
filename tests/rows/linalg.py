"""Products by letters, and matrices."""

import numpy as np
import torch

from .row import Draw, case, constant, normal, row

# fmt: off

SPELLED = [
    ("ij,jk->ik", (2, 3), (3, 2)), ("ij,jk", (2, 3), (3, 2)), (" i j , j k -> k i ", (2, 3), (3, 2)), ("ba", (2, 3)),
    ("ij->", (2, 3)), ("ij->j", (2, 3)), ("ii->i", (3, 3)), ("ii", (3, 3)), ("iij->j", (2, 2, 2)),
    ("iji->ij", (2, 3, 2)), ("iii->i", (2, 2, 2)), ("ijij->", (2, 2, 2, 2)), ("i,i", (3,), (3,)),
    ("i,j->ji", (2,), (3,)), ("ij,ij->ji", (2, 3), (2, 3)), ("ij,ij->i", (2, 3), (2, 3)), ("ij,ij->", (2, 3), (2, 3)),
    ("ij,k->i", (2, 3), (2,)), ("ii,jj->ij", (2, 2), (3, 3)), ("aab,bc->ac", (2, 2, 2), (2, 2)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)), ("bij,kbj->kbi", (2, 2, 3), (2, 2, 3)), ("bij,jk->bik", (2, 2, 2), (2, 3)),
    ("bhqd,bhkd->bhqk", (2, 1, 2, 2), (2, 1, 3, 2)), ("...ij,...jk->...ik", (2, 2, 2), (2, 3)),
    ("...ij,...jk", (3, 1, 2, 2), (2, 2, 1)), ("i...->...", (2, 3)), ("...,...", (2, 3), (3,)),
    ("ij,jk", (2, 3), (1, 2)), ("ij,ij->j", (1, 3), (2, 3)), ("i,i->", (1,), (3,)), ("ii,i->i", (3, 3), (1,)),
    (",ij->ij", (), (2, 3)), (",->", (), ()), ("i,kj->jik", (2,), (2, 3)), ("ij,jk,kl->il", (2, 3), (3, 2), (2, 2)),
    ("i,j,k->kij", (2,), (3,), (2,)), ("ij,jk,ki", (2, 3), (3, 2), (2, 2)), ("ni,ij,nj->n", (2, 3), (3, 3), (2, 3)),
    ("ij,i,ki,j->k", (2, 3), (2,), (2, 2), (3,)), ("abc,cd,de,eb->a", (2, 2, 2), (2, 2), (2, 2), (2, 2)),
    ("Ab,bA->A", (2, 3), (3, 2)),
]
for text, *shapes in SPELLED:
    row("einsum", case(constant(text), *(normal(*shape) for shape in shapes), called=text), oracle=np.einsum,
        torch=lambda text, *xs: torch.einsum(text.replace(" ", ""), *xs),
        linear=" ".join(map(str, range(1, len(shapes) + 1))))
row("einsum", case(constant(""), normal(), called="no letter"), oracle=np.einsum, linear="1")  # PyTorch knows none

row("qr", *(normal(*shape) for shape in ((4, 3), (3, 3), (3, 1), (2, 4), (1, 3), (2, 3, 2), (2, 2, 3), (2, 1, 3, 2))),
    ties=True, oracle=np.linalg.qr, torch=lambda x: torch.cat([factor.flatten() for factor in torch.linalg.qr(x)]))


def well(*shape):
    """Far from singular."""
    return Draw(lambda rng: rng.uniform(-0.5, 0.5, shape) + 2 * np.eye(shape[-1]), "x".join(map(str, shape)))


row("solve", *(case(well(*shape[:-1], shape[-2]), normal(*shape)) for shape in ((4, 3), (2, 3, 2), (2, 1))),
    ties=True, oracle=np.linalg.solve, torch=torch.linalg.solve, linear="1")
