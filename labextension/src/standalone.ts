/** The stand-alone page: the figure of the page's own data, with no kernel and no server. */

/* eslint-disable @typescript-eslint/no-explicit-any */

import { Screen } from './pane/screen.js';
import type { Scene } from './pane/scene.js';

const NO_KERNEL = 'This page has no kernel. What moves in the browser moves; open the notebook to fit.';

function read(id: string): any {
  return JSON.parse(document.getElementById(id)?.textContent ?? 'null');
}

async function start(): Promise<void> {
  const place = document.getElementById('scalewidgets');
  const scene = read('scalewidgets-scene') as Scene | null;
  if (place === null || scene === null) {
    return;
  }
  place.replaceChildren();
  const still = read('scalewidgets-still') as string | null;
  const screen = new Screen(place, scene, {
    actions: {
      ask: () => Promise.reject(new Error(NO_KERNEL)),
      cancel: () => undefined,
      live: () => false,
      still: () => still
    }
  });
  screen.liveChanged(false);
  try {
    await screen.show((globalThis as any).Bokeh, scene);
  } catch (error) {
    screen.dispose();
    const sentence = document.createElement('p');
    sentence.className = 'sw-message';
    sentence.textContent = error instanceof Error ? error.message : String(error);
    place.append(sentence);
  }
}

void start();
