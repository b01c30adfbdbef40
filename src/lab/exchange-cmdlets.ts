/**
 * Exchange's cmdlets over the simulated organization: the ones the connector uses, and those that prepare an organization for
 * it, as strict as Exchange is.
 */
import type { PlainValue } from '../clixml/value.ts';
import type { CmdletValue } from '../exchange/transport.ts';
import { bindParameters } from './cmdlet-binding.ts';
import { CmdletFailure, commandNotFound } from './cmdlet-error.ts';
import type { CmdletError } from './cmdlet-error.ts';
import { ADMINISTRATION_CMDLETS } from './exchange-administration-cmdlets.ts';
import type { CmdletContext, LabCmdlet } from './exchange-cmdlet.ts';
import { CONFIGURATION_CMDLETS } from './exchange-configuration-cmdlets.ts';
import { DEVICE_CMDLETS } from './exchange-device-cmdlets.ts';
import { MAILBOX_CMDLETS } from './exchange-mailbox-cmdlets.ts';
import type { CmdletEvent } from './exchange-query.ts';
import type { Mailbox } from './mailboxes.ts';
import type { Organization } from './organization.ts';
import { SESSION_CMDLETS } from './exchange-session-cmdlets.ts';
import type { LabSession } from './recipient-view.ts';

const ALL: readonly LabCmdlet[] = [
  ...MAILBOX_CMDLETS,
  ...DEVICE_CMDLETS,
  ...CONFIGURATION_CMDLETS,
  ...SESSION_CMDLETS,
  ...ADMINISTRATION_CMDLETS,
];
const CMDLETS: ReadonlyMap<string, LabCmdlet> = new Map(ALL.map((cmdlet) => [cmdlet.name.toLowerCase(), cmdlet]));

/** One call: as {@link import('../exchange/transport.ts').CmdletCall}, or with values as they came over a wire. */
export interface LabCall {
  readonly cmdlet: string;
  readonly parameters: Readonly<Record<string, CmdletValue | PlainValue>>;
}

/** Who calls, and which server answers. */
export interface LabCaller {
  /**
   * Cmdlets the account may use, as entries of a management role: `Set-CASMailbox`, or with the parameters that it may use as
   * `Set-CASMailbox -Identity -ActiveSyncBlockedDeviceIDs`; null = all.
   */
  readonly cmdlets?: readonly string[] | null;
  /** The account. Default: nobody in particular. */
  readonly user?: Mailbox | null;
  /** Server name for error texts. Default EX1. */
  readonly server?: string;
  /** Keeps what the session was set to. Default: one that sees the whole forest. */
  readonly session?: LabSession;
}

/** What a cmdlet sends, in order; `failed` ends the pipeline in state Failed. */
export type LabCmdletEvent = CmdletEvent | { readonly type: 'failed'; readonly error: CmdletError };

/**
 * Runs one cmdlet. Objects are made one at a time, when they are taken; leaving the loop stops the cmdlet.
 * Nothing is thrown for what a caller did wrong: it becomes an `error` or a `failed` event, as on the wire.
 */
export function* runLabCmdlet(
  organization: Organization,
  call: LabCall,
  caller: LabCaller = {},
): Generator<LabCmdletEvent> {
  const known = CMDLETS.get(call.cmdlet.toLowerCase());
  const cmdlet = known === undefined ? null : asAllowed(known, caller.cmdlets ?? null);
  if (cmdlet === null) {
    yield { type: 'failed', error: commandNotFound(call.cmdlet) };
    return;
  }
  const context: CmdletContext = {
    organization,
    domain: organization.domain,
    cmdlet,
    available: () => ALL.map((one) => asAllowed(one, caller.cmdlets ?? null)).filter((one) => one !== null),
    user: caller.user ?? null,
    parameters: call.parameters,
    session: caller.session ?? { viewEntireForest: true },
    server: caller.server ?? 'EX1',
    newId: () => organization.newId(),
    now: () => organization.now(),
  };
  try {
    const bound = bindParameters(cmdlet, call.parameters as Readonly<Record<string, PlainValue>>);
    if (cmdlet.asks && bound.get('Confirm') !== false && bound.get('WhatIf') !== true) throw cannotAsk(cmdlet);
    yield* endingAtErrors(call, cmdlet.run(context, bound));
  } catch (error) {
    if (!(error instanceof CmdletFailure)) throw error;
    yield { type: 'failed', error: error.error };
  }
}

/** What every session has, whatever the roles: it is PowerShell's own, and shows no more than they give. */
const OF_EVERY_SESSION = ['get-command'];

/** A cmdlet with the parameters that role entries give; null: they do not give it. */
function asAllowed(cmdlet: LabCmdlet, entries: readonly string[] | null): LabCmdlet | null {
  if (entries === null || OF_EVERY_SESSION.includes(cmdlet.name.toLowerCase())) return cmdlet;
  const words = entries.map((entry) => entry.toLowerCase().split(/\s+-/));
  const parameters = words.find(([name]) => name === cmdlet.name.toLowerCase())?.slice(1);
  if (parameters === undefined) return null;
  if (parameters.length === 0) return cmdlet;
  const given = Object.entries(cmdlet.parameters).filter(([name]) => parameters.includes(name.toLowerCase()));
  return { ...cmdlet, parameters: Object.fromEntries(given) };
}

/**
 * What a cmdlet sends under its -ErrorAction: with Stop, PowerShell's engine makes the first error the end of the
 * pipeline (state Failed with that record) and writes no error record before it.
 */
export function* endingAtErrors<T extends { readonly type: string }>(
  call: LabCall,
  events: Iterable<T>,
): Generator<T | LabCmdletEvent> {
  const stops = stopsAtErrors(call);
  for (const event of events) {
    if (stops && isError(event)) {
      yield { type: 'failed', error: event.error };
      return;
    }
    yield event;
  }
}

function isError(event: { readonly type: string }): event is CmdletEvent & { readonly type: 'error' } {
  return event.type === 'error';
}

/** 1 is Stop's number (System.Management.Automation.ActionPreference); `errora` is the shortest name that is not ErrorVariable's. */
function stopsAtErrors({ parameters }: LabCall): boolean {
  return Object.entries(parameters).some(
    ([name, value]) =>
      /^errora/i.test(name) && (value === 1 || (typeof value === 'string' && /^(stop|1)$/i.test(value))),
  );
}

/** A host that cannot show prompts makes them fail; text of PowerShell's remote host. */
function cannotAsk(cmdlet: LabCmdlet): CmdletFailure {
  return new CmdletFailure({
    message: `A command that prompts the user failed because the host program or the command type does not support user interaction. The host was attempting to request confirmation with the following message: Are you sure you want to perform this action?`,
    exceptionTypes: [
      'System.Management.Automation.Host.HostException',
      'System.Management.Automation.RuntimeException',
      'System.SystemException',
      'System.Exception',
      'System.Object',
    ],
    fullyQualifiedErrorId: `HostFunctionNotImplemented,${cmdlet.typeName}`,
    category: 'NotImplemented',
    activity: cmdlet.name,
    targetName: '',
  });
}
