"""All that turns stored results into pages. Nothing in here trains; ``yardsticks`` alone imports torch."""
