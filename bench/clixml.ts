/**
 * CLIXML messages to records, beside a bare saxes tree builder on the same bytes: both in one process, in turns, so that
 * what else the machine does hits both. Floor: 0.9 of the tree builder (median of the rounds' ratios).
 */
import {
  clixmlEnum,
  clixmlObject,
  clixmlScalar,
  readClixml,
  readClixmlPlain,
  writeClixml,
} from '../src/clixml/index.ts';
import type { ClixmlValue } from '../src/clixml/index.ts';
import { Destination, MessageType, decodeMessage, encodeMessage } from '../src/psrp/index.ts';
import { bareTree } from './bare-tree.ts';

/** One kind of reading. */
export interface ClixmlFigure {
  readonly name: string;
  readonly megabytesPerSecond: number;
  readonly objectsPerSecond: number;
  /** Against the bare tree builder of the same rounds. */
  readonly ratio: number;
}

/** What the bench found. */
export interface ClixmlBench {
  readonly objects: number;
  readonly bytesPerObject: number;
  readonly figures: readonly ClixmlFigure[];
  readonly floors: readonly {
    readonly name: string;
    readonly value: number;
    readonly floor: number;
    readonly met: boolean;
  }[];
}

const DOMAIN = 'contoso.example/Users';
const POOL = 'B6710E46-0287-488A-B901-D34F9F19D4DE';

/** A device as Exchange's default serialization level sends it: 59 properties, about 4.5 KB. */
function mobileDevice(number: number): ClixmlValue {
  const id = `Appl${number.toString(36).toUpperCase().padStart(10, '0')}`;
  const name = `iPhone§${id}`;
  const identity = `${DOMAIN}/user${number}/ExchangeActiveSyncDevices/${name}`;
  const access = 'Microsoft.Exchange.Data.Directory.DeviceAccessState';
  const properties: Record<string, ClixmlValue> = {
    FriendlyName: `phone of user_${number} & family`,
    DeviceId: id,
    DeviceImei: '35 209900 176148 1',
    DeviceMobileOperator: '',
    DeviceOS: 'iOS 19.1 23B85',
    DeviceOSLanguage: 'en-US',
    DeviceTelephoneNumber: '******5309',
    DeviceType: 'iPhone',
    DeviceUserAgent: 'Apple-iPhone17C3/2302.85',
    DeviceModel: 'iPhone17C3',
    FirstSyncTime: clixmlScalar('DT', '2026-04-30T12:00:00.1234567Z'),
    UserDisplayName: `${DOMAIN}/user${number}`,
    DeviceAccessState: clixmlEnum(access, 'Allowed', 1),
    DeviceAccessStateReason: clixmlEnum(`${access}Reason`, 'Global', 1),
    DeviceAccessControlRule: null,
    ClientVersion: '16.1',
    ClientType: clixmlEnum('Microsoft.Exchange.Data.Directory.MobileClientType', 'EAS', 1),
    IsManaged: false,
    IsCompliant: false,
    IsDisabled: false,
    AdminDisplayName: '',
    ExchangeVersion: '0.10 (14.0.100.0)',
    Name: name,
    DistinguishedName: `CN=${name},CN=ExchangeActiveSyncDevices,CN=user${number},OU=Users,DC=contoso,DC=example`,
    Identity: identity,
    Guid: clixmlScalar('G', `00000001-0001-0000-0000-${number.toString(16).padStart(12, '0')}`),
    ObjectCategory: 'contoso.example/Configuration/Schema/ms-Exch-Active-Sync-Device',
    ObjectClass: clixmlObject({
      typeNames: [
        'Microsoft.Exchange.Data.MultiValuedProperty`1[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089]]',
        'System.Object',
      ],
      items: ['top', 'msExchActiveSyncDevice'],
    }),
    WhenChanged: clixmlScalar('DT', '2026-05-01T10:00:00+02:00'),
    WhenCreated: clixmlScalar('DT', '2026-04-30T14:00:00+02:00'),
    WhenChangedUTC: clixmlScalar('DT', '2026-05-01T08:00:00Z'),
    WhenCreatedUTC: clixmlScalar('DT', '2026-04-30T12:00:00Z'),
    OrganizationId: '',
    Id: identity,
    OriginatingServer: 'dc1.contoso.example',
    IsValid: true,
    ObjectState: clixmlEnum('Microsoft.Exchange.Data.ObjectState', 'Unchanged', 1),
  };
  for (let extra = Object.keys(properties).length; extra < 59; extra++) {
    properties[`ExtensionProperty${extra}`] =
      extra % 3 === 0 ? null : extra % 3 === 1 ? `a value of some length for property ${extra} of the schema` : extra;
  }
  return clixmlObject({
    typeNames: [
      'Microsoft.Exchange.Data.Directory.Management.MobileDevice',
      'Microsoft.Exchange.Data.Directory.Management.ADPresentationObject',
      'Microsoft.Exchange.Data.Directory.ADObject',
      'Microsoft.Exchange.Data.ConfigurableObject',
      'System.Object',
    ],
    text: identity,
    properties,
  });
}

