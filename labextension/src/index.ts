import { commands } from './plugins/commands.js';
import { launcher } from './plugins/launcher.js';

export default [commands, launcher];
