"""Side by side: this project, PyTorch, JAX, ONNX Runtime, OpenVINO and Captum. Run with `make bench`.

Read on in this order: operations and nets (what is computed), inputs (the data all sides get), work (how it is done),
work_ours, work_torch, work_jax, work_served, work_looking and work_captum (in terms of each library), exact (float32
errors), roofline, tasks (what is measured), serving and worker (a side's process), sides (the parent's end of it),
rounds (taking turns), quiet, figures, machine, report, chart, groups, __main__, markdown.
"""
