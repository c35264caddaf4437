"""Is it a cat? The report's experiment (section 6) on two folders of your own: train, evaluate, look inside, doubt.

Read on in this order: recipes (how each net is trained), training, doubts (what else distinguishes the classes),
pictures, page.
"""
