"""One execution of a plan: begun or taken up again, run after run, ended."""
