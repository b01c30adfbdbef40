/**
 * Runs a node's work: one `done` an input, a status at every moment, abort on close, no rejection that escapes
 * (Node-RED ends on an unhandled one).
 */
import type { ConnectorError, ErrorCode } from '../src/errors.ts';
import { asConnectorError } from '../src/errors.ts';
import { redact } from '../src/log.ts';
import type { Logger } from '../src/log.ts';
import { heapGrowth } from './heap-growth.ts';
import type { Instance, Msg, RED } from './red.ts';
import { problemAtStart, refusalOf } from './red.ts';

/** How long a close waits for the work to end before it gives up on it. */
const CLOSE_WAIT_MS = 5_000;

/** Ends a close when its work has ended, well or not, or when {@link CLOSE_WAIT_MS} are over: a far end may never answer. */
export function endClose(work: Promise<unknown>, done: () => void): void {
  const patience = setTimeout(done, CLOSE_WAIT_MS);
  void work
    .catch(() => undefined)
    .finally(() => {
      clearTimeout(patience);
      done();
    });
}

/** Progress statuses are sent at most this often. */
const PROGRESS_INTERVAL_MS = 200;

export type StatusFill = 'grey' | 'blue' | 'green' | 'yellow' | 'red';

/** What a finished run shows: a text of the node's catalogue and whether it needs a look. */
export interface Outcome {
  readonly fill?: 'green' | 'yellow' | 'grey' | 'red';
  /** Key below `<type>.status.` in the node's catalogue. */
  readonly key: string;
  readonly values?: Readonly<Record<string, string | number>>;
}

/** What a handler gets beside the message. */
export interface Run {
  /** Fires when the node is closed. */
  readonly signal: AbortSignal;
  /** One message or null per output; never change a message after this. */
  send(outputs: (Msg | Msg[] | null)[]): void;
  /** Messages that have arrived and wait for their turn. */
  waiting(): readonly Msg[];
  /** Blue status with a live count; sent at most five times a second. */
  progress(key: string, values?: Readonly<Record<string, string | number>>): void;
  /** Yellow status: the work goes on, but somebody should know what it waits for. */
  warn(key: string, values?: Readonly<Record<string, string | number>>): void;
}

/** Null: the message was none of this node's business, and its status stays as it is. */
export type Handler = (msg: Msg, run: Run) => Promise<Outcome | null>;

/**
 * - `coalesce`: for nodes that a message starts. A start while a run is under way leads to one later run with the newest
 *   message; every start's `done` is called when the run that covers it has ended.
 * - `queue`: for nodes that work on each message, in order.
 */
export type InputMode = 'coalesce' | 'queue';

interface Job {
  msg: Msg;
  send: (outputs: (Msg | Msg[] | null)[]) => void;
  done: ((error?: Error) => void)[];
}

/** A status text from the node's own catalogue, or from the texts all nodes share. */
export function statusText(
  RED: RED,
  type: string,
  key: string,
  values: Readonly<Record<string, string | number>> = {},
): string {
  const full = key.startsWith('shared.') ? key : `${type}.status.${key}`;
  return RED._(full, values);
}

/** Sets a status with a text of the catalogue. */
export function showStatus(
  RED: RED,
  node: Instance,
  fill: StatusFill,
  key: string,
  values?: Readonly<Record<string, string | number>>,
): void {
  const shape = fill === 'grey' ? 'ring' : 'dot';
  node.status({ fill, shape, text: statusText(RED, node.type, key, values) });
}

/** Nothing is broken, but somebody should look. */
const YELLOW: readonly ErrorCode[] = ['ERR_READING_SECOND'];

/** Shows an error in the status: red, the short text of its code, which may name one of the error's details. */
export function showError(RED: RED, node: Instance, error: ConnectorError): void {
  const details = Object.entries(error.details).filter(
    (entry): entry is [string, string | number] => typeof entry[1] === 'string' || typeof entry[1] === 'number',
  );
  showStatus(
    RED,
    node,
    YELLOW.includes(error.code) ? 'yellow' : 'red',
    `shared.error.${error.code}`,
    Object.fromEntries(details),
  );
}

