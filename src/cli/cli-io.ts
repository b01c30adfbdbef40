/** What a command needs of the world around it; a test hands in its own. */
import type { Writable } from 'node:stream';

export interface CliIo {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True if stderr is a terminal: progress is shown there. */
  readonly isTerminal: boolean;
  /** Characters a line of the terminal holds; null if stdout is not one: then tables are not cut. */
  readonly columns: number | null;
  /** Fires when the user or the system asks to stop. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970; absent: the system's clock. */
  readonly now?: () => number;
}

/** Exit codes of every command. */
export const ExitCode = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Writes and waits until the stream takes more; rejects when its far end is gone (`| head`). */
export function write(stream: Writable, text: string): Promise<void> {
  if (stream.destroyed || stream.errored) return Promise.reject(stream.errored ?? new Error('EPIPE'));
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
