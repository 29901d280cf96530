import { looksPasted } from './pasted-secret.ts';
import { secretArnPattern } from './secret-id.ts';
import type { Fault, Sheet } from './sheet.ts';
import { type Path, pathText } from './wording.ts';

/** `prose` is written for people, and links in it look like secrets; an `identifier` is said by its plug-in to look like one. */
export type Meaning = 'prose' | 'identifier' | 'name';

/** Looks at every text of a file, and at every name of a field. What it finds is told without being shown. */
export function pastedSecrets(sheet: Sheet, meaningAt: (path: Path) => Meaning): readonly Fault[] {
  const faults: Fault[] = [];
  look(sheet.value, []);
  return faults;

  function look(value: unknown, path: Path): void {
    if (typeof value === 'string') judgeText(value, path);
    if (typeof value !== 'object' || value === null) return;
    for (const [name, each] of Object.entries(value)) {
      const here = [...path, Array.isArray(value) ? Number(name) : name];
      if (!Array.isArray(value)) judgeText(name, here, 'name');
      look(each, here);
    }
  }

  function judgeText(text: string, path: Path, on?: 'name'): void {
    const looks = looksPasted(text);
    if (looks === undefined) return;
    const meaning = on === 'name' ? 'name' : meaningAt(path);
    if (meaning === 'identifier' || (looks === 'random' && secretArnPattern.test(text))) return;
    const subject = on === 'name' ? 'The name of a field' : `\`${pathText(path)}\``;
    const at = on === undefined ? { path } : { path, on };
    if (meaning === 'prose' && looks === 'random') {
      const message = `${subject} holds something that may be the value of a secret; it is not shown here.`;
      faults.push({ ...at, code: 'maybe-secret', message, fix: 'If it is one, remove it and revoke it; a link is fine.' });
    } else {
      const message = `${subject} looks like the value of a secret; it is not shown here.`;
      // The way out for a name that only looks like one.
      const isName = (path[0] === 'secret' || path.at(-1) === 'authority') && looks === 'random';
      const or = isName ? ' If it is the name of a secret, write its full ARN.' : '';
      const fix = `Write the name of a secret instead, and revoke this one: whoever can read the file has it.${or}`;
      faults.push({ ...at, code: 'pasted-secret', message, fix });
    }
  }
}
