// ministack unpacks a function's layers but does not mount them at /opt, as Lambda does. Loaded into every function before its own code.
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const { delimiter, join } = require('node:path');

const layers = (process.env._LAMBDA_LAYERS_DIRS ?? '').split(delimiter).filter((folder) => folder !== '');
const mounted = (path) => {
  if (typeof path !== 'string' || !path.startsWith('/opt/')) return path;
  const inside = path.slice('/opt/'.length);
  // As in Lambda, a later layer covers an earlier one.
  return layers.map((folder) => join(folder, inside)).findLast((candidate) => fs.existsSync(candidate)) ?? path;
};
if (layers.length > 0) {
  const { readFileSync } = fs;
  fs.readFileSync = (path, ...rest) => readFileSync(mounted(path), ...rest);
  syncBuiltinESMExports();
}
