"""Record files in, frozen campaigns out."""
