"""Words, closed forms and files. Needs no torch."""
