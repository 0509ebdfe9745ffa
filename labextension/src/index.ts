/** The extension: small plugins, each of which works without the others. */

import { commands } from './plugins/commands.js';
import { launcher } from './plugins/launcher.js';
import { rendererPlugin } from './plugins/renderer.js';
import { widgetPlugin } from './plugins/widget.js';

export default [widgetPlugin, rendererPlugin, commands, launcher];
