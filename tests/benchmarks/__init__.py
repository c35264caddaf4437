"""Side-by-side measurements: this project beside PyTorch, HIPS autograd and MyGrad. Run with `make bench`.

Read on in this order: tasks (what is measured), inputs (the data all sides get), work (how it is done), work_ours,
work_torch and work_others (in terms of each library), exact (float32 errors), serving and worker (a side's process),
sides (the parent's end of it), rounds (taking turns), quiet, figures, machine, report, chart, groups, __main__; on
their own dot_text, drawers, drawings (`make drawings`).
"""
