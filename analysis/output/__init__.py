# SPDX-License-Identifier: MIT
"""What leaves the program.

`page` collects lines for a terminal, `stdout` shows them or prints JSON, `whole_file` writes a file
whole or not at all, `printable` makes text safe to print whatever a record holds, `json_keys` says
which keys a type has as JSON, and `error` is the one exception: a sentence that says what is wrong,
where, and what to do.
"""
