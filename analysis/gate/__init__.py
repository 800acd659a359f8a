"""Whether anything got worse: record files and a policy in, verdicts out."""
