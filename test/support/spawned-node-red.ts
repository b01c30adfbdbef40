/** Node-RED as a process of its own, as a user starts it. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../scripts/free-port.ts';

/** Node-RED in a process of its own. */
export interface SpawnedNodeRed {
  readonly url: string;
  /** All it has printed. */
  printed(): string;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
  /** Ends it without a word, as a power cut does. */
  kill(): Promise<void>;
  readonly pid: number;
  /** True until it has ended. */
  isAlive(): boolean;
  /** Resolves once it has ended, by whatever. */
  readonly ended: Promise<void>;
  /** Hands a message to what was loaded before it. */
  tell(message: object): void;
}

/** How it is started. */
export interface SpawnOptions {
  /** Arguments of Node.js before the program, as `--import` of a module. */
  readonly nodeArgs?: readonly string[];
  /** Environment variables beside this process's. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What the process says when its flows run. */
const STARTED = 'flows:started';

/**
 * Starts Node-RED and returns once its flows run.
 * @param program Its `red.js`.
 * @param userDir Holds flows and packages; the settings file is written there.
 * @param settings What the test needs beyond a quiet Node-RED on loopback.
 * @throws Error with all it printed when it ends before.
 */
export async function spawnNodeRed(
  program: string,
  userDir: string,
  settings: Readonly<Record<string, unknown>>,
  { nodeArgs = [], env = {} }: SpawnOptions = {},
): Promise<SpawnedNodeRed> {
  const port = await freePort();
  const file = join(userDir, 'settings.cjs');
  const all = {
    uiHost: '127.0.0.1',
    uiPort: port,
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, projects: { enabled: false }, palette: { catalogues: [] } },
    logging: { console: { level: 'info' } },
    ...settings,
  };
  // What it prints when its flows run is in the language of its settings; the event is in none.
  const util = `require(require.resolve('@node-red/util', { paths: [${JSON.stringify(program)}] }))`;
  const tells = `${util}.events.once('flows:started', () => process.send(${JSON.stringify(STARTED)}));`;
  writeFileSync(file, `${tells}\nmodule.exports = ${JSON.stringify(all)};`);
  const child = spawn(process.execPath, [...nodeArgs, program, '--userDir', userDir, '--settings', file], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.on('message', (message) => {
      if (message === STARTED) resolve();
    });
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('exit', (code) => reject(new Error(`Node-RED ended with ${code}:\n${output}`)));
  });
  const end = (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    child.kill(signal);
    return ended;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    printed: () => output,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    pid: child.pid ?? 0,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    ended,
    tell: (message) => void child.send(message),
  };
}
