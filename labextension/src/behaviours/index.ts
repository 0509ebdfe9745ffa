/** What a control does in the browser: a document names behaviours and carries their data, never code. */

import type { Store, Value } from '../pane/store.js';
import { startAdvisor, type AdvisorOptions } from './advisor.js';
import { startAllocator, type AllocatorOptions } from './allocator.js';
import { startApproaches } from './approaches.js';
import type { ColumnOptions as ApproachesOptions } from './approaches-columns.js';
import { startDragTarget, type DragOptions } from './drag-target.js';
import { startFinishFit } from './finish-fit.js';
import { startLawCurves, type CurveOptions } from './law-curves.js';
import { startLawResiduals, type ResidualOptions } from './law-residuals.js';
import { startOtherLaws, type OtherLawOptions } from './other-laws.js';
import { startPickExponents, type PickExponentOptions } from './pick-exponents.js';
import { startPickRuns, type PickOptions } from './pick-runs.js';
import { startRecipes, type RecipeOptions } from './recipes.js';
import { startRunHover, type HoverOptions } from './run-hover.js';
import { startStudy, type StudyOptions } from './study.js';
import { startTestTimeSystems, type SystemsOptions } from './testtime-systems.js';
import { startTestTime, type TestTimeOptions } from './testtime.js';

/** The part of a drawn document that behaviours may use. */
export interface View {
  /** The Bokeh model of this (unique) name, or null. */
  byName(name: string): any;
  /** Run changes that stay in the browser: they are never forwarded to the kernel. */
  local(change: () => void): void;
  /** The Bokeh view of the root of this name (for scales and pointer positions), or null. */
  rootView(name: string): any;
  /** The element into which the root of this name is drawn. */
  element(name: string): HTMLElement | null;
}

export interface Context {
  store: Store;
  view: View;
  arrays: Readonly<Record<string, Float64Array>>;
  /** Ask the kernel; what it says against it is shown in the frame. Done when the kernel is. */
  ask(action: string, args: Record<string, Value>): Promise<void>;
  /** Ask for what nobody waits for: no progress line, nothing to cancel; `asked.{action}` tells how far it is. */
  background?(action: string, args: Record<string, Value>): void;
  /** Is there a kernel to ask? */
  live(): boolean;
}

export interface Behaviour {
  dispose(): void;
  /** The law was fitted anew: go on with these options and arrays, and draw what they change before returning. */
  renew?(options: Record<string, unknown>, arrays: Readonly<Record<string, Float64Array>>): void;
}

export type Start = (options: Record<string, unknown>, context: Context) => Behaviour;

const BEHAVIOURS: Readonly<Record<string, Start>> = {
  advisor: (options, context) => startAdvisor(options as unknown as AdvisorOptions, context),
  allocator: (options, context) => startAllocator(options as unknown as AllocatorOptions, context),
  approaches: (options, context) => startApproaches(options as unknown as ApproachesOptions, context),
  'finish-fit': (_options, context) => startFinishFit(context),
  'law-curves': (options, context) => startLawCurves(options as unknown as CurveOptions, context),
  'law-residuals': (options, context) => startLawResiduals(options as unknown as ResidualOptions, context),
  'other-laws': (options, context) => startOtherLaws(options as unknown as OtherLawOptions, context),
  'pick-exponents': (options, context) => startPickExponents(options as unknown as PickExponentOptions, context),
  'pick-runs': (options, context) => startPickRuns(options as unknown as PickOptions, context),
  recipes: (options, context) => startRecipes(options as unknown as RecipeOptions, context),
  study: (options, context) => startStudy(options as unknown as StudyOptions, context),
  'test-time': (options, context) => startTestTime(options as unknown as TestTimeOptions, context),
  'test-time-systems': (options, context) =>
    startTestTimeSystems(options as unknown as SystemsOptions, context),
  'run-hover': (options, context) => startRunHover(options as unknown as HoverOptions, context),
  'drag-target': (options, context) => startDragTarget(options as unknown as DragOptions, context)
};

/** Start the behaviour of this name; an unknown name is an error in words, shown to the reader. */
export function startBehaviour(name: string, options: Record<string, unknown>, context: Context): Behaviour {
  if (!Object.hasOwn(BEHAVIOURS, name)) {
    throw new Error(
      `This figure asks for "${name}", which this version of scalewidgets does not know. Update scalewidgets.`
    );
  }
  return BEHAVIOURS[name](options, context);
}
