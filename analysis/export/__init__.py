"""Values for other tools: record files in, tables and suites out."""
