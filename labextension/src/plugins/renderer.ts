/**
 * The renderer of saved figures: the still picture at once; the live widget when there is one in this page;
 * else, without a kernel, the figure as it was saved.
 */

/* eslint-disable @typescript-eslint/no-explicit-any */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Panel, Widget } from '@lumino/widgets';
import { versionsAgree, type Source } from '../pane/bokehjs.js';
import { whenModel } from '../pane/registry.js';
import { StillView } from '../pane/still.js';

const MIME_TYPE = 'application/vnd.scalewidgets.figure+json';
const WIDGET_MIME_TYPE = 'application/vnd.jupyter.widget-view+json';
/** Before the widget renderer (-10): it would show "Loading widget…" for ever where there is no kernel. */
const RANK = -20;
/** A widget that is alive has a model by then, on a fresh page too once its kernel has answered. */
const PATIENCE_MS = 1500;

type Settings = JupyterFrontEnd['serviceManager']['serverSettings'];

class FigureRenderer extends Panel implements IRenderMime.IRenderer {
  private still: StillView | null = null;
  private live: Widget | null = null;
  private stops: (() => void)[] = [];

  constructor(private readonly settings: Settings) {
    super();
    this.addClass('sw-output');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.reset();
    const place = new Widget();
    place.addClass('sw-saved');
    this.addWidget(place);
    const still = new StillView(place.node, {
      scene: model.data[MIME_TYPE],
      svg: model.data['image/svg+xml'],
      bokeh: version => serverBokeh(this.settings, version)
    });
    this.still = still;
    const wake = (said?: string) => this.whenSeen(() => void still.wake(said));
    const id = (model.data[WIDGET_MIME_TYPE] as any)?.model_id;
    if (!model.trusted || typeof id !== 'string' || id === '') {
      wake();
      return;
    }
    const timer = setTimeout(wake, PATIENCE_MS);
    this.stops.push(
      () => clearTimeout(timer),
      whenModel(id, widget => {
        clearTimeout(timer);
        void this.adopt(widget, wake);
      })
    );
  }

  override dispose(): void {
    this.reset();
    super.dispose();
  }

  /** Put a live view in the place of the picture, once it has drawn something. */
  private async adopt(widget: any, wake: (said?: string) => void): Promise<void> {
    const view = await widget.widget_manager.create_view(widget);
    const live: Widget = view.luminoWidget;
    if (this.isDisposed || this.still === null) {
      live.dispose();
      return;
    }
    this.live = live;
    live.addClass('sw-arriving');
    live.node.addEventListener('scalewidgets:live', () => {
      live.removeClass('sw-arriving');
      this.still?.dispose();
      this.still = null;
      this.widgets.filter(child => child !== live).forEach(child => child.dispose());
    });
    live.node.addEventListener('scalewidgets:said', event => {
      const sentence = (event as CustomEvent<string | null>).detail;
      if (sentence !== null) {
        wake(sentence);
      }
    });
    live.disposed.connect(() => {
      // The widget was closed on purpose: its output goes, as with every widget.
      if (!this.isDisposed && this.live === live && this.still === null) {
        this.hide();
      }
    });
    this.addWidget(live);
  }

  /** A notebook may hold many saved figures; each is drawn when a reader comes near it. */
  private whenSeen(run: () => void): void {
    const observer = new IntersectionObserver(
      entries => {
        if (entries.some(entry => entry.isIntersecting)) {
          observer.disconnect();
          run();
        }
      },
      { rootMargin: '400px' }
    );
    observer.observe(this.node);
    this.stops.push(() => observer.disconnect());
  }

  private reset(): void {
    this.stops.splice(0).forEach(stop => stop());
    this.still?.dispose();
    this.still = null;
    this.live = null;
    [...this.widgets].forEach(child => child.dispose());
  }
}

/** The BokehJS of the server's own installed bokeh. */
function serverBokeh(settings: Settings, wanted: string): Source {
  const get = async (path: string): Promise<Response> => {
    const headers: Record<string, string> = settings.token ? { Authorization: `token ${settings.token}` } : {};
    const request = new settings.Request(`${settings.baseUrl}scalewidgets/${path}`, { ...settings.init, headers, cache: 'default' });
    return settings.fetch.call(null, request);
  };
  return async () => {
    const answer = await get('bokehjs').catch(() => null);
    const have = answer?.ok ? ((await answer.json()) as { version: string | null }).version : null;
    if (have === null) {
      throw new Error('The server has no BokehJS to draw this figure with. Run the cell to draw it.');
    }
    if (!versionsAgree(have, wanted)) {
      throw new Error(`This figure was saved with Bokeh ${wanted}, and the server has ${have}. Run the cell to draw it.`);
    }
    const script = await get(`bokehjs/${have}.js`);
    if (!script.ok) {
      throw new Error('The server did not give BokehJS. Run the cell to draw this figure.');
    }
    return script.arrayBuffer();
  };
}

export const rendererPlugin: JupyterFrontEndPlugin<void> = {
  id: 'scalewidgets:renderer',
  description: 'Shows saved scalewidgets figures, with a kernel or without.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (app: JupyterFrontEnd, rendermime: IRenderMimeRegistry) => {
    rendermime.addFactory(
      {
        safe: true,
        mimeTypes: [MIME_TYPE],
        createRenderer: () => new FigureRenderer(app.serviceManager.serverSettings)
      },
      RANK
    );
  }
};
