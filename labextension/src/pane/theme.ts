/** Light or dark: what JupyterLab says, else what the reader's system says. */

import type { Theme } from './scene.js';

const QUERY = '(prefers-color-scheme: dark)';

export function currentTheme(): Theme {
  const lab = document.body.dataset.jpThemeLight;
  if (lab !== undefined) {
    return lab === 'false' ? 'dark' : 'light';
  }
  return matchMedia(QUERY).matches ? 'dark' : 'light';
}

/** Call back whenever the theme changes; returns how to stop. */
export function watchTheme(callback: (theme: Theme) => void): () => void {
  let last = currentTheme();
  const check = () => {
    const now = currentTheme();
    if (now !== last) {
      last = now;
      callback(now);
    }
  };
  const observer = new MutationObserver(check);
  observer.observe(document.body, { attributes: true, attributeFilter: ['data-jp-theme-light'] });
  const media = matchMedia(QUERY);
  media.addEventListener('change', check);
  return () => {
    observer.disconnect();
    media.removeEventListener('change', check);
  };
}
