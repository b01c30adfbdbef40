/** Building the engine with the dotnet SDK. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const FOLDER = import.meta.dirname;

/** Path of the built engine. */
export const ENGINE_ASSEMBLY: string = join(FOLDER, 'build', 'bin', 'ExchangeEngine.dll');

/** Version of the dotnet SDK on the PATH, or null. */
export function dotnetVersion(): string | null {
  const { status, stdout } = spawnSync('dotnet', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/**
 * Restores and builds. Takes some 20 s the first time, some 3 s when nothing changed.
 * @returns what the compiler said if it failed, null if it did not
 */
export function buildEngine(): string | null {
  const output = join(FOLDER, 'build', 'bin');
  const { status, stdout, stderr } = spawnSync(
    'dotnet',
    ['build', join(FOLDER, 'engine'), '-c', 'Release', '-o', output, '--nologo', '-v', 'quiet'],
    { encoding: 'utf8', env: { ...process.env, DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_NOLOGO: '1' } },
  );
  return status === 0 ? null : `${stdout}\n${stderr}`;
}
