"""Every figure and table as plain data: what its runs are told, and what the report printed. Needs no torch."""
