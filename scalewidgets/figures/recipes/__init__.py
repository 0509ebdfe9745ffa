"""Recipes compared: which is better at which compute, how surely, and what that is worth."""

from .screen import recipe_scene as recipe_scene
from .screen import refused_recipes_scene as refused_recipes_scene
from .side import Choices as Choices
from .view import MOST_RECIPES as MOST_RECIPES
from .view import Recipe as Recipe
from .view import View as View
from .view import Yardstick as Yardstick
from .view import compare as compare
from .view import default_budget as default_budget
from .view import make_view as make_view
