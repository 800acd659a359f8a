"""Two things measured against each other: builds, kernels, a baseline; judged by the analysis."""
