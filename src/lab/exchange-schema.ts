/** How a kind of Exchange object is described once, and read three ways: as plain object, as CLIXML value, as CLIXML text. */

/** An enum's .NET type and numbers. */
export interface EnumType {
  readonly typeName: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** One property of an Exchange object of kind `T`. Times are milliseconds since 1970. */
export type Column<T> = { readonly name: string } & (
  | { readonly kind: 'text'; readonly read: (entity: T) => string | null }
  | { readonly kind: 'bool'; readonly read: (entity: T) => boolean }
  | { readonly kind: 'int' | 'uint'; readonly read: (entity: T) => number | null }
  | { readonly kind: 'utc' | 'local'; readonly read: (entity: T) => number | null }
  | { readonly kind: 'guid'; readonly read: (entity: T) => string | null }
  | { readonly kind: 'enum'; readonly type: EnumType; readonly read: (entity: T) => string | null }
  | { readonly kind: 'texts'; readonly read: (entity: T) => readonly string[] }
  | { readonly kind: 'dictionary'; readonly read: (entity: T) => Readonly<Record<string, string>> }
);

/** A kind of object. */
export interface Schema<T> {
  /** Most derived first. */
  readonly typeNames: readonly string[];
  /** What its ToString() gives. */
  readonly text: (entity: T) => string;
  readonly columns: readonly Column<T>[];
}

/** One object of a known kind, not yet written in any form. */
export interface ExchangeObject<T = unknown> {
  readonly schema: Schema<T>;
  readonly entity: T;
}

/** .NET name of a list of strings, as Exchange 2016 and 2019 write it. */
export const TEXT_LIST_TYPE_NAMES: readonly string[] = [
  'Microsoft.Exchange.Data.MultiValuedProperty`1[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089]]',
  'Microsoft.Exchange.Data.MultiValuedPropertyBase',
  'System.Object',
];

/** .NET name of the dictionary that a command's parameters are in. */
export const DICTIONARY_TYPE_NAMES: readonly string[] = [
  'System.Collections.Generic.Dictionary`2[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089],[System.Management.Automation.ParameterMetadata, System.Management.Automation, Version=3.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]',
  'System.Object',
];

/** Type names of an enum. */
export function enumTypeNames(type: EnumType): readonly string[] {
  return [type.typeName, 'System.Enum', 'System.ValueType', 'System.Object'];
}

/** Minutes that the lab's Exchange servers are ahead of UTC; `WhenChanged` and `WhenCreated` are local times. */
export const SERVER_UTC_OFFSET_MINUTES = 60;

/** Milliseconds → DT text of a UTC time, as XmlConvert writes it: no fraction if it is zero, no trailing zeros. */
export function utcText(ms: number): string {
  return `${timeText(ms)}Z`;
}

/** Milliseconds → DT text of a local time of the server: `2026-05-01T10:00:00+01:00`. */
export function localText(ms: number): string {
  return timeText(ms + SERVER_UTC_OFFSET_MINUTES * 60_000) + LOCAL_OFFSET;
}

const LOCAL_OFFSET = `+${two(Math.floor(SERVER_UTC_OFFSET_MINUTES / 60))}:${two(SERVER_UTC_OFFSET_MINUTES % 60)}`;
const DAY_MS = 86_400_000;

/** Date and time without zone. Five times of an object lie on a day or two, so the date is worth remembering. */
function timeText(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  const rest = ms - day * DAY_MS;
  const seconds = Math.floor(rest / 1000);
  const fraction = rest % 1000;
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const text = `${dateText(day)}T${clock}`;
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(3, '0').replace(/0+$/, '')}`;
}

/** Of the two days used last: UTC and local time may differ. */
const dates: { day: number; text: string }[] = [
  { day: Number.NaN, text: '' },
  { day: Number.NaN, text: '' },
];

function dateText(day: number): string {
  const slot = dates[day & 1];
  if (slot === undefined || slot.day === day) return slot?.text ?? '';
  slot.day = day;
  slot.text = new Date(day * DAY_MS).toISOString().slice(0, 10);
  return slot.text;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** Active Directory keeps whole seconds. */
export function wholeSeconds(ms: number): number {
  return ms - (ms % 1000);
}
