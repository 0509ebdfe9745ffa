/** The launcher card, in a section of its own. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { CommandIDs, DOMAIN } from './commands.js';
import { loadIcon } from './icon.js';

export const launcher: JupyterFrontEndPlugin<void> = {
  id: 'scalewidgets:launcher',
  description: 'Adds the launcher card "Scaling-law notebook".',
  autoStart: true,
  optional: [ILauncher, ITranslator],
  activate: async (
    _app: JupyterFrontEnd,
    launcher: ILauncher | null,
    translator: ITranslator | null
  ): Promise<void> => {
    if (!launcher) {
      return;
    }
    // First the icon: a card drawn without one stays an empty frame.
    await loadIcon();
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    launcher.add({
      command: CommandIDs.newNotebook,
      category: trans.__('Scaling laws'),
      rank: 1,
      categoryRank: 10 // after the notebooks, before the consoles
    });
  }
};
