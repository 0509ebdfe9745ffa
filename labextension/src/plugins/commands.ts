/** The commands of the palette category "Scaling laws". */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, SemanticCommand } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { scalingLawIcon } from './icon.js';

/** Every command id of the extension. */
export const CommandIDs = {
  newNotebook: 'scalewidgets:new-notebook'
} as const;

/** The translation domain of every label of the extension. */
export const DOMAIN = 'scalewidgets';

/** The three lines that a new scaling-law notebook opens with. */
export const FIRST_CELL = [
  'import scalewidgets as sw',
  'runs = sw.load("chinchilla")',
  'sw.LawFitter(runs)'
].join('\n');

/** Return the kernel to start: the server's default if it speaks Python, else the first that does. */
async function pythonKernel(app: JupyterFrontEnd): Promise<string | undefined> {
  const { kernelspecs } = app.serviceManager;
  await kernelspecs.ready;
  const known = kernelspecs.specs?.kernelspecs ?? {};
  const first = kernelspecs.specs?.default ?? '';
  if (known[first]?.language.toLowerCase() === 'python') {
    return first;
  }
  return Object.keys(known).find(name => known[name]?.language.toLowerCase() === 'python');
}

/** Put the three lines into the first cell of a fresh notebook and run it once its kernel answers. */
async function fillAndRun(app: JupyterFrontEnd, panel: NotebookPanel): Promise<void> {
  await panel.context.ready;
  const shared = panel.content.model?.sharedModel;
  if (!shared || panel.isDisposed) {
    return;
  }
  // The application inserts an empty cell into an empty notebook, of whatever type the user prefers.
  const first = shared.cells[0];
  if (first?.cell_type === 'code' && first.source === '') {
    first.setSource(FIRST_CELL);
  } else {
    shared.insertCell(0, { cell_type: 'code', source: FIRST_CELL });
  }
  panel.content.activeCellIndex = 0;
  await panel.sessionContext.ready;
  if (!panel.isDisposed) {
    // Names the panel: the user may have turned to another notebook while the kernel was starting.
    await app.commands.execute('notebook:run-all-cells', { [SemanticCommand.WIDGET]: panel.id });
  }
}

export const commands: JupyterFrontEndPlugin<void> = {
  id: 'scalewidgets:commands',
  description: 'Adds the command "New scaling-law notebook" and its palette entry.',
  autoStart: true,
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    app.commands.addCommand(CommandIDs.newNotebook, {
      label: args =>
        args.isPalette ? trans.__('New scaling-law notebook') : trans.__('Scaling-law notebook'),
      caption: trans.__('Open a notebook with public training runs and a scaling law fitted to them'),
      icon: args => (args.isPalette ? undefined : scalingLawIcon()),
      // Hosts without notebook editing (a dashboard, say) have no such command.
      isEnabled: () => app.commands.hasCommand('notebook:create-new'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            cwd: { type: 'string', description: trans.__('The folder to create the notebook in') },
            isPalette: { type: 'boolean', description: trans.__('Whether the command palette asks') }
          }
        }
      },
      execute: async args => {
        const panel = (await app.commands.execute('notebook:create-new', {
          cwd: (args.cwd as string | undefined) ?? '',
          kernelName: (await pythonKernel(app)) ?? ''
        })) as NotebookPanel | undefined;
        if (panel?.context) {
          // Not awaited: the launcher gives way as soon as it is handed the panel.
          void fillAndRun(app, panel);
        }
        return panel;
      }
    });
    palette?.addItem({
      command: CommandIDs.newNotebook,
      category: trans.__('Scaling laws'),
      args: { isPalette: true }
    });
  }
};
