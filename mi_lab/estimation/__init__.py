"""Neural estimation of MI: tasks, critics, negatives, bounds and the training loop.

Knows nothing of files or figures.
"""
