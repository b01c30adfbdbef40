/** `npm start` as a child: what it prints, line by line, and where its pages are. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../node-red.ts';

/** A running `npm start`. */
export interface StartChild {
  readonly url: string;
  /** All lines so far. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

/** Starts it on a free port with a flow of its own. Resolves when it has said where the flow editor is. */
export async function spawnStart(): Promise<StartChild> {
  const userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-pictures-'));
  const child = spawn(process.execPath, [join(root, 'scripts', 'start.ts')], {
    cwd: root,
    env: { ...process.env, PORT: '0', NODE_RED_USER_DIR: userDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const found = new Promise<string>((resolve, reject) => {
    reader.on('line', (line) => {
      lines.push(line);
      const url = /Flow editor +(\S+)/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`npm start ended with ${code}: ${lines.join('\n')}`)));
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) {
      child.kill('SIGINT');
      await once(child, 'exit');
    }
    rmSync(userDir, { recursive: true, force: true });
  };
  try {
    return { url: await found, lines, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
