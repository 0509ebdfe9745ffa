/** The frame of a screen as it stands in a scene: words, controls and places, never code or markup. */

import type { Value } from '../pane/store.js';

export type Role = 'plain' | 'answer' | 'quiet' | 'strong' | 'warning' | 'plan';
export type Level = 'fine' | 'waiting' | 'warning' | 'error';

export type Run =
  | { text: string; role?: Role }
  | { value: string; kind: string; role?: Role; digits?: number; within?: [string, string] }
  | { interval: [string, string]; kind: string; role?: Role };

/** Shown when every key of `when` has its value; of several lines the first that holds. */
export interface Line {
  runs: Run[];
  when?: Record<string, Value>;
  level?: Level;
  /** Fewer words, for a narrow screen. */
  short?: string;
}

/** Something that a click asks of the kernel. */
export interface Ask {
  label: string;
  ask: string;
  args?: Record<string, Value>;
  /** The reader first chooses a file of these kinds; its name and text travel with the request. */
  file?: string;
}

/** A link to a figure of the same screen, which is opened where it is folded. */
export interface Show {
  label: string;
  show: string;
}

export interface Option {
  value: string;
  label: string;
  /** Heading under which the entry stands, together with its neighbours of the same group. */
  group?: string;
}

/** A link that sets what controls hold: only what is drawn changes, so no kernel is asked. */
export interface Setting {
  label: string;
  set: Record<string, Value>;
}

/** A link that shows and hides what stands below: the key goes between "on" and "off". */
export interface Toggle {
  label: string;
  toggle: string;
}

export interface SelectItem {
  kind: 'select';
  key: string;
  label: string;
  /** 'browser': only what is drawn changes; otherwise the kernel is asked. */
  where?: 'browser' | 'kernel';
  options: Option[];
  /** The mark by which figures know what is chosen. */
  mark?: Mark;
  /** Few words at the right of the menu. */
  note?: string;
  when?: Record<string, Value>;
}

export interface Mark {
  shape: 'circle' | 'triangle' | 'square' | 'inverted_triangle';
  colour: 'a' | 'b' | 'c' | 'd';
}

/** One of few, all in sight; unless it says so only what is drawn changes, and no kernel is asked. */
export interface SegmentsItem {
  kind: 'segments';
  key: string;
  label: string;
  where?: 'browser' | 'kernel';
  options: { value: string; label: string }[];
  when?: Record<string, Value>;
}

/** On or off; only what is drawn changes. Where it cannot be switched on, it says what is missing. */
export interface SwitchItem {
  kind: 'switch';
  key: string;
  label: string;
  lacking?: string;
  when?: Record<string, Value>;
}

/** Figures side by side, as text. */
export interface TableItem {
  kind: 'table';
  label: string;
  columns: { label: string; colour?: Mark['colour'] }[];
  rows: { label: string; cells: string[]; quiet?: boolean }[];
  when?: Record<string, Value>;
}

export interface SliderItem {
  kind: 'slider';
  key: string;
  label: string;
  scale: 'log' | 'linear';
  low: number;
  high: number;
  format: string;
  /** 'browser': answers while dragging; 'kernel': asks on release. */
  where: 'browser' | 'kernel';
  start: number;
  note?: Line[];
  /** The key of what one printed unit is worth: the slider holds FLOP and prints GPU-hours. */
  per?: string;
  /** Whole numbers only. */
  whole?: boolean;
  /** Shown only while these keys have these values. */
  when?: Record<string, Value>;
}

export interface CoefficientItem {
  kind: 'coefficient';
  key: string;
  name: string;
  label: string;
  meaning: string;
  scale: 'log' | 'linear';
  low: number;
  high: number;
  interval: [number, number] | null;
  format: string;
  fit: number;
}

export interface NoteItem {
  kind: 'note';
  lines: Line[];
  action?: Ask;
}

export interface FormulaItem {
  kind: 'formula';
  formula: string;
  output: string;
  labels: Record<string, string>;
}

export type Item = SelectItem | SegmentsItem | SwitchItem | SliderItem | CoefficientItem | NoteItem | FormulaItem | TableItem;

export interface Section {
  id: string;
  heading: string;
  /** What the folded section says. */
  folded: Line[];
  aside?: Ask | { note: string } | Show | Setting | Toggle;
  /** Never folded on a narrow screen (the target sliders). */
  open?: boolean;
  /** Folded to one line in a compact screen. */
  fold?: boolean;
  items: Item[];
}

export interface Legend {
  label: string;
  colours: { light: string[]; dark: string[] };
  ticks: { at: number; label: string }[];
}

/** A table as a figure: its words follow the controls. */
export interface FigureTable {
  label: string;
  /** Heading of the column of labels. */
  corner?: string;
  columns: { label: string; role?: 'answer' | 'plan' }[];
  /** Without a row of headings. */
  bare?: boolean;
  /** Colours of dots before the labels, by place; a row names the key of its place. */
  swatches?: { light: string[]; dark: string[] };
  rows: { label: Line[]; cells: Line[][]; strong?: boolean; swatch?: string }[];
}

export interface FigurePlace {
  root: string;
  /** Halves and columns stand side by side in place of a main figure; `beside` stands at its right. */
  place: 'main' | 'inset' | 'small' | 'half' | 'beside' | 'column';
  title: Line[];
  note: Line[];
  height: number;
  folded?: Line[];
  legend?: Legend;
  /** Numbers in rows in place of a drawing. */
  table?: FigureTable;
  /** Numbers in rows below the drawing of a column. */
  rows?: FigureTable;
  /** Rows of words and numbers around a drawing: beside a map there must be much room. */
  wide?: boolean;
  /** There is no empty ground for this inset. */
  hidden?: boolean;
  /** Fractions of the main figure that an inset covers: left, top, right, bottom. */
  box?: [number, number, number, number];
}

export interface Notice {
  level: Level;
  runs: Run[];
  repairs: Ask[];
}

export interface EmptyState {
  button: Ask;
  link: Ask;
}

export interface FrameSpec {
  label: string;
  mode: 'compact' | 'full';
  phase: 'ready' | 'empty' | 'refused';
  sentence: Line[];
  second: Line[];
  conventions: string[];
  sections: Section[];
  figures: FigurePlace[];
  trust: Line[];
  notice: Notice | null;
  empty: EmptyState | null;
  /** Lines of Python that rebuild what is on screen. */
  code: Line[];
}
