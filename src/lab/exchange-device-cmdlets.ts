/** Get-MobileDevice, Get-MobileDeviceStatistics, Remove-MobileDevice, Clear-MobileDevice. */
import type { BoundParameters, ParameterKind } from './cmdlet-binding.ts';
import { bindingError, objectNotFound } from './cmdlet-error.ts';
import {
  checkUnit,
  CONFIRMABLE,
  DIRECTORY_FILTER,
  findMailbox,
  identityOf,
  NO_FILTER,
  QUERY,
  SERVER_CHOICE,
  spec,
} from './exchange-cmdlet.ts';
import type { CmdletContext, LabCmdlet } from './exchange-cmdlet.ts';
import { MOBILE_DEVICE, MOBILE_DEVICE_STATISTICS } from './exchange-device-objects.ts';
import { findDevice } from './exchange-lookup.ts';
import { query } from './exchange-query.ts';
import type { CmdletEvent } from './exchange-query.ts';
import type { Partnership } from './mailboxes.ts';
import { isSeen } from './recipient-view.ts';

// Filterable properties: the cmdlet's help page, and what every directory object has.
const DEVICE_FILTER = new Set([
  'clienttype',
  'deviceaccesscontrolrule',
  'deviceaccessstate',
  'deviceaccessstatereason',
  'deviceid',
  'deviceimei',
  'devicemobileoperator',
  'devicemodel',
  'deviceos',
  'deviceoslanguage',
  'devicetelephonenumber',
  'devicetype',
  'deviceuseragent',
  'firstsynctime',
  'friendlyname',
  'userdisplayname',
  'ismanaged',
  'iscompliant',
  'isdisabled',
  ...DIRECTORY_FILTER,
]);
const DEVICE_KINDS: Readonly<Record<string, ParameterKind>> = {
  ActiveSync: 'switch',
  OWAforDevices: 'switch',
  RestApi: 'switch',
  UniversalOutlook: 'switch',
};

/** The cmdlets over mobile devices. */
export const DEVICE_CMDLETS: readonly LabCmdlet[] = [
  spec('Get-MobileDevice', 'Tasks', {
    parameters: { ...QUERY, ...DEVICE_KINDS, Mailbox: 'identity', Monitoring: 'switch' },
    exclusive: [['Identity', 'Mailbox']],
    run: getMobileDevice,
  }),
  spec('Get-MobileDeviceStatistics', 'Tasks', {
    parameters: {
      ...SERVER_CHOICE,
      ...DEVICE_KINDS,
      Identity: 'identity',
      Mailbox: 'identity',
      GetMailboxLog: 'switch',
      NotificationEmailAddresses: 'texts',
      ShowRecoveryPassword: 'switch',
    },
    exclusive: [['Identity', 'Mailbox']],
    run: getMobileDeviceStatistics,
  }),
  spec('Remove-MobileDevice', 'Tasks', {
    parameters: { ...SERVER_CHOICE, ...CONFIRMABLE, Identity: 'identity' },
    mandatory: ['Identity'],
    asks: true,
    run: removeMobileDevice,
  }),
  spec('Clear-MobileDevice', 'Tasks', {
    parameters: {
      ...SERVER_CHOICE,
      ...CONFIRMABLE,
      Identity: 'identity',
      AccountOnly: 'switch',
      Cancel: 'switch',
      NotificationEmailAddresses: 'texts',
    },
    mandatory: ['Identity'],
    asks: true,
    run: clearMobileDevice,
  }),
];

function ofKind(bound: BoundParameters): (device: Partnership) => boolean {
  const wanted = (['ActiveSync', 'OWAforDevices', 'RestApi', 'UniversalOutlook'] as const).filter(
    (name) => bound.get(name) === true,
  );
  if (wanted.length === 0) return () => true;
  const types = { ActiveSync: 'EAS', OWAforDevices: 'MOWA', RestApi: 'REST', UniversalOutlook: 'Outlook' } as const;
  return (device) => wanted.some((name) => types[name] === device.clientType);
}

/** Devices of -Mailbox, or of everybody; null if that mailbox does not exist. */
function devicesOf(context: CmdletContext, bound: BoundParameters): Iterable<Partnership> | null {
  const identity = bound.get('Mailbox');
  if (typeof identity !== 'string' || identity === '') return context.organization.partnerships();
  return findMailbox(context, identity)?.partnerships ?? null;
}

function* getMobileDevice(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  checkUnit(context, bound);
  yield* queryDevices(context, bound, MOBILE_DEVICE, DEVICE_FILTER);
}

function* getMobileDeviceStatistics(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  if (!bound.has('Identity') && !bound.has('Mailbox')) {
    throw bindingError(
      context.cmdlet,
      'MissingMandatoryParameter',
      'Cannot process command because of one or more missing mandatory parameters: Identity.',
    );
  }
  // It has no -ResultSize: whatever there is comes back.
  yield* queryDevices(
    context,
    new Map([...bound, ['ResultSize', Number.POSITIVE_INFINITY]]),
    MOBILE_DEVICE_STATISTICS,
    NO_FILTER,
  );
}

function* queryDevices(
  context: CmdletContext,
  bound: BoundParameters,
  schema: typeof MOBILE_DEVICE,
  filterable: ReadonlySet<string>,
): Generator<CmdletEvent> {
  const { organization, cmdlet } = context;
  const devices = devicesOf(context, bound);
  if (devices === null) {
    const mailbox = identityOf(bound, 'Mailbox');
    yield { type: 'error', error: objectNotFound(context, cmdlet, mailbox, context.domain, 'Mailbox') };
    return;
  }
  const kind = ofKind(bound);
  const source = {
    schema,
    *entities() {
      for (const device of devices) if (kind(device)) yield device;
    },
    find: (identity: string) => findDevice(organization, identity),
    filterable,
  };
  yield* query(cmdlet, bound, source, context);
}

function* removeMobileDevice(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const device = yield* deviceToChange(context, bound);
  if (device !== null) context.organization.removePartnership(device);
}

function* clearMobileDevice(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent> {
  const device = yield* deviceToChange(context, bound);
  if (device === null) return;
  if (bound.get('Cancel') === true) context.organization.cancelWipe(device);
  else context.organization.requestWipe(device, bound.get('AccountOnly') === true);
}

/** The device -Identity names; null if there is none (an error record went out) or nothing is to be done. */
function* deviceToChange(context: CmdletContext, bound: BoundParameters): Generator<CmdletEvent, Partnership | null> {
  const identity = identityOf(bound);
  const device = findDevice(context.organization, identity);
  if (device === null || !isSeen(device, context.domain, context.session)) {
    yield { type: 'error', error: objectNotFound(context, context.cmdlet, identity, context.domain) };
    return null;
  }
  return bound.get('WhatIf') === true ? null : device;
}
