"""All that turns stored results into pages. Nothing in here trains, and nothing needs torch."""
