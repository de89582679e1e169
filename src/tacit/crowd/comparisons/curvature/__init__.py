"""The curvature of a likelihood of differences: systems in it, its inverse, and the climb to the maximum."""
