/** `finish-fit`: a large table is drawn before its fit is done; what is left is asked for as soon as it stands. */

import type { Behaviour, Context } from './index.js';

export function startFinishFit({ ask, live }: Context): Behaviour {
  if (live()) {
    void ask('finish', {});
  }
  return { dispose: () => undefined };
}
