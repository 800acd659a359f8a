# SPDX-License-Identifier: MIT
from analysis.result.note import together


def test_sentences_that_differ_in_numbers_only_are_said_once_with_least_and_most() -> None:
    said = ["the probe adds 31%: rough", "2 of 3", "the probe adds 109%: rough", "2 of 4"]
    assert together(said) == {"the probe adds 31 to 109%: rough": 2, "2 of 3 to 4": 2}
    assert together(["by 0.5 s"] * 3) == {"by 0.5 s": 3}
