"""Arrays in, arrays out: the loops that are tuned for speed. No tape, no Tensor."""
