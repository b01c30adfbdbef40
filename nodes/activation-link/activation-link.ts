import type { IncomingMessage, ServerResponse } from 'node:http';
import { isRefusal } from '../../src/activation/activation-decision.ts';
import { answerVisit } from '../../src/activation/answer-visit.ts';
import { TOKEN_FIELD } from '../../src/activation/activation-page.ts';
import type { LinkClaims } from '../../src/activation/link-token.ts';
import { VisitAlarm } from '../../src/activation/visit-alarm.ts';
import type { VisitCounts } from '../../src/activation/visit-alarm.ts';
import { asConnectorError, ConnectorError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { easRecordKey, foldEasId } from '../../src/model/keys.ts';
import type { EasRecord } from '../../src/model/records.ts';
import type { Store } from '../../src/store/store.ts';
import { connectionOf } from '../connections.ts';
import { showError, showStatus } from '../on-input.ts';
import type { Definition, Instance, Msg, RED } from '../red.ts';
import { refusalOf, registerNode, textOf } from '../red.ts';

/** A pressed button sends one short field. */
const MAX_FORM_BYTES = 8 * 1024;

const MINUTE_MS = 60_000;
/** Refused visits are told together: a minute after the first, then at most once an hour. */
const REFUSED = { gatherMs: MINUTE_MS, everyMs: 60 * MINUTE_MS };
/** A failure of this connector is told at once, and again at most once an hour. */
const FAILED = { gatherMs: 0, everyMs: 60 * MINUTE_MS };

type Request = IncomingMessage & {
  readonly path: string;
  readonly query: Record<string, unknown>;
  readonly body?: unknown;
};
/** One activation link at its path. Of several with the same path the first serves; the next takes over when it goes. */
interface Page {
  answer(request: Request, response: ServerResponse): Promise<void>;
  /** Its turn has come. */
  begin(): void;
}

/** Serves the page behind the link in the mail, and sends an activation when its button was pressed. */
export default function activationLink(RED: RED): void {
  // One handler for good: routes of an Express router cannot be taken back, the nodes behind it come and go.
  const pages = new Map<string, Page[]>();
  // By node: a deploy makes a new node of the same id, and neither loses the count nor rings again.
  const refusals = new Map<string, VisitAlarm>();
  RED.httpNode.use((request, response, next) => {
    const page = pages.get(withoutSlashes(request.path))?.[0];
    if (page === undefined || !['GET', 'HEAD', 'POST'].includes(request.method)) return next();
    void page.answer(request as never, response);
  });

  registerNode(RED, 'activation-link', (node, definition) => {
    const refusal = refusalOf(node);
    if (refusal !== null) showError(RED, node, refusal);
    // Without a path that can be meant there is nothing to serve.
    if (refusal?.details['field'] === 'path') return;
    const name = withoutSlashes(textOf(definition, 'path', '/activate'));
    const path = `/${name}`;
    const visits = new Visits(RED, node, alarmOf(refusals, node.id), path);
    const page: Page = {
      async answer(request, response) {
        try {
          visits.note(await serve(RED, node, definition, request, response));
        } catch (thrown) {
          // A visitor who left in the middle of the form is nobody's error.
          if (request.complete) visits.fail(asConnectorError(thrown));
          unavailable(response, 500);
        }
      },
      begin: () => {
        if (refusal === null) visits.begin();
      },
    };
    const all = pages.get(name) ?? [];
    pages.set(name, all);
    all.push(page);
    if (all.length === 1) page.begin();
    else {
      showStatus(RED, node, 'red', 'pathTaken');
      node.error(
        new ConnectorError('ERR_CONFIG_INVALID', `The "Path" ${path} is served by another activation link already.`),
      );
    }
    node.on('close', (removed: boolean, done: () => void) => {
      visits.close();
      if (removed) {
        refusals.get(node.id)?.stop();
        refusals.delete(node.id);
      }
      const first = all[0] === page;
      all.splice(all.indexOf(page), 1);
      if (all.length === 0 && pages.get(name) === all) pages.delete(name);
      else if (first) all[0]?.begin();
      done();
    });
  });
}

function alarmOf(alarms: Map<string, VisitAlarm>, id: string): VisitAlarm {
  const alarm = alarms.get(id) ?? new VisitAlarm(REFUSED);
  alarms.set(id, alarm);
  return alarm;
}

/**
 * What one node shows and tells of its visits.
 *
 * | visit                            | status                                    | Catch nodes                       |
 * |----------------------------------|-------------------------------------------|-----------------------------------|
 * | new activation                   | green, the count                          | –                                 |
 * | page shown, pressed again        | as it was before a failure                | –                                 |
 * | refused (bad, old, foreign link) | as above; a stranger does not change it   | once an hour, the number          |
 * | failed (the store is away)       | red                                       | at once; then once an hour a code |
 */
class Visits {
  readonly #RED: RED;
  readonly #node: Instance;
  readonly #refused: VisitAlarm;
  readonly #failed = new Map<ErrorCode, VisitAlarm>();
  #count = 0;
  #failing = false;
  #showGood: () => void;

  constructor(RED: RED, node: Instance, refused: VisitAlarm, path: string) {
    this.#RED = RED;
    this.#node = node;
    this.#refused = refused;
    this.#showGood = () => showStatus(RED, node, 'grey', 'serving', { path });
    refused.listen((counts) => this.#raise(refusedVisits(counts), 'refused', counts));
  }

  /** Its path is its own now. */
  begin(): void {
    this.#showGood();
  }

  /** A visit was answered. */
  note(outcome: { readonly isNew: boolean; readonly error: ConnectorError | null }): void {
    const { error } = outcome;
    if (error !== null && !isRefusal(error)) return this.fail(error);
    if (error !== null) this.#refused.count(error);
    if (outcome.isNew) {
      const count = (this.#count += 1);
      this.#showGood = () => showStatus(this.#RED, this.#node, 'green', 'activated', { count });
    }
    if (outcome.isNew || this.#failing) this.#showGood();
    this.#failing = false;
  }

  /** A visit could not be answered, and not by the visitor's fault. */
  fail(error: ConnectorError): void {
    if (!this.#failing) showError(this.#RED, this.#node, error);
    this.#failing = true;
    const alarm = this.#failed.get(error.code) ?? new VisitAlarm(FAILED);
    if (!this.#failed.has(error.code)) alarm.listen((counts) => this.#raise(counts.last, 'activation', counts));
    this.#failed.set(error.code, alarm);
    alarm.count(error);
  }

  close(): void {
    this.#refused.listen(null);
    for (const alarm of this.#failed.values()) alarm.stop();
  }

  /** With a message, so that Catch nodes see it. */
  #raise(error: ConnectorError, topic: string, { visits, codes }: VisitCounts): void {
    this.#node.error(error, { topic, payload: { visits, codes } } as Msg as never);
  }
}

function refusedVisits({ visits, codes }: VisitCounts): ConnectorError {
  const list = Object.entries(codes).map(([code, count]) => `${code} ${count}`);
  const what = visits === 1 ? '1 visit of the activation page was' : `${visits} visits of the activation page were`;
  const seen = `${what} refused since the last message (${list.join(', ')}).`;
  return new ConnectorError('ERR_VISITS_REFUSED', seen, { details: { visits, ...codes } });
}

/** `/activate/` and `activate` are the same place. */
function withoutSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}

function unavailable(response: ServerResponse, status: 500 | 503): void {
  if (response.headersSent) return;
  response
    .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '120' })
    .end('Please try again later.\n');
}

/** Answers one visit, and sends a new activation on. */
async function serve(
  RED: RED,
  node: Instance,
  definition: Definition,
  request: Request,
  response: ServerResponse,
): Promise<{ readonly isNew: boolean; readonly error: ConnectorError | null }> {
  let store: Store;
  try {
    const refusal = refusalOf(node);
    if (refusal !== null) throw refusal;
    store = await connectionOf(RED, definition, 'store', 'connector-store').store();
  } catch (thrown) {
    unavailable(response, 503);
    return { isNew: false, error: asConnectorError(thrown) };
  }
  const method = request.method === 'POST' ? 'POST' : 'GET';
  const outcome = await answerVisit(
    {
      method,
      token: method === 'POST' ? await formField(request, TOKEN_FIELD) : request.query[TOKEN_FIELD],
      userAgent: request.headers['user-agent'],
      acceptLanguage: request.headers['accept-language'],
      now: new Date(),
    },
    store,
    {
      enrollUrl: textOf(definition, 'enrollUrl') || undefined,
      helpDesk: textOf(definition, 'helpDesk') || undefined,
      describe: (claims) => describeDevice(store, claims),
    },
  );
  response.writeHead(outcome.answer.status, outcome.answer.headers).end(outcome.answer.html);
  if (outcome.isNew && outcome.activation !== null)
    node.send({ topic: 'activation', payload: outcome.activation } as Msg as never);
  return outcome;
}

/** What the last reading says of the device, so that its owner recognizes it. */
async function describeDevice(
  store: Store,
  claims: LinkClaims,
): Promise<{ device?: { model: string | null; type: string | null; easId: string }; mailbox?: string }> {
  for (const entry of await store.entries.list({ mailboxId: claims.mailboxId })) {
    if (foldEasId(entry.easId) !== foldEasId(claims.easId)) continue;
    const eas = await store.snapshots.get<EasRecord>(easRecordKey(entry.organization, claims.mailboxId, claims.easId));
    if (eas === null) return {};
    return {
      device: { model: eas.device.friendlyName ?? eas.device.model, type: eas.device.type, easId: eas.easId },
      ...(eas.mailbox.address === null ? {} : { mailbox: eas.mailbox.address }),
    };
  }
  return {};
}

/** One field of an urlencoded form; null if the body is too long or has no such field. */
async function formField(request: Request, name: string): Promise<unknown> {
  // Where the editor is served at the same root, its body parser has read the form already.
  if (typeof request.body === 'object' && request.body !== null)
    return (request.body as Record<string, unknown>)[name] ?? null;
  const chunks: Buffer[] = [];
  let size = 0;
  // Not destroyed when it is too long: the visitor shall still get an answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_FORM_BYTES) break;
    chunks.push(chunk);
  }
  if (size <= MAX_FORM_BYTES) return new URLSearchParams(Buffer.concat(chunks).toString('utf8')).get(name);
  request.resume();
  return null;
}
