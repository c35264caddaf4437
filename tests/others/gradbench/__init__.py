"""The public suite GradBench on this project, beside PyTorch, JAX and HIPS autograd: `make gradbench SUITE=path`.

Read on in this order: formulas (what is computed, from the suite's definitions), libraries (how each library computes
and differentiates it), problems (the suite's inputs and answers), tool (a process that speaks the suite's protocol),
__main__.
"""
