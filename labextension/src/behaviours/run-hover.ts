/** `run-hover`: the run under the pointer is ringed in every figure, and told in words beside it. */

import { formatQuantity } from '../frame/format.js';
import type { Behaviour, Context } from './index.js';
import { NextFrame } from './frames.js';

export interface HoverOptions {
  source: string;
  ring: string;
  figures: string[];
}

function lineOf(...parts: [string, boolean][]): HTMLElement {
  const el = document.createElement('div');
  for (const [words, strong] of parts) {
    const span = document.createElement('span');
    span.textContent = words;
    if (strong) {
      span.className = 'sw-strong';
    }
    el.append(span);
  }
  return el;
}

export function startRunHover(options: HoverOptions, { view, live }: Context): Behaviour {
  const source = view.byName(options.source);
  const ring = view.byName(options.ring);
  if (!source || !ring) {
    return { dispose: () => undefined };
  }
  const card = document.createElement('div');
  card.className = 'sw-hover';
  card.hidden = true;
  let shown = -1;

  function describe(i: number): void {
    const at = (name: string) => Number(source.data[name][i]);
    const residual = at('residual') / 100;
    card.replaceChildren(
      lineOf([`Run ${at('run')}`, true], [`  ${formatQuantity(at('flops'), 'flops')}`, false]),
      lineOf([
        `${formatQuantity(at('params'), 'params')} parameters, ${formatQuantity(at('tokens'), 'tokens')} tokens`,
        false
      ]),
      lineOf(
        ['loss ', false],
        [at('loss').toFixed(3), true],
        [`, fit ${at('fitted').toFixed(3)}, `, false],
        [formatQuantity(residual, 'signed-percent'), true]
      )
    );
    if (live()) {
      card.append(lineOf(['Click to exclude · drag to lasso', false]));
    }
  }

  function place(i: number): void {
    const name = options.figures[0];
    const host = view.element(name);
    const plot = view.rootView(name);
    if (!host || !plot?.frame) {
      return;
    }
    if (card.parentElement !== host) {
      host.append(card);
    }
    const x = plot.frame.x_scale.compute(Number(source.data.flops[i]));
    const y = plot.frame.y_scale.compute(Number(source.data.loss[i]));
    const width = host.clientWidth;
    const left = x + 16 + 232 > width ? x - 16 - card.offsetWidth : x + 16;
    card.style.left = `${Math.max(0, left)}px`;
    card.style.top = `${Math.max(0, y - card.offsetHeight - 10)}px`;
  }

  const update = () => {
    const indices: number[] = source.inspected?.indices ?? [];
    const i = indices.length > 0 ? indices[0] : -1;
    if (i === shown) {
      return;
    }
    shown = i;
    const pick = (name: string) => (i < 0 ? [] : [Number(source.data[name][i])]);
    view.local(() => {
      ring.data = {
        flops: pick('flops'),
        loss: pick('loss'),
        params: pick('params'),
        residual: pick('residual')
      };
    });
    card.hidden = i < 0;
    if (i >= 0) {
      describe(i);
      place(i);
    }
  };
  // Other runs, or the same in other places: what was told is no longer under the pointer.
  const forget = () => {
    if (shown >= 0) {
      shown = -1;
      card.hidden = true;
      view.local(() => {
        ring.data = { flops: [], loss: [], params: [], residual: [] };
      });
    }
  };
  const replaced = source.properties.data.change;
  // A figure asks again what lies under the pointer after each painting: what to say to that is no part of it.
  const soon = new NextFrame(update);
  const inspected = () => soon.ask();
  source.inspect.connect(inspected);
  replaced.connect(forget);
  return {
    dispose() {
      source.inspect.disconnect(inspected);
      soon.cancel();
      replaced.disconnect(forget);
      card.remove();
    }
  };
}
