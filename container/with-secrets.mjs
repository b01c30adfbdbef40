// Runs a command with the secrets in its environment: what NODE_RED_…_FILE and CONNECTOR_…_FILE name becomes NODE_RED_… and
// CONNECTOR_…. The image starts with it; use it as well for commands in the running container.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

/** Exit code of a wrong configuration, sysexits.h. */
const EX_CONFIG = 78;

function refuse(what) {
  process.stderr.write(`${what}\n`);
  process.exit(EX_CONFIG);
}

const env = { ...process.env };
for (const [variable, file] of Object.entries(process.env)) {
  const [, name] = /^((?:NODE_RED|CONNECTOR)_\w+)_FILE$/.exec(variable) ?? [];
  if (name === undefined) continue;
  if (env[name] !== undefined) refuse(`Both ${name} and ${variable} are set. Set one of them.`);
  try {
    env[name] = readFileSync(file, 'utf8').trim();
  } catch (error) {
    refuse(
      `${variable} names ${file}, which cannot be read (${error.code}). User ${process.getuid()} must be able to.`,
    );
  }
  if (env[name] === '') refuse(`${variable} names ${file}, which is empty.`);
}

const [command, ...words] = process.argv.slice(2);
if (command === undefined) refuse('Give the command to run.');
const child = spawn(command, words, { env, stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => refuse(`${command} cannot be started (${error.code}).`));
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
