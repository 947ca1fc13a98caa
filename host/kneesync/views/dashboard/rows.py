"""A list whose cursor is drawn in reverse: seen on a light and a dark ground, and without colour."""

from textual.style import Style
from textual.widgets import OptionList


class Rows(OptionList):
    """Lines to choose from."""

    def get_visual_style(self, *component_classes, partial=False):
        """Textual 8.2 loses `text-style: reverse` of a component's style."""
        style = super().get_visual_style(*component_classes, partial=partial)
        reverse = "option-list--option-highlighted" in component_classes
        return style + Style(reverse=True) if reverse else style
