"""Graph drawers side by side on the same nets: this project, torchviz and torchview. Run with `make drawings`.

Read on in this order: dot_text (DOT read and counted), drawers (each in a process of its own), __main__.
"""
