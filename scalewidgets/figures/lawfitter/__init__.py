"""The law fitter on screen: figures, words and controls, from a fit to a scene."""

from .columns import inset_ranges as inset_ranges
from .columns import size_curves as size_curves
from .columns import target_columns as target_columns
from .controls import OBJECTIVES as OBJECTIVES
from .controls import SHAPE_KEYS as SHAPE_KEYS
from .controls import SHAPES as SHAPES
from .controls import Controls as Controls
from .extras import Extras as Extras
from .others import OtherLaw as OtherLaw
from .others import OtherLaws as OtherLaws
from .refusal import refused_scene as refused_scene
from .screen import empty_scene as empty_scene
from .screen import law_fitter_scene as law_fitter_scene
from .screen import law_fitter_scene_steps as law_fitter_scene_steps
from .screen import law_fitter_sketch as law_fitter_sketch
from .screen import runs_table as runs_table
from .view import Target as Target
from .view import View as View
from .view import make_view as make_view
from .view import run_flops as run_flops
