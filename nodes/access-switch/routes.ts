/**
 * What the dialog asks the runtime: default rules, rules as sentences, "try it", the preflight, the last simulation, the
 * checklist before it enforces. All need `access-switch.read`; confirming a link address needs `access-switch.write`.
 */
import { CONDITION_VALUES, TEXT_FIELDS } from '../../src/access/check-rules.ts';
import { describeRule } from '../../src/access/describe-rule.ts';
import { DEFAULT_RULES, EXCHANGE_OWN_REASONS } from '../../src/access/rules.ts';
import type { RuleLanguage } from '../../src/access/rule-words.ts';
import type { Rule } from '../../src/access/rules.ts';
import { preflight } from '../../src/connector/preflight.ts';
import { editorLanguage, inLanguage } from '../../src/connector/sentences/in-language.ts';
import { simulationInLanguage } from '../../src/connector/sentences/simulation-in-language.ts';
import { lastSimulation } from '../../src/connector/sync/sync-report.ts';
import type { SwitchParts } from '../../src/connector/sync/switch-parts.ts';
import type { SwitchSettings } from '../../src/connector/sync/switch-settings.ts';
import { tryDevice } from '../../src/connector/sync/try-device.ts';
import { ConnectorError, ERROR_HELP } from '../../src/errors.ts';
import { adminRoutes, bodyOf } from '../admin-routes.ts';
import { findProblem } from '../fields.ts';
import { confirmLinkOf, readinessOf } from '../readiness.ts';
import type { Definition, RED, WebRequest } from '../red.ts';
import { sayProblem, textOf } from '../red.ts';
import { rulesOf } from '../saved-rules.ts';
import { directoryOf, exchangeOf, storeOf } from './chosen-connections.ts';
import { mdmsOf } from '../deployed-mdms.ts';
import { settingsOf } from './settings.ts';
import { checkWrittenRules, withDeployedValues } from './written-rules.ts';

/** One rule of the list, read back. */
export interface DescribedRule {
  /** Null while something is wrong with it. */
  readonly sentence: string | null;
  readonly problems: readonly { readonly condition: number | null; readonly text: string }[];
}

/** Offers the routes; once for the runtime, not for each node. */
export function registerRoutes(RED: RED): void {
  const routes = adminRoutes(RED);
  const mayRead = 'access-switch.read';
  routes.get('/access-switch/rules', mayRead, offerRules);
  routes.post('/access-switch/describe', mayRead, (request) => describe(definitionIn(request)));
  routes.post('/access-switch/try', mayRead, (request, signal) => tryIt(RED, definitionIn(request), signal));
  routes.post('/access-switch/preflight', mayRead, (request, signal) => check(RED, definitionIn(request), signal));
  routes.post('/access-switch/readiness', mayRead, (request) => checklist(RED, definitionIn(request)));
  routes.post('/access-switch/confirm-link', 'access-switch.write', (request) => confirm(RED, request));
  routes.get('/access-switch/simulation', mayRead, ({ query }) => simulation(RED, definitionIn({ body: query })));
}

function offerRules(): unknown {
  return { defaults: DEFAULT_RULES, values: CONDITION_VALUES, texts: TEXT_FIELDS, accessReasons: EXCHANGE_OWN_REASONS };
}

/** Values from the environment stay as they are written: who may read a flow may not read the environment. */
function describe(body: Definition): { rules: DescribedRule[]; problems: string[] } {
  const rules = rulesOf(body['rules']);
  const language = languageOf(body);
  const problems = checkWrittenRules(rules);
  const described = rules.map((rule, number): DescribedRule => {
    const own = problems.filter((problem) => problem.rule === number);
    return {
      sentence: own.length === 0 ? sentenceOf(rule, language) : null,
      problems: own.map(({ condition, text }) => ({
        condition,
        text: inLanguage(text.replace(` ${ERROR_HELP.ERR_RULE_INVALID}`, ''), language),
      })),
    };
  });
  return {
    rules: described,
    problems: problems.filter(({ rule }) => rule >= described.length).map(({ text }) => inLanguage(text, language)),
  };
}

/** Without the name, which stands beside it. */
function sentenceOf(rule: Rule, language: RuleLanguage): string {
  const sentence = describeRule({ ...rule, name: '' }, language).replace(/^[:\s]+/, '');
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** The language of the editor that asks, if a rule can be read back in it. */
function languageOf(body: Definition): RuleLanguage {
  return editorLanguage(body['language']);
}

async function tryIt(RED: RED, body: Definition, signal: AbortSignal): Promise<unknown> {
  return tryDevice({
    ...(await inDialog(RED, body)),
    query: textOf(body, 'query'),
    written: rulesOf(body['rules']),
    language: languageOf(body),
    signal,
  });
}

async function check(RED: RED, body: Definition, signal: AbortSignal): Promise<unknown> {
  return preflight({ ...(await inDialog(RED, body)), mdms: mdmsOf(RED), language: languageOf(body), signal });
}

function checklist(RED: RED, body: Definition): Promise<unknown> {
  const [server = '', store = '', directory = ''] = ['server', 'store', 'directory'].map((one) => textOf(body, one));
  return readinessOf(RED, { server, store, directory, settings: settingsIn(RED, body) }, languageOf(body));
}

async function confirm(RED: RED, request: WebRequest): Promise<unknown> {
  const body = definitionIn(request);
  const store = await storeOf(RED, body);
  await confirmLinkOf(RED, { storeId: textOf(body, 'store'), store, address: body['address'], request });
  return { confirmed: true };
}

/** The dialog's settings as they would be deployed, and the connections that it chooses. */
async function inDialog(
  RED: RED,
  body: Definition,
): Promise<Pick<SwitchParts, 'store' | 'exchange' | 'directory' | 'settings' | 'now'>> {
  const exchange = exchangeOf(RED, body);
  const store = await storeOf(RED, body);
  return { store, exchange, directory: directoryOf(RED, body), settings: settingsIn(RED, body), now: Date.now };
}

/** Throws what the deployed node would refuse. */
function settingsIn(RED: RED, body: Definition): SwitchSettings {
  const inPlace = (property: string): unknown => withDeployedValues(RED, body, property);
  const settings = {
    ...body,
    rules: inPlace('rules'),
    brakePercent: inPlace('brakePercent'),
    brakeCount: inPlace('brakeCount'),
    brakePerDay: inPlace('brakePerDay'),
    grandfatherDays: inPlace('grandfatherDays'),
    idleDays: inPlace('idleDays'),
    tidyDays: inPlace('tidyDays'),
    removeIdleDays: inPlace('removeIdleDays'),
  } as Definition;
  refuseWrong(RED, settings);
  return settingsOf(settings);
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
  const { organization } = exchangeOf(RED, query);
  const kept = await lastSimulation(await storeOf(RED, query), organization);
  return { simulation: kept === null ? null : simulationInLanguage(kept, languageOf(query)) };
}

/** The properties of a dialog, as its request has them. */
function definitionIn(request: { readonly body?: unknown }): Definition {
  return bodyOf(request) as Definition;
}
