/** A table from the reader's own machine: chosen or dropped, read as text, never written anywhere. */

export interface TextFile {
  [key: string]: string;
  name: string;
  text: string;
}

/** Larger tables should be read by Python, where nothing has to travel through the page. */
const LIMIT = 20_000_000;

async function read(file: File): Promise<TextFile> {
  if (file.size > LIMIT) {
    throw new Error(
      `${file.name} has ${(file.size / 1e6).toFixed(0)} MB; a page takes up to 20 MB. ` +
        'Read it in Python instead: sw.LawFitter(sw.read_runs("…")).'
    );
  }
  return { name: file.name, text: await file.text() };
}

/** Let the reader choose a file; null when they changed their mind. */
export function chooseFile(kinds: string): Promise<TextFile | null> {
  return new Promise((done, fail) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = kinds;
    input.addEventListener('change', () => {
      const file = input.files?.[0];
      file ? read(file).then(done, fail) : done(null);
    });
    input.addEventListener('cancel', () => done(null));
    input.click();
  });
}

/** Take a file that is dropped on `el`; returns how to stop. */
export function dropFile(el: HTMLElement, take: (file: TextFile) => void): () => void {
  const over = (event: DragEvent) => {
    if (event.dataTransfer?.types.includes('Files')) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const drop = (event: DragEvent) => {
    const file = event.dataTransfer?.files[0];
    if (file) {
      event.preventDefault();
      event.stopPropagation();
      void read(file).then(take);
    }
  };
  el.addEventListener('dragover', over);
  el.addEventListener('drop', drop);
  return () => {
    el.removeEventListener('dragover', over);
    el.removeEventListener('drop', drop);
  };
}
