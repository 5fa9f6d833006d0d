"""The report's claims as data, and the predicates over stored numbers that judge them."""
