"""Results as the terminal shows them: one campaign, or several side by side."""
