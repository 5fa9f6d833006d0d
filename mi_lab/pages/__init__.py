"""All that turns stored results into pages. Nothing in here trains or imports torch."""
