"""What stands in a figure that was drawn."""


def said(figure):
    """All text of a figure as one line."""
    found = figure.findobj(lambda each: hasattr(each, "get_text"))
    return " ".join(" ".join(each.get_text() for each in found).split())
