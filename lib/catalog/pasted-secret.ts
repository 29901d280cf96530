// What a secret looks like when somebody pastes it into a file. It is a guess by nature, so it is made twice: strictly, to refuse a
// file, and loosely, to keep something out of a message.

/** `known`: it has the form of a certain vendor's key. `random`: nobody would have typed it. */
export type Look = 'known' | 'random';

/** Whether something in the text looks like the value of a secret. */
export function looksPasted(text: string): Look | undefined {
  if (findKnown(text).length > 0) return 'known';
  return findRandom(text, strict).length > 0 ? 'random' : undefined;
}

/** The text with everything that might be a secret replaced by as many stars. */
export function conceal(text: string): string {
  let shown = text;
  for (const [from, to] of [...findKnown(text), ...findRandom(text, loose)]) {
    shown = shown.slice(0, from) + '*'.repeat(to - from) + shown.slice(to);
  }
  return shown;
}

type Range = readonly [from: number, to: number];

const prefixes = [
  ...['gh[pousr]_', 'github_pat_', 'glpat-', 'gl[a-z]{2,5}-', 'npm_', 'pypi-', 'rubygems_', 'dckr_(?:pat|oat)_', 'hf_'],
  ...['sk-', '[sr]k_(?:live|test)_', 'whsec_', 'xox[a-z]-', 'xapp-', 'AIza', 'ya29\\.', 'SG\\.', 'do[opr]_v1_', 'shp[a-z]{2}_'],
  ...['lin_api_', 'ntn_', 'secret_', 'dp\\.[a-z]{2}\\.', 'nfp_', 'sntry[su]_', 'hv[sb]\\.', 'pul-', 'key-', 'canary-', 'v1\\.0-'],
];
const prefixed = new RegExp(`(?<![A-Za-z0-9])(?:${prefixes.join('|')})([\\w+/=.~-]{16,})`, 'g');
const shapes = [
  /-----BEGIN [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE)[A-Z ]*-----/g,
  /(?<![A-Za-z0-9_-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*/g, // a JSON Web Token
  /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g, // an AWS access key id
  /(?<=[a-z][a-z0-9+.-]*:\/\/)[^\s/?#@:]*:[^\s/?#@]+(?=@)/gi, // user and password in an address
];

function findKnown(text: string): readonly Range[] {
  const found = shapes.flatMap((shape) => [...text.matchAll(shape)].map((match) => rangeOf(match)));
  for (const match of text.matchAll(prefixed)) {
    // A name such as `canary-deployment-of-the-shop` begins like a key and goes on in words.
    if (isMixed(match[1] ?? '') && wordShare(match[1] ?? '') < 0.5) found.push(rangeOf(match));
  }
  return found;
}

interface Measure {
  /** The shortest run of letters and digits that is looked at, and how much of it may be words. */
  readonly run: number;
  readonly runWords: number;
  /** The same for runs that hold the other characters of Base64. */
  readonly wide: number;
  readonly wideWords: number;
}

const strict: Measure = { run: 20, runWords: 0.5, wide: 32, wideWords: 0.35 };
const loose: Measure = { run: 16, runWords: 0.6, wide: 24, wideWords: 0.5 };

function findRandom(text: string, measure: Measure): readonly Range[] {
  const found: Range[] = [];
  for (const match of text.matchAll(/[A-Za-z0-9]+/g)) {
    const [run] = match;
    if (run.length >= measure.run && isMixed(run) && !isNamed(run, measure.runWords)) found.push(rangeOf(match));
  }
  for (const match of text.matchAll(/[A-Za-z0-9+/=_-]+/g)) {
    const [run] = match;
    const hasAll = /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run);
    if (run.length >= measure.wide && hasAll && wordShare(run) < measure.wideWords) found.push(rangeOf(match));
  }
  return found;
}

function rangeOf(match: RegExpMatchArray): Range {
  const from = match.index ?? 0;
  return [from, from + match[0].length];
}

function isMixed(text: string): boolean {
  return (/\d/.test(text) && /[A-Za-z]/.test(text)) || /[a-z][A-Z]/.test(text);
}

/** Whether it is made of words, with a few numbers among them, and perhaps with the hash that CloudFormation puts behind a name. */
function isNamed(run: string, words: number): boolean {
  const name = run.replace(/(?<=[a-z])[0-9A-F]{8}$/, '');
  return wordShare(name) >= words && (name.match(/\d+/g) ?? []).length < 4;
}

/** How much of a text stands in what could be words: four letters or more that can be spoken. */
function wordShare(text: string): number {
  const letters = text.match(/[A-Z]?[a-z]{3,}|[A-Z]{4,}/g) ?? [];
  const words = letters.filter((word) => word.length >= 4 && /[aeiouy]/i.test(word) && !/[^aeiouy]{5}|[aeiou]{4}/i.test(word));
  return words.join('').length / text.length;
}
