/** The widget plugin: a scalewidgets figure as an ipywidget. */

import { IJupyterWidgetRegistry } from '@jupyter-widgets/base';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { VERSION } from '../version.js';

export const widgetPlugin: JupyterFrontEndPlugin<void> = {
  id: 'scalewidgets:widget',
  description: 'Draws live scalewidgets figures.',
  autoStart: true,
  requires: [IJupyterWidgetRegistry],
  activate: (_app: JupyterFrontEnd, registry: IJupyterWidgetRegistry) => {
    registry.registerWidget({
      name: 'scalewidgets',
      version: VERSION,
      exports: async () => (await import('./widget-view.js')) as never
    });
  }
};
