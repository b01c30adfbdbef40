/**
 * `npm run test:powershell [-- --engine DIR]`: our client against Microsoft's own PowerShell engine.
 * DIR holds samples of the engine's serializer (engine-values.jsonl, engine-objects.jsonl) to compare with.
 */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Mocha from 'mocha';
import { readCommandLine } from '../../../scripts/command-line.ts';
import { buildEngine, dotnetVersion } from './engine-assembly.ts';

const { values } = readCommandLine(
  `
npm run test:powershell -- [--engine DIR] [--grep TEXT]

This client against Microsoft's own PowerShell engine. Needs dotnet on the PATH; without it nothing is tried.

  --engine DIR   samples of the engine's serializer (engine-values.jsonl, engine-objects.jsonl) to compare with
  --grep TEXT    only the tests whose name has this text
`,
  { engine: { type: 'string' }, grep: { type: 'string' } },
);
process.exitCode = await main(values.engine ?? null, values.grep ?? null);
// A test that failed may have left a front behind; its engines end with us.
setTimeout(() => process.exit(), 5_000).unref();

async function main(samples: string | null, grep: string | null): Promise<number> {
  const version = dotnetVersion();
  if (version === null) {
    console.log('dotnet is not on the PATH: the PowerShell engine cannot be built, nothing was tried.');
    console.log('0 passed, 0 failed, 1 skipped');
    return 0;
  }
  console.log(`Building the engine with dotnet ${version} …`);
  const failure = buildEngine();
  if (failure !== null) {
    console.log(failure);
    console.log('0 passed, 1 failed, 0 skipped');
    return 1;
  }
  if (samples !== null) process.env['ENGINE_SAMPLES'] = resolve(samples);
  return runTests(grep);
}

async function runTests(grep: string | null): Promise<number> {
  const mocha = new Mocha({ timeout: 120_000, ...(grep !== null && { grep }) });
  for (const file of readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.peer.ts'))
    .sort())
    mocha.addFile(join(import.meta.dirname, file));
  await mocha.loadFilesAsync();
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  const runner = mocha.run(end);
  await ended;
  const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
  console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
  return failures === 0 && passes > 0 ? 0 : 1;
}
