// Reads questions as JSON on standard input, answers them with the browser's formula and format modules.
// Usage: node browser_twin.mjs LIB < questions.json > answers.json

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const lib = pathToFileURL(`${process.argv[2]}/`);
const { compileFormula, parseFormula, typeset } = await import(new URL('formula/index.js', lib));
const { formatInterval, formatQuantity } = await import(new URL('frame/format.js', lib));
const questions = JSON.parse(readFileSync(0, 'utf8'));

const escaped = text =>
  text.replace(/[&<>"']/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' })[c]);

function html(pieces) {
  return pieces
    .map(piece => {
      if (typeof piece === 'string') {
        return escaped(piece);
      }
      return piece.kind === 'variable'
        ? `<i>${escaped(piece.text)}</i>`
        : `<${piece.kind}>${html(piece.pieces)}</${piece.kind}>`;
    })
    .join('');
}

function refusal(text) {
  try {
    parseFormula(text);
    return null;
  } catch (error) {
    return error.name === 'FormulaError' ? error.message : `not a refusal: ${error.stack}`;
  }
}

const answers = {
  laws: questions.laws.map(({ formula, labels, env }) => {
    const tree = parseFormula(formula);
    const arrays = Object.fromEntries(Object.entries(env).map(([name, list]) => [name, Float64Array.from(list)]));
    const run = compileFormula(formula);
    const each = arrays[Object.keys(env)[0]].map((_, i) =>
      run(Object.fromEntries(Object.entries(env).map(([name, list]) => [name, list[i]])))
    );
    return { tree, html: html(typeset(tree, labels)), together: [...run(arrays)], each: [...each] };
  }),
  refusals: questions.texts.map(refusal),
  quantities: questions.quantities.map(([value, kind, digits]) => formatQuantity(value, kind, digits ?? undefined)),
  intervals: questions.intervals.map(([low, high, kind]) => formatInterval(low, high, kind))
};
process.stdout.write(JSON.stringify(answers));
