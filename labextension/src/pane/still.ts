/**
 * A figure from a file: first the still picture, then, without a kernel, the figure itself.
 *
 * The picture is shown as an image, never as part of the page: nothing in it can run or load.
 */

/* eslint-disable @typescript-eslint/no-explicit-any */

import { bokehjs, type Source } from './bokehjs.js';
import { definitionsFirst } from './order.js';
import { inflate, readScene } from './safety.js';
import { Screen } from './screen.js';
import type { Scene } from './scene.js';

export interface StillOptions {
  /** The saved scene, not yet looked at. */
  scene: unknown;
  svg: unknown;
  /** The BokehJS for figures of this version, or a sentence why there is none. */
  bokeh(version: string): Source;
}

const LARGEST_SVG = 8_000_000;
const NO_KERNEL = 'No kernel is behind this figure. What moves in the browser still moves; run the cell to fit.';

export class StillView {
  private readonly picture = document.createElement('div');
  private readonly message = document.createElement('p');
  private screen: Screen | null = null;
  private url: string | null = null;
  private woken = false;
  private disposed = false;

  constructor(
    private readonly el: HTMLElement,
    private readonly options: StillOptions
  ) {
    this.picture.className = 'sw-still';
    this.message.className = 'sw-message';
    this.message.setAttribute('role', 'status');
    this.message.hidden = true;
    el.append(this.picture, this.message);
    this.showPicture();
  }

  /** Draw the figure itself, if the file may; `said` replaces the usual sentence. */
  async wake(said: string = NO_KERNEL): Promise<void> {
    if (this.woken || this.disposed) {
      return;
    }
    this.woken = true;
    const stage = document.createElement('div');
    try {
      const verdict = await readScene(this.options.scene);
      if (!verdict.ok) {
        throw new Error(verdict.why);
      }
      const scene: Scene = { ...verdict.scene, document: definitionsFirst(verdict.scene.document) };
      await inflate(scene.document);
      const bokeh = await bokehjs(scene.bokeh, this.options.bokeh(scene.bokeh));
      if (this.disposed) {
        return;
      }
      // It is drawn beside the picture and unseen, so that there is no moment without a figure.
      stage.className = 'sw-arriving';
      this.el.append(stage);
      const screen = new Screen(stage, scene, {
        actions: {
          ask: () => Promise.reject(new Error(NO_KERNEL)),
          cancel: () => undefined,
          live: () => false,
          still: () => (typeof this.options.svg === 'string' ? this.options.svg : null)
        }
      });
      this.screen = screen;
      screen.liveChanged(false);
      await screen.show(bokeh, scene);
      if (this.disposed) {
        screen.dispose();
        return;
      }
      this.say(said, true);
      stage.className = '';
      this.picture.hidden = true;
    } catch (error) {
      this.screen?.dispose();
      this.screen = null;
      stage.remove();
      this.say(`${error instanceof Error ? error.message : String(error)} This is the still picture.`, false);
    }
  }

  /** For tests: the Bokeh model of this name, when the figure is drawn. */
  model(name: string): any {
    return this.screen?.model(name) ?? null;
  }

  dispose(): void {
    this.disposed = true;
    this.screen?.dispose();
    this.picture.remove();
    this.message.remove();
    if (this.url !== null) {
      URL.revokeObjectURL(this.url);
    }
  }

  private say(sentence: string, quiet: boolean): void {
    this.message.textContent = sentence;
    this.message.dataset.quiet = String(quiet);
    this.message.hidden = false;
  }

  private showPicture(): void {
    const { svg, scene } = this.options;
    if (typeof svg !== 'string' || svg.length === 0 || svg.length > LARGEST_SVG) {
      return;
    }
    this.url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    const image = document.createElement('img');
    const summary = (scene as any)?.summary;
    image.alt = typeof summary === 'string' ? summary.slice(0, 2000) : 'Figure';
    image.src = this.url;
    this.picture.append(image);
  }
}
