import type { ServerResponse } from 'node:http';
import { FRESH_FIELD, TOKEN_FIELD } from '../../src/activation/activation-page.ts';
import type { VisitOutcome } from '../../src/activation/answer-visit.ts';
import { VisitAlarm } from '../../src/activation/visit-alarm.ts';
import { activate, deviceOfLink } from '../../src/connector/activation/activate.ts';
import { activationSentence } from '../../src/connector/sentences/mail-sentences.ts';
import { asConnectorError, ConnectorError } from '../../src/errors.ts';
import { readLogo } from '../../src/model/logo.ts';
import type { Store } from '../../src/store/store.ts';
import { connectionOf } from '../connections.ts';
import { tellGuide } from '../guides.ts';
import { enrollAppOf, helpDeskOf } from '../help-desk.ts';
import { showError, showStatus } from '../on-input.ts';
import type { Definition, Instance, Msg, RED, WebRequest } from '../red.ts';
import { refusalOf, registerNode, textOf } from '../red.ts';
import { REFUSED, Visits } from './answers.ts';
import { watchReferences } from '../watch-references.ts';

/** A pressed button sends one short field. */
const MAX_FORM_BYTES = 8 * 1024;
/** So much is read before it is answered: a proxy that is still sending takes an early answer for a broken line. */
const MAX_READ_BYTES = 1024 * 1024;

/** One activation link at its path. Of several with the same path the first serves; the next takes over when it goes. */
interface Page {
  answer(request: WebRequest, response: ServerResponse): Promise<void>;
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
    const page = pages.get(pathOf(request))?.[0];
    if (page === undefined || !['GET', 'HEAD', 'POST'].includes(request.method)) return next();
    void page.answer(request, response);
  });

  registerNode(RED, 'activation-link', (node, definition) => {
    tellGuide(node, definition);
    const refusal = refusalOf(node);
    if (refusal !== null) showError(RED, node, refusal);
    // Without a path that can be meant there is nothing to serve.
    if (refusal?.details['field'] === 'path') return;
    const name = withoutSlashes(textOf(definition, 'path', '/activate'));
    const path = `/${name}`;
    const { httpNodeRoot: root } = RED.settings;
    if (root === false) {
      showStatus(RED, node, 'red', 'notServed');
      const seen = 'The activation link has its "Path" nowhere: "httpNodeRoot" in settings.js of Node-RED is false.';
      node.error(new ConnectorError('ERR_CONFIG_INVALID', seen));
      return;
    }
    const below = typeof root === 'string' ? withoutSlashes(root) : '';
    const visits = new Visits(RED, node, alarmOf(refusals, node.id), below === '' ? path : `/${below}${path}`);
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
    watchReferences(RED, node, definition, () => {
      if (all[0] === page) page.begin();
    });
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

/** `/activate/` and `activate` are the same place. */
function withoutSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}

/** The path of a visit, without what a gateway has encoded into it. */
function pathOf({ path }: WebRequest): string {
  const [before = ''] = path.split(/%3f/i, 1);
  return withoutSlashes(before);
}

/** The link's query parameter; where a gateway has encoded the address anew and there is none, the address, which has the token in it. */
function tokenIn({ query, url = '' }: WebRequest): unknown {
  const value = query[TOKEN_FIELD];
  return typeof value !== 'string' && url.includes(TOKEN_FIELD) ? url : value;
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
  request: WebRequest,
  response: ServerResponse,
): Promise<Pick<VisitOutcome, 'isNew' | 'error'>> {
  const method = request.method === 'POST' ? 'POST' : 'GET';
  const field = method === 'POST' ? await formOf(request) : null;
  let store: Store;
  try {
    const refusal = refusalOf(node);
    if (refusal !== null) throw refusal;
    store = await connectionOf(RED, definition, 'store', 'connector-store').store();
  } catch (thrown) {
    unavailable(response, 503);
    return { isNew: false, error: asConnectorError(thrown) };
  }
  const outcome = await activate(
    store,
    {
      method,
      token: field === null ? tokenIn(request) : field(TOKEN_FIELD),
      wantsFresh: field?.(FRESH_FIELD) === '1',
      userAgent: request.headers['user-agent'],
      acceptLanguage: request.headers['accept-language'],
      now: new Date(),
    },
    {
      enrollUrl: textOf(definition, 'enrollUrl') || undefined,
      helpDesk: helpDeskOf(definition),
      app: enrollAppOf(definition) ?? undefined,
      company: textOf(definition, 'company') || undefined,
      color: textOf(definition, 'color') || undefined,
      logo: readLogo(textOf(definition, 'logo')) ?? undefined,
      name: node.name || node.id,
    },
  );
  response.writeHead(outcome.answer.status, outcome.answer.headers).end(outcome.answer.html);
  const { isNew, activation } = outcome;
  if (isNew && activation !== null) {
    const device = await deviceOfLink(store, { mailboxId: activation.mailbox, easId: activation.easId });
    node.send({ topic: 'activation', payload: activation, text: activationSentence(activation, device) } as Msg);
  }
  return outcome;
}

/** The fields of an urlencoded form by name; none has a value if the body is too long. */
async function formOf(request: WebRequest): Promise<(name: string) => unknown> {
  // Where the editor is served at the same root, its body parser has read the form already.
  if (typeof request.body === 'object' && request.body !== null) {
    const fields = request.body as Record<string, unknown>;
    return (name) => fields[name] ?? null;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  // Not destroyed when it is too long: the visitor shall still get an answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_FORM_BYTES) chunks.push(chunk);
    else chunks.length = 0;
    if (size > MAX_READ_BYTES) break;
  }
  const isWhole = size <= MAX_FORM_BYTES;
  if (size > MAX_READ_BYTES) request.resume();
  const fields = new URLSearchParams(isWhole ? Buffer.concat(chunks).toString('utf8') : '');
  return (name) => fields.get(name);
}
