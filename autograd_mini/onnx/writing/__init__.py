"""Programs as ONNX files: a table of what each operation becomes, and what puts it together."""
