/** Systems against the cost that is chosen, and what moves an axis: shared by both screens of test-time sampling. */

import type { View } from './index.js';
import type { Columns } from './testtime-map.js';

export interface SystemAxis {
  columns: Columns;
  range: [number, number];
  ticks: Record<string, string>;
  title: string;
}

export type Put = (columns: Columns) => void;

/** Put columns into their sources; what is the same object as before is on screen already. */
export function columnWriter(view: View): Put {
  const drawn: Columns = {};
  return columns => {
    for (const [name, data] of Object.entries(columns)) {
      if (drawn[name] !== data) {
        drawn[name] = data;
        const source = view.byName(name);
        if (source) {
          source.data = data;
        }
      }
    }
  };
}

/** Give an axis other ticks; the same ones are left alone. */
export function setTicks(view: View, name: string, ticks: Readonly<Record<string, string>>): void {
  const axis = view.byName(name);
  const at = Object.keys(ticks).map(Number);
  if (axis && String(axis.ticker.ticks) !== String(at)) {
    axis.major_label_overrides = new Map(Object.entries(ticks).map(([key, words]) => [Number(key), words]));
    axis.ticker.ticks = at;
  }
}

export function showAxis(view: View, put: Put, axis: SystemAxis): void {
  const [start, end] = axis.range;
  view.byName('systems-x')?.setv({ start, end });
  setTicks(view, 'systems-cost-axis', axis.ticks);
  view.byName('systems-cost-title')?.setv({ text: axis.title });
  put(axis.columns);
}

/** The systems against one unit of cost; where that is not known of them, none. */
export function showSystems(view: View, put: Put, axes: Readonly<Record<string, SystemAxis>>, unit: string): void {
  const axis = Object.hasOwn(axes, unit) ? axes[unit] : null;
  if (axis) {
    showAxis(view, put, axis);
    return;
  }
  const any = Object.values(axes)[0];
  if (any) {
    put(emptied(any.columns));
  }
}

function emptied(columns: Columns): Columns {
  return Object.fromEntries(
    Object.entries(columns).map(([name, data]) => [
      name,
      Object.fromEntries(Object.keys(data).map(column => [column, [] as number[]]))
    ])
  );
}