/** Node-RED's log of one node; every text is redacted. */
export function nodeLogger(node: Instance): Logger {
  const text = (message: string, fields?: Readonly<Record<string, unknown>>) =>
    redact(fields === undefined ? message : `${message} ${JSON.stringify(fields)}`);
  return {
    debug: (message, fields) => node.debug(text(message, fields)),
    info: (message, fields) => node.log(text(message, fields)),
    warn: (message, fields) => node.warn(text(message, fields)),
    error: (message, fields) => node.error(text(message, fields)),
  };
}

/** One message for two starts that wait, or null if they do not ask for the same: then each runs. */
export type CombineStarts = (waiting: Msg, newer: Msg) => Msg | null;

const takeNewer: CombineStarts = (_waiting, newer) => newer;

/**
 * Lets `handler` answer the node's input. The handler's outcome becomes the status; an error becomes a red status and
 * `done(error)` with a stable `code`, so that Catch nodes see it. A later message runs again: no redeploy is needed. A node
 * whose own fields cannot be meant is red from the start, and answers every input with that error.
 *
 * @param combine for `coalesce`: what two waiting starts come to; without it the newer one counts
 * @param evenSo messages that need none of the fields, and are answered whatever those hold
 */
export function onInput(
  RED: RED,
  node: Instance,
  mode: InputMode,
  handler: Handler,
  combine: CombineStarts = takeNewer,
  evenSo: (msg: Msg) => boolean = () => false,
): void {
  const closing = new AbortController();
  const answer: Handler = async (msg, run) => {
    const refusal = refusalOf(node);
    if (refusal !== null && !evenSo(msg)) throw refusal;
    return handler(msg, run);
  };
  const waiting: Job[] = [];
  let running: Promise<void> | null = null;

  const work = async (): Promise<void> => {
    const worked = heapGrowth.begin();
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const arrived = (): readonly Msg[] => waiting.map(({ msg }) => msg);
      const error = await runJob(RED, node, answer, job, { signal: closing.signal, waiting: arrived });
      for (const done of job.done) tellDone(node, done, error);
    }
    running = null;
    worked();
  };

  node.on('input', (msg, send, done) => {
    const job: Job = { msg: msg as Msg, send: send as Job['send'], done: [done] };
    const last = waiting.at(-1);
    const combined = mode === 'coalesce' && last !== undefined ? combine(last.msg, job.msg) : null;
    if (last !== undefined && combined !== null) {
      last.msg = combined;
      last.send = job.send;
      last.done.push(done);
      return;
    }
    waiting.push(job);
    running ??= work();
  });

  node.on('close', (_removed: boolean, done: () => void) => {
    closing.abort();
    const stopped = asConnectorError(Object.assign(new Error('closed'), { name: 'AbortError' }));
    for (const job of waiting.splice(0)) for (const end of job.done) end(stopped);
    if (running === null) return done();
    endClose(running, done);
  });

  const problem = problemAtStart(node);
  if (problem === null) showStatus(RED, node, 'grey', 'shared.status.ready');
  else showError(RED, node, problem);
}

/** What others do when a message is done may fail; it may not take this node's queue, or Node-RED, with it. */
function tellDone(node: Instance, done: (error?: Error) => void, error: Error | undefined): void {
  try {
    done(error);
  } catch (thrown) {
    node.error(asConnectorError(thrown));
  }
}

async function runJob(
  RED: RED,
  node: Instance,
  handler: Handler,
  job: Job,
  { signal, waiting }: Pick<Run, 'signal' | 'waiting'>,
): Promise<Error | undefined> {
  let progressAt = 0;
  try {
    const outcome = await handler(job.msg, {
      signal,
      waiting,
      send: (outputs) => {
        if (!signal.aborted) job.send(outputs);
      },
      progress: (key, values) => {
        if (signal.aborted || Date.now() - progressAt < PROGRESS_INTERVAL_MS) return;
        progressAt = Date.now();
        showStatus(RED, node, 'blue', key, values);
      },
      warn: (key, values) => {
        if (!signal.aborted) showStatus(RED, node, 'yellow', key, values);
      },
    });
    if (!signal.aborted && outcome !== null)
      showStatus(RED, node, outcome.fill ?? 'green', outcome.key, outcome.values);
    return undefined;
  } catch (thrown) {
    const error = asConnectorError(thrown);
    if (signal.aborted) showStatus(RED, node, 'grey', 'shared.status.stopped');
    else showError(RED, node, error);
    return error;
  }
}
