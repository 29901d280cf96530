import { runCli } from '../lib/cli/main.ts';

await runCli(process.argv);
