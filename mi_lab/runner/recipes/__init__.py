"""How one run on images, or on a staircase of true MI, is made, stage by stage."""
