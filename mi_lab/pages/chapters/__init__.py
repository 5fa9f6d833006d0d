"""What single chapters show: figures out of stored results, with the tables that belong to them."""