/** Sizes of a run. */
export interface ClixmlBenchOptions {
  /** Distinct messages. Default 2,000 (9 MB). */
  readonly objects?: number;
  /** Rounds, each reader once in each. Default 9. */
  readonly rounds?: number;
}

/** Runs the bench; takes about ten seconds with the defaults. */
export function run(options: ClixmlBenchOptions = {}): ClixmlBench {
  const { objects = 2000, rounds = 9 } = options;
  const messages = Array.from({ length: objects }, (_, number) =>
    encodeMessage({
      destination: Destination.CLIENT,
      type: MessageType.PIPELINE_OUTPUT,
      poolId: POOL,
      pipelineId: POOL,
      data: `\uFEFF${writeClixml(mobileDevice(number))}`,
    }),
  );
  const bytes = messages.reduce((sum, message) => sum + message.length, 0);
  const readers: readonly (readonly [string, (bytes: Uint8Array) => unknown])[] = [
    ['bare saxes tree', (message) => bareTree(decodeMessage(message).data)],
    ['readClixml', (message) => readClixml(decodeMessage(message).data)],
    ['readClixmlPlain', (message) => readClixmlPlain(decodeMessage(message).data)],
  ];
  const times = readers.map(() => [] as number[]);
  for (let round = -1; round < rounds; round++) {
    readers.forEach(([, read], index) => {
      const seconds = measure(messages, read);
      if (round >= 0) times[index]?.push(seconds);
    });
  }
  const bare = times[0] ?? [];
  const figures = readers.map(([name], index) => {
    const own = times[index] ?? [];
    return {
      name,
      megabytesPerSecond: bytes / 1e6 / median(own),
      objectsPerSecond: objects / median(own),
      ratio: median(own.map((seconds, round) => (bare[round] ?? seconds) / seconds)),
    };
  });
  const floors = figures.slice(1).map(({ name, ratio }) => ({ name, value: ratio, floor: 0.9, met: ratio >= 0.9 }));
  return { objects, bytesPerObject: bytes / objects, figures, floors };
}

function measure(messages: readonly Uint8Array[], read: (bytes: Uint8Array) => unknown): number {
  const started = process.hrtime.bigint();
  for (const message of messages) read(message);
  return Number(process.hrtime.bigint() - started) / 1e9;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

if (import.meta.main) {
  const { objects, bytesPerObject, figures, floors } = run();
  console.log(`CLIXML: ${objects} devices of ${Math.round(bytesPerObject)} bytes`);
  for (const { name, megabytesPerSecond, objectsPerSecond, ratio } of figures) {
    console.log(
      `  ${name.padEnd(16)} ${megabytesPerSecond.toFixed(1).padStart(6)} MB/s ${Math.round(objectsPerSecond).toString().padStart(7)} objects/s  ${ratio.toFixed(2)} x bare`,
    );
  }
  for (const { name, value, floor, met } of floors) {
    console.log(`  ${met ? 'ok  ' : 'MISS'} ${name} ${value.toFixed(2)} >= ${floor}`);
  }
  process.exitCode = floors.every(({ met }) => met) ? 0 : 1;
}
