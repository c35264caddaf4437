"""Examples: each teaches one thing; run one with `python -m examples.NAME`."""
