#!/usr/bin/env node
// Plain old JavaScript on purpose: an old Node must be able to read this file far enough to say that it is old.
'use strict';
var version = process.versions.node.split('.').map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  process.stderr.write(
    'keyturn needs Node 20.19 or newer, and this is Node ' +
      process.versions.node +
      ': install a newer one from https://nodejs.org.\n',
  );
  process.exit(1);
}
var fs = require('node:fs');
var path = require('node:path');
// In a clone the sources run as they are; an installed package has only what was built from them.
if (fs.existsSync(path.join(__dirname, 'keyturn.ts'))) {
  import('tsx/esm/api').then((tsx) => {
    tsx.register();
    return import('./keyturn.ts');
  });
} else {
  import('../dist/bin/keyturn.js');
}
