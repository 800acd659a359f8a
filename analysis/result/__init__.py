"""From runs to results: record files in, one row per cell out."""
