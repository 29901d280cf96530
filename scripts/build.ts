/** Builds `dist`, which is what the package ships: JavaScript, its types, and the few files that are plain JavaScript already. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
for (const file of readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.mjs')) continue;
  mkdirSync(dirname(join(root, 'dist/lib', file)), { recursive: true });
  copyFileSync(join(root, 'lib', file), join(root, 'dist/lib', file));
}
