"""Live pages for a person with a kernel: what they show is trained while one looks. The built book needs none of it."""
