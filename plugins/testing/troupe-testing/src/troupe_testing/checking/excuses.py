"""What may be as it is on purpose. A plugin's own tests say so in their class; whoever else checks it cannot know."""

from __future__ import annotations

_CHANGES = "transparent = False"

EXCUSES = {
    "test_importing_it_loads_nothing_but_itself": "may_import",
    "test_its_secrets_are_references": "no_secrets",
    "test_the_question_reaches_the_model_as_it_was_put": _CHANGES,
    "test_the_answer_comes_back_as_it_is": _CHANGES,
    "test_the_pieces_of_a_stream_are_the_whole_answer": _CHANGES,
    "test_an_error_comes_out_as_it_is": _CHANGES,
    "test_a_study_with_it_is_the_same_as_without_it": _CHANGES,
    "test_a_hundred_calls_are_under_way_together": "limits = True",
    "test_there_is_an_example_of_every_earlier_state": "earlier",
    "test_the_window_is_bounded": "bound",
}
"""Checks, each with what a class of tests can say, so that what fails it is right."""
