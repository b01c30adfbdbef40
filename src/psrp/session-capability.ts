/** SESSION_CAPABILITY and INIT_RUNSPACEPOOL (MS-PSRP 2.2.2.1, 2.2.2.2): how two sides meet. */
import { clixmlEnum, clixmlObject, clixmlScalar, writeClixml } from '../clixml/index.ts';
import type { ClixmlObject } from '../clixml/index.ts';
import { ConnectorError } from '../errors.ts';
import { MessageType } from './message.ts';
import { fieldsOf, numberField, readFields, requiredNumber, textField, unreadable } from './message-fields.ts';

/**
 * What this package speaks. Never 2.4: PowerShell 7.6 added it, and changed how secrets are encrypted with it
 * (PowerShell, remoting/common/WireDataFormat/EncodeAndDecode.cs).
 */
export const PROTOCOL_VERSION = '2.3';

/** What one side says of itself; dotted version texts. */
export interface SessionCapability {
  /** E.g. "2.3". */
  readonly protocolVersion: string;
  /** E.g. "2.0". */
  readonly psVersion: string;
  /** E.g. "1.1.0.1". */
  readonly serializationVersion: string;
}

/** What every PowerShell since 3.0 sends here, clients and servers alike. */
export const OWN_CAPABILITY: SessionCapability = {
  protocolVersion: PROTOCOL_VERSION,
  psVersion: '2.0',
  serializationVersion: '1.1.0.1',
};

/** The content of a SESSION_CAPABILITY message. */
export function encodeSessionCapability(capability: SessionCapability): string {
  return writeClixml(
    clixmlObject({
      members: {
        protocolversion: clixmlScalar('Version', capability.protocolVersion),
        PSVersion: clixmlScalar('Version', capability.psVersion),
        SerializationVersion: clixmlScalar('Version', capability.serializationVersion),
      },
    }),
  );
}

/** Reads a SESSION_CAPABILITY message. @throws ConnectorError ERR_PSRP_MESSAGE, ERR_CLIXML_… */
export function decodeSessionCapability(data: string): SessionCapability {
  const fields = readFields(MessageType.SESSION_CAPABILITY, data);
  const protocolVersion = textField(fields, 'protocolversion');
  if (protocolVersion === null) throw unreadable(MessageType.SESSION_CAPABILITY, 'without protocolversion');
  return {
    protocolVersion,
    psVersion: textField(fields, 'PSVersion') ?? '',
    serializationVersion: textField(fields, 'SerializationVersion') ?? '',
  };
}

/**
 * The version both sides speak: the lower one, if it is 2.1 to 2.3 (MS-PSRP 3.1.5.4.1; the major version must be 2).
 * @throws ConnectorError ERR_PSRP_VERSION
 */
export function negotiateVersion(ours: string, theirs: string): string {
  const match = /^2\.([1-9]\d{0,2})$/.exec(theirs);
  if (match === null)
    throw new ConnectorError('ERR_PSRP_VERSION', 'The server speaks another protocol than 2.1 to 2.3.');
  return minorVersion(ours) <= Number(match[1]) ? ours : theirs;
}

/** The number after the dot: 1, 2 or 3. */
export function minorVersion(version: string): number {
  return Number(version.split('.')[1] ?? 0);
}

/** HostInfo (MS-PSRP 2.2.3.14) of a client without a host: prompts fail on the server, where nobody waits for them. */
export function noHostInfo(): ClixmlObject {
  return clixmlObject({
    members: { _isHostNull: true, _isHostUINull: true, _isHostRawUINull: true, _useRunspaceHost: true },
  });
}

/** ApartmentState "UNKNOWN" (MS-PSRP 2.2.3.7): the server decides. */
export function unknownApartmentState(): ClixmlObject {
  return clixmlEnum('System.Management.Automation.Runspaces.ApartmentState', 'UNKNOWN', 2);
}

/** The content of an INIT_RUNSPACEPOOL message: one runspace, default threads, no host. */
export function encodeInitRunspacePool(): string {
  return writeClixml(
    clixmlObject({
      members: {
        MinRunspaces: 1,
        MaxRunspaces: 1,
        PSThreadOptions: clixmlEnum('System.Management.Automation.Runspaces.PSThreadOptions', 'Default', 0),
        ApartmentState: unknownApartmentState(),
        HostInfo: noHostInfo(),
        ApplicationArguments: null,
      },
    }),
  );
}

/** What a server learns from INIT_RUNSPACEPOOL. */
export interface InitRunspacePool {
  readonly minRunspaces: number;
  readonly maxRunspaces: number;
  readonly threadOptions: number;
  readonly apartmentState: number;
  /** Whether the client has a host that could answer prompts. */
  readonly hasHost: boolean;
}

/** Reads an INIT_RUNSPACEPOOL message. @throws ConnectorError ERR_PSRP_MESSAGE, ERR_CLIXML_… */
export function decodeInitRunspacePool(data: string): InitRunspacePool {
  const type = MessageType.INIT_RUNSPACEPOOL;
  const fields = readFields(type, data);
  return {
    minRunspaces: requiredNumber(type, fields, 'MinRunspaces'),
    maxRunspaces: requiredNumber(type, fields, 'MaxRunspaces'),
    threadOptions: numberField(fields, 'PSThreadOptions') ?? 0,
    apartmentState: numberField(fields, 'ApartmentState') ?? 2,
    hasHost: fieldsOf(fields.get('HostInfo'))?.get('_isHostNull') === false,
  };
}
