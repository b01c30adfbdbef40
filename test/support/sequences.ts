/** Core Split and Join nodes, and nodes between them that take their time. */
import type { Consumer, FlowNode } from './node-red.ts';

/** A core Split node, as the editor saves it: arrays into single messages, unless told otherwise. */
export function aSplit(id: string, to: string, own: Record<string, unknown> = {}): FlowNode {
  const untouched = {
    splt: '\\n',
    spltType: 'str',
    arraySpltType: 'len',
    stream: false,
    addname: '',
    property: 'payload',
  };
  return { id, type: 'split', ...untouched, arraySplt: 1, wires: [[to]], ...own };
}

/** A core Join node that puts together again what a Split node made. */
export function aJoin(id: string, to: string): FlowNode {
  return { id, type: 'join', mode: 'auto', wires: [[to]] };
}

/** A node that takes its messages one after the other, as one that asks a server for each does; it counts what it holds. */
export function serialConsumer(): { consumer: Consumer; held(): number; most(): number; taken(): number } {
  const waiting: (() => void)[] = [];
  let [most, taken] = [0, 0];
  const work = (): void => {
    setImmediate(() => {
      waiting[0]?.();
      waiting.shift();
      if (waiting.length > 0) work();
    });
  };
  return {
    consumer: (msg, send, done) => {
      waiting.push(() => {
        taken += 1;
        send(msg);
        done();
      });
      most = Math.max(most, waiting.length);
      if (waiting.length === 1) work();
    },
    held: () => waiting.length,
    most: () => most,
    taken: () => taken,
  };
}

/** A node that is done with its oldest message when it is told to be; it counts what it got and what it holds. */
export function tellingConsumer(): { consumer: Consumer; answer(): void; held(): number; taken(): number } {
  const waiting: (() => void)[] = [];
  let taken = 0;
  return {
    consumer: (_msg, _send, done) => {
      taken += 1;
      waiting.push(done);
    },
    answer: () => waiting.shift()?.(),
    held: () => waiting.length,
    taken: () => taken,
  };
}
