/** `drag-target`: the diamond is a handle; along the compute axis it changes the tokens at one size. */

import type { Behaviour, Context } from './index.js';
import { startHandle } from './handle.js';

export interface DragOptions {
  figure: string;
  flopsPerParamToken: number;
}

/** One press of an arrow key. */
const STEP = 1.05;

export function startDragTarget(options: DragOptions, { store, view }: Context): Behaviour {
  const setTokens = (tokens: number) => {
    store.set({ 'target.tokens': Number(tokens.toPrecision(3)) }, 'user');
  };
  return startHandle(
    {
      figure: options.figure,
      label: 'Target: drag, or use the arrow keys, to change its tokens',
      at: () => [store.number('answer.flops'), store.number('answer.loss')],
      drag(flops) {
        const params = store.number('target.params');
        if (flops > 0 && params > 0) {
          setTokens(flops / (options.flopsPerParamToken * params));
        }
      },
      step: (right, up) => setTokens(store.number('target.tokens') * STEP ** (right + up)),
      done: () => store.commit(['target.tokens'])
    },
    store,
    view
  );
}
