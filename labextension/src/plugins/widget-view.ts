/** Model and view of a pane: the pane's framework-free parts inside an ipywidget. */

import { DOMWidgetModel, DOMWidgetView } from '@jupyter-widgets/base';
import { LiveScreen } from '../pane/live.js';
import { ownBuffers, type FromKernel, type Host } from '../pane/protocol.js';
import { modelClosed, modelCreated } from '../pane/registry.js';
import { VERSION } from '../version.js';

export class PaneModel extends DOMWidgetModel {
  override defaults() {
    return {
      ...super.defaults(),
      _model_name: 'PaneModel',
      _model_module: 'scalewidgets',
      _model_module_version: `^${VERSION}`,
      _view_name: 'PaneView',
      _view_module: 'scalewidgets',
      _view_module_version: `^${VERSION}`
    };
  }

  override initialize(...args: Parameters<DOMWidgetModel['initialize']>): void {
    super.initialize(...args);
    const { model_id } = this;
    modelCreated(model_id, this);
    this.once('destroy', () => modelClosed(model_id));
  }
}

/** The widget's connection as the pane wants it. */
class CommHost implements Host {
  constructor(private readonly model: DOMWidgetModel) {}

  get live(): boolean {
    return this.model.comm_live;
  }

  send(message: object, buffers?: ArrayBuffer[]): void {
    this.model.send(message as never, undefined, buffers);
  }

  on(callback: (message: FromKernel, buffers: ArrayBuffer[]) => void): () => void {
    const listener = (content: FromKernel, buffers: (ArrayBuffer | ArrayBufferView)[]) =>
      callback(content, ownBuffers(buffers ?? []));
    this.model.on('msg:custom', listener);
    return () => this.model.off('msg:custom', listener);
  }

  onLive(callback: (live: boolean) => void): () => void {
    const listener = () => callback(this.live);
    this.model.on('comm_live_update', listener);
    return () => this.model.off('comm_live_update', listener);
  }
}

export class PaneView extends DOMWidgetView {
  private screen: LiveScreen | null = null;

  override render(): void {
    this.el.classList.add('sw-pane');
    // BokehJS measures text and boxes: nothing is drawn before the element is on the page.
    void this.displayed.then(() => {
      if (this.screen === null && !this.removed) {
        this.screen = new LiveScreen(this.el, {
          host: new CommHost(this.model as DOMWidgetModel),
          version: VERSION,
          drawn: () => this.announce('scalewidgets:live', null),
          said: sentence => this.announce('scalewidgets:said', sentence),
          opened: model => void this.open(model)
        });
      }
    });
  }

  /** Another screen, below this one and in place of one that was opened before. */
  private async open(id: string): Promise<void> {
    const model = (await this.model.widget_manager.get_model(id)) as DOMWidgetModel;
    const view = await this.create_child_view<DOMWidgetView>(model);
    this.close();
    if (this.removed) {
      view.remove();
      return;
    }
    const box = document.createElement('section');
    box.className = 'sw-opened';
    const close = document.createElement('button');
    Object.assign(close, { type: 'button', className: 'sw-link sw-close', textContent: 'Close' });
    close.addEventListener('click', () => this.close());
    box.append(close, view.el);
    this.el.append(box);
    this.opened = { box, view };
    view.trigger('displayed');
    view.el.addEventListener('scalewidgets:live', () => box.scrollIntoView({ block: 'start', behavior: 'smooth' }), {
      once: true
    });
  }

  private close(): void {
    this.opened?.view.remove();
    this.opened?.box.remove();
    this.opened = null;
  }

  override remove(): void {
    this.close();
    this.removed = true;
    this.screen?.dispose();
    this.screen = null;
    return super.remove();
  }

  private announce(name: string, detail: string | null): void {
    this.el.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  private removed = false;
  private opened: { box: HTMLElement; view: DOMWidgetView } | null = null;
}
