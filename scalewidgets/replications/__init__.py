"""Published figures, derived anew from the bundled tables: one small declaration each, one scoreboard."""

from .board import STUDIES, Row, Scoreboard, replicate
from .declare import Figure, Study

__all__ = ["STUDIES", "Figure", "Row", "Scoreboard", "Study", "replicate"]
