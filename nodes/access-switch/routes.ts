/** What the dialog asks the runtime: default rules, rules as sentences, "try it", the last simulation. All need `access-switch.read`. */
import { CONDITION_VALUES, TEXT_FIELDS } from '../../src/access/check-rules.ts';
import { describeRule } from '../../src/access/describe-rule.ts';
import { DEFAULT_RULES, EXCHANGE_OWN_REASONS } from '../../src/access/rules.ts';
import type { Rule } from '../../src/access/rules.ts';
import { asConnectorError, ConnectorError, ERROR_HELP } from '../../src/errors.ts';
import { redact } from '../../src/log.ts';
import { connectionOf } from '../connections.ts';
import { findProblem } from '../fields.ts';
import type { Definition, RED } from '../red.ts';
import { sayProblem, textOf } from '../red.ts';
import { rulesOf } from '../saved-rules.ts';
import { lastSimulation } from '../../src/connector/sync/sync-report.ts';
import { keptMatchSettings } from '../../src/connector/matching/match-settings.ts';
import { groupSources } from './scene.ts';
import { settingsOf } from './settings.ts';
import { tryDevice } from '../../src/connector/sync/try-device.ts';
import { checkWrittenRules, withDeployedValues } from './written-rules.ts';

/** What we use of the web server's request and response. */
interface Request {
  readonly body: unknown;
  readonly query: Readonly<Record<string, unknown>>;
}
interface Response {
  status(code: number): Response;
  json(body: unknown): void;
  on(event: 'close', listener: () => void): void;
}

/** One rule of the list, read back. */
export interface DescribedRule {
  /** Null while something is wrong with it. */
  readonly sentence: string | null;
  readonly problems: readonly { readonly condition: number | null; readonly text: string }[];
}

/** Offers the routes; once for the runtime, not for each node. */
export function registerRoutes(RED: RED): void {
  const mayRead = RED.auth.needsPermission('access-switch.read') as never;
  const answer =
    (handle: (request: Request, signal: AbortSignal) => unknown) =>
    (request: Request, response: Response): void => {
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      void Promise.resolve()
        .then(() => handle(request, gone.signal))
        .then(
          (body) => response.json(body),
          (thrown: unknown) => {
            const error = asConnectorError(thrown);
            if (gone.signal.aborted) return;
            response
              .status(error.code === 'ERR_INTERNAL' ? 500 : 400)
              .json({ error: { code: error.code, text: redact(error.message) } });
          },
        );
    };
  RED.httpAdmin.get('/access-switch/rules', mayRead, answer(offerRules) as never);
  RED.httpAdmin.post('/access-switch/describe', mayRead, answer((request) => describe(bodyOf(request))) as never);
  RED.httpAdmin.post(
    '/access-switch/try',
    mayRead,
    answer((request, signal) => tryIt(RED, bodyOf(request), signal)) as never,
  );
  RED.httpAdmin.get(
    '/access-switch/simulation',
    mayRead,
    answer((request) => simulation(RED, request.query as never)) as never,
  );
}

function offerRules(): unknown {
  return { defaults: DEFAULT_RULES, values: CONDITION_VALUES, texts: TEXT_FIELDS, accessReasons: EXCHANGE_OWN_REASONS };
}

/** Values from the environment stay as they are written: who may read a flow may not read the environment. */
function describe(body: Definition): { rules: DescribedRule[]; problems: string[] } {
  const rules = rulesOf(body['rules']);
  const problems = checkWrittenRules(rules);
  const described = rules.map((rule, number): DescribedRule => {
    const own = problems.filter((problem) => problem.rule === number);
    return {
      sentence: own.length === 0 ? sentenceOf(rule) : null,
      problems: own.map(({ condition, text }) => ({
        condition,
        text: text.replace(` ${ERROR_HELP.ERR_RULE_INVALID}`, ''),
      })),
    };
  });
  return {
    rules: described,
    problems: problems.filter(({ rule }) => rule >= described.length).map(({ text }) => text),
  };
}

/** Without the name, which stands beside it. */
function sentenceOf(rule: Rule): string {
  const sentence = describeRule({ ...rule, name: '' }).replace(/^[:\s]+/, '');
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

async function tryIt(RED: RED, body: Definition, signal: AbortSignal): Promise<unknown> {
  const { organization } = connectionOf(RED, body, 'server', 'exchange-server');
  const store = await connectionOf(RED, body, 'store', 'connector-store').store();
  const written = rulesOf(body['rules']);
  const inPlace = (property: string): unknown => withDeployedValues(RED, body, property);
  const settings = {
    ...body,
    rules: inPlace('rules'),
    brakePercent: inPlace('brakePercent'),
    grandfatherDays: inPlace('grandfatherDays'),
  } as Definition;
  refuseWrong(RED, settings);
  return tryDevice({
    query: textOf(body, 'query'),
    store,
    organization,
    settings: settingsOf(settings),
    written,
    matcher: await keptMatchSettings(store),
    groups: groupSources(RED, body),
    signal,
  });
}

/** What the deployed node would refuse, but for the rules: those are looked at, and named, where they are compiled. */
function refuseWrong(RED: RED, settings: Definition): void {
  const problem = findProblem(RED.util, 'access-switch', { ...settings, rules: [] });
  if (problem === null) return;
  throw new ConnectorError('ERR_CONFIG_INVALID', sayProblem(RED, { type: 'access-switch' }, problem), {
    details: { field: problem.property },
  });
}

async function simulation(RED: RED, query: Definition): Promise<unknown> {
  const { organization } = connectionOf(RED, query, 'server', 'exchange-server');
  const store = await connectionOf(RED, query, 'store', 'connector-store').store();
  return { simulation: await lastSimulation(store, organization) };
}

function bodyOf({ body }: Request): Definition {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Definition;
  throw new ConnectorError('ERR_INPUT_INVALID', 'The request has no JSON object.');
}
