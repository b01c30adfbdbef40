/** What all nodes share: each input is done once, in order, and no failure ends Node-RED. */
import assert from 'node:assert/strict';
import { onInput } from '../../nodes/on-input.ts';
import type { Handler, InputMode } from '../../nodes/on-input.ts';

type Done = (error?: Error) => void;

/** A node as far as the input handling looks at it. */
function bareNode(mode: InputMode, handler: Handler) {
  const handlers = new Map<string, (...all: never[]) => void>();
  const statuses: { fill: string; text: string }[] = [];
  const errors: string[] = [];
  const node = {
    type: 'eas-source',
    on: (event: string, listener: (...all: never[]) => void) => handlers.set(event, listener),
    status: ({ fill, text }: { fill: string; text: string }) => statuses.push({ fill, text }),
    error: (error: Error) => errors.push(error.message),
  };
  onInput({ _: (key: string) => key } as never, node as never, mode, handler);
  const emit = (event: string, ...all: unknown[]): void => (handlers.get(event) as (...all: unknown[]) => void)(...all);
  return {
    statuses,
    errors,
    input: (id: string, done: Done) => emit('input', { _msgid: id }, () => undefined, done),
    close: () => new Promise<void>((resolve) => emit('close', false, resolve)),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('input of a node', () => {
  it('goes on with the next message when what follows on "done" fails', async () => {
    const ended: string[] = [];
    const node = bareNode('queue', () => Promise.resolve({ key: 'read' }));
    node.input('first', () => {
      throw new Error('a hook of another package');
    });
    node.input('second', () => ended.push('second'));
    await turn();
    assert.deepEqual(ended, ['second']);
    assert.equal(node.errors.length, 1);
    assert.match(node.errors[0] ?? '', /a hook of another package/);
  });

  it('works on queued messages one after the other, in order', async () => {
    const seen: string[] = [];
    const node = bareNode('queue', async (msg) => {
      seen.push(`begin ${msg._msgid}`);
      await turn();
      seen.push(`end ${msg._msgid}`);
      return { key: 'read' };
    });
    await Promise.all(['a', 'b'].map((id) => new Promise<void>((resolve) => node.input(id, () => resolve()))));
    assert.deepEqual(seen, ['begin a', 'end a', 'begin b', 'end b']);
  });

  it('is done with everything that waits, once, when it is closed, and begins nothing more', async () => {
    const ended: string[] = [];
    const begun: (string | undefined)[] = [];
    const node = bareNode('queue', (msg, run) => {
      begun.push(msg._msgid);
      return new Promise((_resolve, reject) =>
        run.signal.addEventListener('abort', () => reject(run.signal.reason as Error)),
      );
    });
    for (const id of ['a', 'b', 'c']) {
      node.input(id, (error) => ended.push(`${id} ${(error as { code?: string } | undefined)?.code}`));
    }
    await node.close();
    assert.deepEqual(begun, ['a']);
    assert.deepEqual(ended.sort(), ['a ERR_ABORTED', 'b ERR_ABORTED', 'c ERR_ABORTED']);
    assert.deepEqual(node.statuses.at(-1), { fill: 'grey', text: 'shared.status.stopped' });
  });

  it('takes any value that is thrown for an error with a code', async () => {
    const codes: (string | undefined)[] = [];
    const node = bareNode('queue', () => Promise.reject('a text' as unknown as Error));
    node.input('a', (error) => codes.push((error as { code?: string } | undefined)?.code));
    await turn();
    assert.deepEqual(codes, ['ERR_INTERNAL']);
    assert.deepEqual(node.statuses.at(-1), { fill: 'red', text: 'shared.error.ERR_INTERNAL' });
  });
});
