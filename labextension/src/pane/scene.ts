/** The scene: what a kernel sends, what a notebook file keeps, and what a stand-alone page carries. */

import type { Values } from './store.js';

export interface BehaviourSpec {
  name: string;
  options: Record<string, unknown>;
}

export interface PackedArray {
  dtype: 'float64' | 'float32';
  shape: number[];
  base64: string;
}

export type Theme = 'light' | 'dark';
/** [model id, property, value] */
export type ThemeEntry = [string, string, unknown];

export interface SceneTable {
  columns: string[];
  rows: (string | number | null)[][];
}

export interface Scene {
  protocol: number;
  kind: string;
  bokeh: string;
  document: Record<string, unknown>;
  frame: Record<string, unknown>;
  state: Values;
  behaviours: BehaviourSpec[];
  arrays: Record<string, PackedArray>;
  summary: string;
  table: SceneTable;
  themes: Record<Theme, ThemeEntry[]>;
}
