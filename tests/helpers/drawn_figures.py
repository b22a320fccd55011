"""Read the text of drawn figures."""


def figure_text(figure):
    """Return all text of a figure as one line."""
    texts = figure.findobj(lambda each: hasattr(each, "get_text"))
    return " ".join(" ".join(each.get_text() for each in texts).split())
