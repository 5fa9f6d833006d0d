"""Representations of images: data sets, labelings, encoders and what probes find in frozen features."""
