"""Write a primitive and its rule, and see the gradient check catch a wrong sign.

Run with `python -m examples.own_primitive`.
"""

import argparse

import numpy as np

from autograd_mini import GradcheckError, Tensor, gradcheck, gradgradcheck, primitive, sigmoid


@primitive
def smooth_relu(x):
    """log(1 + eˣ), elementwise, without overflow. x (...) -> (...)."""
    return np.logaddexp(0, x)


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter).parse_args()
    x = Tensor([[-2.0, 0.0], [0.5, 3.0]], requires_grad=True, name="x")

    print("A rule is given what it names: g, the gradient of the output, and here x.")
    print("  smooth_relu.defvjp(x=lambda g, x: -g * sigmoid(x))        # the sign is wrong")
    smooth_relu.defvjp(x=lambda g, x: -g * sigmoid(x))
    try:
        gradcheck(smooth_relu, x)
    except GradcheckError as error:
        print(f"  {type(error).__name__}: {error}\n")

    print("  smooth_relu.defvjp(x=lambda g, x: g * sigmoid(x))         # and now it is right")
    smooth_relu.defvjp(x=lambda g, x: g * sigmoid(x))
    print(f"  first order:  {gradcheck(smooth_relu, x)}")
    print(f"  second order: {gradgradcheck(smooth_relu, x)}, for free: the rule is made of primitives")


if __name__ == "__main__":
    main()
