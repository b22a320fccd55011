"""Messages of errors: one line, whatever the input that they quote."""

from emograin.common.errors import MAX_MESSAGE, one_line


def test_lines_are_joined_by_one_blank():
    assert one_line("no such file: \n\n  'x'\r\n") == "no such file: 'x'"


def test_a_message_of_white_space_takes_linear_time():
    # In quadratic time it takes hours.
    assert len(one_line("a" + " " * 2_000_000 + "b\n" + "\n" * 100_000 + "c")) == MAX_MESSAGE
