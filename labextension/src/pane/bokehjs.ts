/**
 * BokehJS, once a page: the copy that belongs to the installed Python `bokeh`, fetched when first needed.
 */

/* eslint-disable @typescript-eslint/no-explicit-any */

/** Two different BokehJS on one page would be two model registries; the first one stays, and we say so. */
export class VersionClash extends Error {
  constructor(
    readonly present: string,
    readonly wanted: string
  ) {
    super(
      `This page already runs BokehJS ${present}, and the figure was made with Bokeh ${wanted}. ` +
        'Save the notebook, reload the page and run the cell again.'
    );
  }
}

/** Versions agree when major and minor do: a patch release changes no model. */
export function versionsAgree(a: string, b: string): boolean {
  const key = (version: string) => version.split('.').slice(0, 2).join('.');
  return key(a) === key(b);
}

export type Source = () => Promise<ArrayBuffer>;

let loading: Promise<void> | null = null;

function present(): any {
  const bokeh = (globalThis as any).Bokeh;
  return bokeh && bokeh.__bokeh__ !== undefined ? bokeh : null;
}

/** The version of BokehJS on this page, or null when there is none. */
export function presentVersion(): string | null {
  return present()?.version ?? null;
}

/**
 * The page's BokehJS. `source` is called only when there is none and nobody is fetching it already;
 * when the one who fetches fails (its view was closed), the next one tries for itself.
 */
export async function bokehjs(wanted: string, source: Source): Promise<any> {
  while (!present()) {
    if (loading === null) {
      loading = source().then(run);
      try {
        await loading;
      } finally {
        loading = null;
      }
      if (!present()) {
        throw new Error('BokehJS was received but could not be started on this page.');
      }
    } else {
      await loading.catch(() => undefined);
    }
  }
  const bokeh = present();
  if (!versionsAgree(bokeh.version, wanted)) {
    throw new VersionClash(bokeh.version, wanted);
  }
  return bokeh;
}

/** Run the script as a file of its own: nothing of it is written into the page or the notebook. */
function run(source: ArrayBuffer): Promise<void> {
  return new Promise((done, fail) => {
    const script = document.createElement('script');
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    const end = (finish: () => void) => () => {
      URL.revokeObjectURL(url);
      script.remove();
      finish();
    };
    script.onload = end(done);
    script.onerror = end(() => fail(new Error('This page does not allow BokehJS to be started.')));
    script.src = url;
    document.head.appendChild(script);
  });
}
