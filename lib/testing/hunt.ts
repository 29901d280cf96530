/**
 * Looks for secrets in a text: as they are, in base64 (wherever they begin in it), URL-encoded, escaped for JSON or HTML, and any stretch of
 * 12 characters of them. Answers where, and never what.
 */
export function findLeaks(text: string, secrets: readonly string[]): readonly { readonly secret: number; readonly at: number }[] {
  return secrets.flatMap((secret, index) => {
    const at = formsOf(secret)
      .map((form) => text.indexOf(form))
      .find((found) => found >= 0);
    return at === undefined ? [] : [{ secret: index, at }];
  });
}

const windowCharacters = 12;

function formsOf(secret: string): readonly string[] {
  const escaped = JSON.stringify(secret).slice(1, -1);
  const html = secret.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const whole = [secret, encodeURIComponent(secret), escaped, html, ...base64Forms(secret)];
  return [...new Set(whole.flatMap(windows))];
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
