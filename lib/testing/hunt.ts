/**
 * Looks for secrets in a text: as they are, in base64 (wherever they begin in it), URL-encoded, escaped for JSON or HTML, and any stretch of
 * 12 characters of all that. `wholeOnly` leaves the stretches out, for texts that may hold a ref which the vendor made a part of the value.
 * Answers where, and never what.
 */
export function findLeaks(
  text: string,
  secrets: readonly string[],
  { wholeOnly = false }: { readonly wholeOnly?: boolean } = {},
): readonly { readonly secret: number; readonly at: number }[] {
  return secrets.flatMap((secret, index) => {
    const at = (wholeOnly ? wholeForms(secret) : [...new Set(wholeForms(secret).flatMap(windows))])
      .map((form) => text.indexOf(form))
      .find((found) => found >= 0);
    return at === undefined ? [] : [{ secret: index, at }];
  });
}

const windowCharacters = 12;

function wholeForms(secret: string): readonly string[] {
  const escaped = JSON.stringify(secret).slice(1, -1);
  const html = secret.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return [secret, encodeURIComponent(secret.replace(/[\ud800-\udfff]/gu, '\ufffd')), escaped, html, ...base64Forms(secret)];
}

/** A stretch that begins at any of the three places in base64's rhythm; what depends on the neighbours is cut off. */
function base64Forms(secret: string): readonly string[] {
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.from(`${' '.repeat(shift)}${secret}`, 'utf8').toString('base64');
    const inner = encoded.slice(shift === 0 ? 0 : 4, encoded.length - 4);
    return inner.length < windowCharacters ? [] : [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function windows(form: string): readonly string[] {
  if (form.length <= windowCharacters) return form.length === 0 ? [] : [form];
  return Array.from({ length: form.length - windowCharacters + 1 }, (_, start) => form.slice(start, start + windowCharacters));
}
