// Builds the stand-alone page's one script (pane + frame + formula + behaviours, no JupyterLab)
// into the Python package, where `to_html()` reads it. Rspack is already here through @jupyter/builder.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rspack } from '@rspack/core';

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(here, '../scalewidgets/pane/static');
mkdirSync(out, { recursive: true });
const styles = ['base.css', 'maps.css', 'pane.css'].map(name => readFileSync(resolve(here, 'style', name), 'utf8'));
writeFileSync(resolve(out, 'standalone.css'), styles.join('\n'));
const entry = resolve(here, 'lib/standalone.js');
if (!existsSync(entry)) {
  throw new Error(`${entry} is missing: run "npm run build:lib" first`);
}
await new Promise((done, fail) => {
  rspack(
    {
      mode: 'production',
      devtool: false,
      entry,
      output: { path: out, filename: 'standalone.js' },
      performance: { hints: false }
    },
    (error, stats) => {
      if (error || stats.hasErrors()) {
        fail(error ?? new Error(stats.toString()));
      } else {
        done();
      }
    }
  );
});
