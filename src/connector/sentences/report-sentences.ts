/** One sentence for a report of the access switch or of the matcher: `msg.text`. Pure. */
import type { OrganizationReport } from '../matching/match-readings.ts';
import type { ControlReport, Counts, SyncReport } from '../sync/sync-report.ts';
import { numberWords } from '../../model/number-words.ts';
import { counted, LONGEST_TEXT, plainWords } from './plain-words.ts';

/*
 *   count       done                                    simulated
 */
const DONE: readonly (readonly [count: keyof Counts, done: string, simulated: string])[] = [
  ['blocked', 'blocked', 'would be blocked'],
  ['allowed', 'allowed', 'would be allowed'],
  ['released', "left to Exchange's own rules", "would be left to Exchange's own rules"],
  ['removed', 'removed from Exchange', 'would be removed from Exchange'],
  ['held', 'held', 'would be held'],
  ['forMail', 'waiting until somebody can be mailed', 'would wait until somebody can be mailed'],
  ['failed', 'failed', 'would fail'],
  ['nextSync', 'left to the next sync', 'would be left to the next sync'],
  ['undecided', 'undecided', 'undecided'],
];

/*
 *   code of a hold        who holds
 */
const HELD_BY: Readonly<Record<string, string>> = {
  ERR_BRAKE: ' by the brake',
  ERR_MAIL_NOT_READY: ' until somebody can be mailed',
};

/*
 *   id of a request       what it is called
 */
const REQUESTS: Readonly<Record<string, string>> = {
  approve: 'Approved',
  undo: 'Undo',
  retry: 'Retry',
  remove: 'Removal',
  due: 'What was due',
};

/** `Sync of 40 devices: 3 blocked, 1 allowed, 2 held by the brake`; of a dry run `Dry run of 40 devices: 3 would be blocked`. */
export function syncSentence({ sync, mode, counts, held, problems = [] }: SyncReport): string {
  const isSimulated = mode === 'simulate';
  const all = counted(counts.devices, 'device');
  const of = sync.known === undefined ? all : `${numberWords(counts.devices)} of ${counted(sync.known, 'device')}`;
  const head = `${sync.dryRun === true ? 'Dry run' : isSimulated ? 'Simulation' : 'Sync'} of ${of}`;
  return `${head}: ${whatCame(counts, isSimulated, held?.reason.code)}${problemWords(problems)}`;
}

/** `Undo: 6 left to Exchange's own rules`. */
export function requestSentence({ sync, counts, notUndone }: ControlReport): string {
  const name = Object.hasOwn(REQUESTS, sync.id) ? REQUESTS[sync.id] : 'Request';
  const lost = notUndone === undefined ? '' : `. ${plainWords(notUndone.text, LONGEST_TEXT) ?? ''}`;
  return `${name}: ${whatCame(counts, false, undefined)}${lost}`;
}

function whatCame(counts: Counts, isSimulated: boolean, hold: string | undefined): string {
  const came = DONE.filter(([name]) => (counts[name] ?? 0) > 0).map(([name, done, simulated]) => {
    const by = name === 'held' && hold !== undefined ? heldBy(hold) : '';
    return `${numberWords(counts[name] ?? 0)} ${isSimulated ? simulated : done}${by}`;
  });
  const earlier = counts.waiting - counts.failed - counts.nextSync - (counts.forMail ?? 0);
  if (earlier > 0 && !isSimulated) came.push(`${numberWords(earlier)} not in Exchange yet`);
  if (came.length > 0) return came.join(', ');
  return isSimulated ? 'nothing would change' : 'nothing changed';
}

function heldBy(code: string): string {
  return (Object.hasOwn(HELD_BY, code) ? HELD_BY[code] : undefined) ?? ' until a person approves';
}

/** The first problem in full, and how many there are beside it. */
function problemWords(problems: readonly { readonly text: string }[]): string {
  const [first, ...others] = problems;
  if (first === undefined) return '';
  const more = others.length === 0 ? '' : ` (and ${counted(others.length, 'more problem')})`;
  return `. ${plainWords(first.text, LONGEST_TEXT) ?? ''}${more}`;
}

/** `40 devices matched: 30 merged, 10 without an MDM record; 5 MDM records without a device in Exchange`. */
export function matchSentence({ sync, status, mdm }: Pick<OrganizationReport, 'sync' | 'status' | 'mdm'>): string {
  const matched = status['eas/mdm'] + status.eas;
  const of = sync.scope === 'all' ? '' : `${numberWords(matched)} of `;
  const head = `${of}${counted(sync.scope === 'all' ? matched : sync.known, 'device')} matched`;
  const merged = `${numberWords(status['eas/mdm'])} merged, ${numberWords(status.eas)} without an MDM record`;
  const alone = status.mdm === 0 ? '' : `; ${counted(status.mdm, 'MDM record')} without a device in Exchange`;
  const old = mdm.fresh ? '' : '. An MDM reading is missing or too old, so nothing new is concluded from it';
  const gone = mdm.sources.flatMap((one) => plainWords(one.gone?.name, LONGEST_TEXT) ?? []);
  const missed =
    gone.length === 0 ? '' : `. No MDM source on the canvas reads ${gone.join(', ')}, whose reading counts`;
  return `${head}: ${merged}${alone}${old}${missed}`;
}
