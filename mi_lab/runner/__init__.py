"""From an experiment to its stored result."""
