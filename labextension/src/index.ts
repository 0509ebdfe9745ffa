/** The extension: small plugins, each of which works without the others. */

import { rendererPlugin } from './plugins/renderer.js';
import { widgetPlugin } from './plugins/widget.js';

export default [widgetPlugin, rendererPlugin];
