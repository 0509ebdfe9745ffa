/* Written by tools/list_bokeh_models.py; do not edit by hand. */

/** Properties by Bokeh model: a name and what it may hold (see safety.ts). */
export const PROPERTIES: readonly (readonly [string, string])[] = [
  [
    'Figure Plot',
    'above:v align:v aspect_ratio:v aspect_scale:n background_fill_alpha:n background_fill_color:c background_hatch_alpha:n background_hatch_color:c background_hatch_pattern:v background_hatch_scale:n background_hatch_weight:n below:v border_fill_alpha:n border_fill_color:c border_hatch_alpha:n border_hatch_color:c border_hatch_pattern:v border_hatch_scale:n border_hatch_weight:n border_line_alpha:n border_line_cap:e border_line_color:c border_line_dash:v border_line_dash_offset:n border_line_join:e border_line_width:n center:v disabled:b extra_x_ranges:v extra_x_scales:v extra_y_ranges:v extra_y_scales:v flow_mode:e frame_align:v frame_height:n frame_width:n height:n height_policy:v hidpi:b inner_height:v inner_width:v left:v lod_factor:n lod_interval:n lod_threshold:n lod_timeout:n margin:v match_aspect:b max_height:n max_width:n min_border:n min_border_bottom:n min_border_left:n min_border_right:n min_border_top:n min_height:n min_width:n name:v outer_height:v outer_width:v outline_line_alpha:n outline_line_cap:e outline_line_color:c outline_line_dash:v outline_line_dash_offset:n outline_line_join:e outline_line_width:n output_backend:e renderers:v reset_policy:e resizable:v right:v sizing_mode:e tags:v title:v title_location:e toolbar:v toolbar_inner:b toolbar_location:e toolbar_sticky:b visible:b width:n width_policy:v window_axis:e x_range:v x_scale:v y_range:v y_scale:v'
  ],
  [
    'Title',
    'align:e background_fill_alpha:n background_fill_color:c background_hatch_alpha:n background_hatch_color:c background_hatch_pattern:v background_hatch_scale:n background_hatch_weight:n border_line_alpha:n border_line_cap:e border_line_color:c border_line_dash:v border_line_dash_offset:n border_line_join:e border_line_width:n border_radius:v coordinates:v group:v level:e name:v offset:n padding:v propagate_hover:b renderers:v standoff:n tags:v text:v text_align:e text_alpha:n text_baseline:e text_color:c text_font:v text_font_size:v text_font_style:e text_line_height:n text_outline_color:c text_outline_width:n vertical_align:e visible:b x_range_name:v y_range_name:v'
  ],
  [
    'Toolbar',
    'active_drag:v active_inspect:v active_multi:v active_scroll:v active_tap:v autohide:b group:b group_types:v name:v tags:v tools:v visible:b'
  ],
  [
    'Range1d',
    'bounds:v end:v max_interval:v min_interval:v name:v reset_end:v reset_start:v start:v tags:v'
  ],
  [
    'DataRange1d',
    'bounds:v default_span:v end:v flipped:b follow:e follow_interval:v max_interval:v min_interval:v name:v only_visible:b range_padding:v range_padding_units:e renderers:v start:v tags:v'
  ],
  [
    'FactorRange',
    'bounds:v end:v factor_padding:n factors:v group_padding:n max_interval:n min_interval:n name:v range_padding:n range_padding_units:e start:v subgroup_padding:n tags:v'
  ],
  [
    'LinearScale LogScale CategoricalScale AllLabels CategoricalTicker CategoricalTickFormatter UnionRenderers IntersectRenderers AllIndices Coordinate',
    'name:v tags:v'
  ],
  [
    'LinearAxis LogAxis',
    'axis_label:v axis_label_align:e axis_label_orientation:v axis_label_standoff:n axis_label_standoff_mode:e axis_label_text_align:e axis_label_text_alpha:n axis_label_text_baseline:e axis_label_text_color:c axis_label_text_font:v axis_label_text_font_size:v axis_label_text_font_style:e axis_label_text_line_height:n axis_label_text_outline_color:c axis_label_text_outline_width:n axis_line_alpha:n axis_line_cap:e axis_line_color:c axis_line_dash:v axis_line_dash_offset:n axis_line_join:e axis_line_width:n background_fill_alpha:n background_fill_color:c background_hatch_alpha:n background_hatch_color:c background_hatch_pattern:v background_hatch_scale:n background_hatch_weight:n bounds:v coordinates:v dimension:v face:v fixed_location:v formatter:v group:v level:e major_label_orientation:v major_label_overrides:v major_label_policy:v major_label_standoff:n major_label_text_align:e major_label_text_alpha:n major_label_text_baseline:e major_label_text_color:c major_label_text_font:v major_label_text_font_size:v major_label_text_font_style:e major_label_text_line_height:n major_label_text_outline_color:c major_label_text_outline_width:n major_tick_in:n major_tick_line_alpha:n major_tick_line_cap:e major_tick_line_color:c major_tick_line_dash:v major_tick_line_dash_offset:n major_tick_line_join:e major_tick_line_width:n major_tick_out:n minor_tick_in:n minor_tick_line_alpha:n minor_tick_line_cap:e minor_tick_line_color:c minor_tick_line_dash:v minor_tick_line_dash_offset:n minor_tick_line_join:e minor_tick_line_width:n minor_tick_out:n name:v propagate_hover:b tags:v ticker:v visible:b x_range_name:v y_range_name:v'
  ],
  [
    'CategoricalAxis',
    'axis_label:v axis_label_align:e axis_label_orientation:v axis_label_standoff:n axis_label_standoff_mode:e axis_label_text_align:e axis_label_text_alpha:n axis_label_text_baseline:e axis_label_text_color:c axis_label_text_font:v axis_label_text_font_size:v axis_label_text_font_style:e axis_label_text_line_height:n axis_label_text_outline_color:c axis_label_text_outline_width:n axis_line_alpha:n axis_line_cap:e axis_line_color:c axis_line_dash:v axis_line_dash_offset:n axis_line_join:e axis_line_width:n background_fill_alpha:n background_fill_color:c background_hatch_alpha:n background_hatch_color:c background_hatch_pattern:v background_hatch_scale:n background_hatch_weight:n bounds:v coordinates:v dimension:v face:v fixed_location:v formatter:v group:v group_label_orientation:v group_text_align:e group_text_alpha:n group_text_baseline:e group_text_color:c group_text_font:v group_text_font_size:v group_text_font_style:e group_text_line_height:n group_text_outline_color:c group_text_outline_width:n level:e major_label_orientation:v major_label_overrides:v major_label_policy:v major_label_standoff:n major_label_text_align:e major_label_text_alpha:n major_label_text_baseline:e major_label_text_color:c major_label_text_font:v major_label_text_font_size:v major_label_text_font_style:e major_label_text_line_height:n major_label_text_outline_color:c major_label_text_outline_width:n major_tick_in:n major_tick_line_alpha:n major_tick_line_cap:e major_tick_line_color:c major_tick_line_dash:v major_tick_line_dash_offset:n major_tick_line_join:e major_tick_line_width:n major_tick_out:n minor_tick_in:n minor_tick_line_alpha:n minor_tick_line_cap:e minor_tick_line_color:c minor_tick_line_dash:v minor_tick_line_dash_offset:n minor_tick_line_join:e minor_tick_line_width:n minor_tick_out:n name:v propagate_hover:b separator_line_alpha:n separator_line_cap:e separator_line_color:c separator_line_dash:v separator_line_dash_offset:n separator_line_join:e separator_line_width:n subgroup_label_orientation:v subgroup_text_align:e subgroup_text_alpha:n subgroup_text_baseline:e subgroup_text_color:c subgroup_text_font:v subgroup_text_font_size:v subgroup_text_font_style:e subgroup_text_line_height:n subgroup_text_outline_color:c subgroup_text_outline_width:n tags:v ticker:v visible:b x_range_name:v y_range_name:v'
  ],
  [
    'Grid',
    'axis:v band_fill_alpha:n band_fill_color:c band_hatch_alpha:n band_hatch_color:c band_hatch_pattern:v band_hatch_scale:n band_hatch_weight:n bounds:v coordinates:v cross_bounds:v dimension:n grid_line_alpha:n grid_line_cap:e grid_line_color:c grid_line_dash:v grid_line_dash_offset:n grid_line_join:e grid_line_width:n group:v level:e minor_grid_line_alpha:n minor_grid_line_cap:e minor_grid_line_color:c minor_grid_line_dash:v minor_grid_line_dash_offset:n minor_grid_line_join:e minor_grid_line_width:n name:v propagate_hover:b tags:v ticker:v visible:b x_range_name:v y_range_name:v'
  ],
  [
    'NoOverlap',
    'min_distance:n name:v tags:v'
  ],
  [
    'BasicTicker LogTicker AdaptiveTicker',
    'base:n desired_num_ticks:n mantissas:v max_interval:n min_interval:n name:v num_minor_ticks:n tags:v'
  ],
  [
    'FixedTicker',
    'desired_num_ticks:n minor_ticks:v name:v num_minor_ticks:n tags:v ticks:v'
  ],
  [
    'SingleIntervalTicker',
    'desired_num_ticks:n interval:v name:v num_minor_ticks:n tags:v'
  ],
  [
    'BasicTickFormatter',
    'name:v power_limit_high:n power_limit_low:n precision:v tags:v use_scientific:b'
  ],
  [
    'LogTickFormatter',
    'min_exponent:n name:v tags:v ticker:v'
  ],
  [
    'NumeralTickFormatter',
    'format:v language:e name:v rounding:e tags:v'
  ],
  [
    'PrintfTickFormatter',
    'format:v name:v tags:v'
  ],
  [
    'ColumnDataSource',
    'data:v default_values:v name:v selected:v selection_policy:v tags:v'
  ],
  [
    'Selection',
    'image_indices:v indices:v line_indices:v multiline_indices:v name:v tags:v'
  ],
  [
    'CDSView',
    'filter:v name:v tags:v'
  ],
  [
    'IndexFilter',
    'indices:v name:v tags:v'
  ],
  [
    'BooleanFilter',
    'booleans:v name:v tags:v'
  ],
  [
    'GlyphRenderer',
    'coordinates:v data_source:v glyph:v group:v hover_glyph:v level:e muted:b muted_glyph:v name:v nonselection_glyph:v propagate_hover:b selection_glyph:v tags:v view:v visible:b x_range_name:v y_range_name:v'
  ],
  [
    'Scatter',
    'angle:v angle_units:v decorations:v defs:v fill_alpha:v fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v hit_dilation:n line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v marker:v name:v size:v tags:v x:v y:v'
  ],
  [
    'Circle',
    'decorations:v fill_alpha:v fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v hit_dilation:n line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v radius:v radius_dimension:e radius_units:v tags:v x:v y:v'
  ],
  [
    'Line',
    'decorations:v line_alpha:n line_cap:e line_color:c line_dash:v line_dash_offset:n line_join:e line_width:n name:v tags:v x:v y:v'
  ],
  [
    'MultiLine',
    'decorations:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v tags:v xs:v ys:v'
  ],
  [
    'Step',
    'decorations:v line_alpha:n line_cap:e line_color:c line_dash:v line_dash_offset:n line_join:e line_width:n mode:e name:v pad_after:n pad_before:n tags:v x:v y:v'
  ],
  [
    'VArea',
    'decorations:v fill_alpha:n fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v name:v tags:v x:v y1:v y2:v'
  ],
  [
    'HArea',
    'decorations:v fill_alpha:n fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v name:v tags:v x1:v x2:v y:v'
  ],
  [
    'VAreaStep',
    'decorations:v fill_alpha:n fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v name:v step_mode:e tags:v x:v y1:v y2:v'
  ],
  [
    'HAreaStep',
    'decorations:v fill_alpha:n fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v name:v step_mode:e tags:v x1:v x2:v y:v'
  ],
  [
    'Patch',
    'decorations:v fill_alpha:n fill_color:c hatch_alpha:n hatch_color:c hatch_pattern:v hatch_scale:n hatch_weight:n line_alpha:n line_cap:e line_color:c line_dash:v line_dash_offset:n line_join:e line_width:n name:v tags:v x:v y:v'
  ],
  [
    'Patches',
    'decorations:v fill_alpha:v fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v tags:v xs:v ys:v'
  ],
  [
    'Segment',
    'decorations:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v tags:v x0:v x1:v y0:v y1:v'
  ],
  [
    'Ray',
    'angle:v angle_units:v decorations:v length:v length_units:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v tags:v x:v y:v'
  ],
  [
    'Rect',
    'angle:v angle_units:v border_radius:v decorations:v dilate:b fill_alpha:v fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v height:v height_units:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v tags:v width:v width_units:v x:v y:v'
  ],
  [
    'Quad',
    'border_radius:v bottom:v decorations:v fill_alpha:v fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v left:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v right:v tags:v top:v'
  ],
  [
    'VBar',
    'border_radius:v bottom:v decorations:v fill_alpha:v fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v tags:v top:v width:v width_units:v x:v'
  ],
  [
    'HBar',
    'border_radius:v decorations:v fill_alpha:v fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v height:v height_units:v left:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v right:v tags:v y:v'
  ],
  [
    'VSpan',
    'decorations:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v tags:v x:v'
  ],
  [
    'HSpan',
    'decorations:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v tags:v y:v'
  ],
  [
    'VStrip',
    'decorations:v fill_alpha:v fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v tags:v x0:v x1:v'
  ],
  [
    'HStrip',
    'decorations:v fill_alpha:v fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v tags:v y0:v y1:v'
  ],
  [
    'Text',
    'anchor:v angle:v angle_units:v background_fill_alpha:v background_fill_color:c background_hatch_alpha:v background_hatch_color:c background_hatch_pattern:v background_hatch_scale:v background_hatch_weight:v border_line_alpha:v border_line_cap:v border_line_color:c border_line_dash:v border_line_dash_offset:v border_line_join:v border_line_width:v border_radius:v decorations:v name:v outline_shape:v padding:v tags:v text:v text_align:v text_alpha:v text_baseline:v text_color:c text_font:v text_font_size:v text_font_style:v text_line_height:v text_outline_color:c text_outline_width:v x:v x_offset:v y:v y_offset:v'
  ],
  [
    'Wedge',
    'decorations:v direction:e end_angle:v end_angle_units:v fill_alpha:v fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v radius:v radius_units:v start_angle:v start_angle_units:v tags:v x:v y:v'
  ],
  [
    'Annulus',
    'decorations:v fill_alpha:v fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v inner_radius:v inner_radius_units:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v outer_radius:v outer_radius_units:v tags:v x:v y:v'
  ],
  [
    'Span',
    'coordinates:v dimension:e editable:b group:v hover_line_alpha:n hover_line_cap:e hover_line_color:c hover_line_dash:v hover_line_dash_offset:n hover_line_join:e hover_line_width:n level:e line_alpha:n line_cap:e line_color:c line_dash:v line_dash_offset:n line_join:e line_width:n location:v location_units:e name:v propagate_hover:b renderers:v tags:v visible:b x_range_name:v y_range_name:v'
  ],
  [
    'BoxAnnotation',
    'border_radius:v bottom:v bottom_limit:v bottom_units:e coordinates:v editable:b fill_alpha:n fill_color:c group:v handles:v hatch_alpha:n hatch_color:c hatch_pattern:v hatch_scale:n hatch_weight:n hover_fill_alpha:n hover_fill_color:c hover_hatch_alpha:n hover_hatch_color:c hover_hatch_pattern:v hover_hatch_scale:n hover_hatch_weight:n hover_line_alpha:n hover_line_cap:e hover_line_color:c hover_line_dash:v hover_line_dash_offset:n hover_line_join:e hover_line_width:n inverted:b left:v left_limit:v left_units:e level:e line_alpha:n line_cap:e line_color:c line_dash:v line_dash_offset:n line_join:e line_width:n max_height:n max_width:n min_height:n min_width:n movable:e name:v propagate_hover:b renderers:v resizable:e right:v right_limit:v right_units:e symmetric:b tags:v top:v top_limit:v top_units:e use_handles:b visible:b x_range_name:v y_range_name:v'
  ],
  [
    'PolyAnnotation',
    'coordinates:v editable:b fill_alpha:n fill_color:c group:v hatch_alpha:n hatch_color:c hatch_pattern:v hatch_scale:n hatch_weight:n hover_fill_alpha:n hover_fill_color:c hover_hatch_alpha:n hover_hatch_color:c hover_hatch_pattern:v hover_hatch_scale:n hover_hatch_weight:n hover_line_alpha:n hover_line_cap:e hover_line_color:c hover_line_dash:v hover_line_dash_offset:n hover_line_join:e hover_line_width:n level:e line_alpha:n line_cap:e line_color:c line_dash:v line_dash_offset:n line_join:e line_width:n name:v propagate_hover:b renderers:v tags:v visible:b x_range_name:v xs:v xs_units:e y_range_name:v ys:v ys_units:e'
  ],
  [
    'Label',
    'anchor:v angle:v angle_units:e background_fill_alpha:n background_fill_color:c background_hatch_alpha:n background_hatch_color:c background_hatch_pattern:v background_hatch_scale:n background_hatch_weight:n border_line_alpha:n border_line_cap:e border_line_color:c border_line_dash:v border_line_dash_offset:n border_line_join:e border_line_width:n border_radius:v coordinates:v direction:e editable:b group:v level:e name:v padding:v propagate_hover:b renderers:v tags:v text:v text_align:e text_alpha:n text_baseline:e text_color:c text_font:v text_font_size:v text_font_style:e text_line_height:n text_outline_color:c text_outline_width:n visible:b x:v x_offset:n x_range_name:v x_units:e y:v y_offset:n y_range_name:v y_units:e'
  ],
  [
    'LabelSet',
    'angle:v angle_units:v background_fill_alpha:v background_fill_color:c background_hatch_alpha:v background_hatch_color:c background_hatch_pattern:v background_hatch_scale:v background_hatch_weight:v border_line_alpha:v border_line_cap:v border_line_color:c border_line_dash:v border_line_dash_offset:v border_line_join:v border_line_width:v coordinates:v group:v level:e name:v propagate_hover:b renderers:v source:v tags:v text:v text_align:v text_alpha:v text_baseline:v text_color:c text_font:v text_font_size:v text_font_style:v text_line_height:v text_outline_color:c text_outline_width:v visible:b x:v x_offset:v x_range_name:v x_units:e y:v y_offset:v y_range_name:v y_units:e'
  ],
  [
    'Slope',
    'above_fill_alpha:n above_fill_color:c above_hatch_alpha:n above_hatch_color:c above_hatch_pattern:v above_hatch_scale:n above_hatch_weight:n below_fill_alpha:n below_fill_color:c below_hatch_alpha:n below_hatch_color:c below_hatch_pattern:v below_hatch_scale:n below_hatch_weight:n coordinates:v gradient:n group:v level:e line_alpha:n line_cap:e line_color:c line_dash:v line_dash_offset:n line_join:e line_width:n name:v propagate_hover:b renderers:v tags:v visible:b x_range_name:v y_intercept:n y_range_name:v'
  ],
  [
    'Band',
    'base:v base_units:v coordinates:v dimension:e fill_alpha:n fill_color:c group:v hatch_alpha:n hatch_color:c hatch_pattern:v hatch_scale:n hatch_weight:n level:e line_alpha:n line_cap:e line_color:c line_dash:v line_dash_offset:n line_join:e line_width:n lower:v lower_units:v name:v propagate_hover:b renderers:v source:v tags:v upper:v upper_units:v visible:b x_range_name:v y_range_name:v'
  ],
  [
    'Whisker',
    'base:v base_units:v coordinates:v dimension:e group:v level:e line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v lower:v lower_head:v lower_units:v name:v propagate_hover:b renderers:v source:v tags:v upper:v upper_head:v upper_units:v visible:b x_range_name:v y_range_name:v'
  ],
  [
    'Arrow',
    'coordinates:v end:v end_units:e group:v level:e line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v propagate_hover:b renderers:v source:v start:v start_units:e tags:v visible:b x_end:v x_range_name:v x_start:v y_end:v y_range_name:v y_start:v'
  ],
  [
    'OpenHead TeeHead',
    'line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v size:v tags:v'
  ],
  [
    'NormalHead VeeHead',
    'fill_alpha:v fill_color:c hatch_alpha:v hatch_color:c hatch_pattern:v hatch_scale:v hatch_weight:v line_alpha:v line_cap:v line_color:c line_dash:v line_dash_offset:v line_join:v line_width:v name:v size:v tags:v'
  ],
  [
    'AreaVisuals',
    'fill_alpha:n fill_color:c hatch_alpha:n hatch_color:c hatch_pattern:v hatch_scale:n hatch_weight:n hover_fill_alpha:n hover_fill_color:c hover_hatch_alpha:n hover_hatch_color:c hover_hatch_pattern:v hover_hatch_scale:n hover_hatch_weight:n hover_line_alpha:n hover_line_cap:e hover_line_color:c hover_line_dash:v hover_line_dash_offset:n hover_line_join:e hover_line_width:n line_alpha:n line_cap:e line_color:c line_dash:v line_dash_offset:n line_join:e line_width:n name:v tags:v'
  ],
  [
    'BoxInteractionHandles',
    'all:v bottom:v bottom_left:v bottom_right:v corners:v left:v move:v name:v resize:v right:v sides:v tags:v top:v top_left:v top_right:v'
  ],
  [
    'LinearColorMapper LogColorMapper',
    'domain:v high:n high_color:c low:n low_color:c name:v nan_color:c palette:c tags:v'
  ],
  [
    'CategoricalColorMapper',
    'end:n factors:v name:v nan_color:c palette:c start:n tags:v'
  ],
  [
    'CategoricalMarkerMapper',
    'default_value:v end:n factors:v markers:v name:v start:n tags:v'
  ],
  [
    'Dodge',
    'name:v range:v tags:v value:n'
  ],
  [
    'HoverTool',
    'anchor:e group:v limit:n line_policy:e mode:e muted_policy:e name:v point_policy:e renderers:v show_arrow:b sort_by:v tags:v toggleable:v visible:b'
  ],
  [
    'TapTool',
    'gesture:e group:v mode:e modifiers:v name:v renderers:v tags:v visible:b'
  ],
  [
    'LassoSelectTool PolySelectTool',
    'continuous:b greedy:b group:v mode:e name:v overlay:v persistent:b renderers:v select_every_mousemove:v tags:v visible:b'
  ],
  [
    'BoxSelectTool',
    'continuous:b dimensions:e greedy:b group:v mode:e name:v origin:e overlay:v persistent:b renderers:v select_every_mousemove:v tags:v visible:b'
  ],
  [
    'PanTool',
    'dimensions:e group:v name:v tags:v visible:b'
  ],
  [
    'WheelZoomTool',
    'dimensions:e group:v hit_test:b hit_test_behavior:v hit_test_mode:e level:n maintain_focus:b modifiers:v name:v renderers:v speed:n tags:v visible:b zoom_on_axis:b zoom_together:e'
  ],
  [
    'WheelPanTool',
    'dimension:e group:v modifiers:v name:v tags:v visible:b'
  ],
  [
    'BoxZoomTool',
    'dimensions:v group:v match_aspect:b name:v origin:e overlay:v tags:v visible:b'
  ],
  [
    'ResetTool SaveTool',
    'group:v name:v tags:v visible:b'
  ],
  [
    'CrosshairTool',
    'dimensions:e group:v line_alpha:n line_color:c line_width:n name:v overlay:v tags:v toggleable:v visible:b'
  ],
  [
    'ZoomInTool',
    'dimensions:e factor:n group:v level:n name:v renderers:v tags:v visible:b'
  ],
  [
    'ZoomOutTool',
    'dimensions:e factor:n group:v level:n maintain_focus:b name:v renderers:v tags:v visible:b'
  ],
  [
    'DocumentConfig',
    'name:v notifications:v reconnect_session:b tags:v'
  ],
  [
    'Notifications',
    'name:v tags:v visible:b'
  ],
  [
    'Node',
    'name:v offset:n symbol:v tags:v target:v'
  ],
  [
    'XY',
    'name:v tags:v x:v y:v'
  ],
  [
    'CoordinateMapping',
    'name:v tags:v x_scale:v x_source:v x_target:v y_scale:v y_source:v y_target:v'
  ],
];
