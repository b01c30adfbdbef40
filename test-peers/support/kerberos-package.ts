/** The package `kerberos`, which users install themselves: built from npm into a folder of its own, and found from there. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

let built: Promise<boolean> | null = null;

/**
 * From then on `import('kerberos')` finds it in this process. Built once a process.
 * @returns false: it cannot be built here
 */
export function kerberosPackage(): Promise<boolean> {
  built ??= build();
  return built;
}

async function build(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'kerberos-package-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const args = ['install', '--no-audit', '--no-fund', '--silent', '--prefix', folder, 'kerberos@7'];
  try {
    await promisify(execFile)('npm', args);
    const url = pathToFileURL(createRequire(join(folder, 'x.js')).resolve('kerberos')).href;
    registerHooks({
      resolve: (name, context, next) => (name === 'kerberos' ? { url, shortCircuit: true } : next(name, context)),
    });
    return true;
  } catch {
    process.stdout.write('  skipped: the package "kerberos" cannot be built here (libkrb5-dev, build-essential)\n');
    return false;
  }
}
