/** What every object of the directory has in common when Exchange's cmdlets put it out. */
import { OBJECT_STATE } from './exchange-enums.ts';
import type { Column } from './exchange-schema.ts';
import { wholeSeconds } from './exchange-schema.ts';

/** Namespace of the objects that stand for directory objects. */
export const MANAGEMENT = 'Microsoft.Exchange.Data.Directory.Management';

/** Type names of such an object, most derived first. */
export function presentationTypes(name: string): readonly string[] {
  return [
    `${MANAGEMENT}.${name}`,
    `${MANAGEMENT}.ADPresentationObject`,
    'Microsoft.Exchange.Data.Directory.ADObject',
    'Microsoft.Exchange.Data.Directory.ADRawEntry',
    'Microsoft.Exchange.Data.ConfigurableObject',
    'System.Object',
  ];
}

/** What an entity must tell so that the properties every directory object has can be given. Times in milliseconds. */
export interface DirectoryFacts<T> {
  readonly name: (entity: T) => string;
  readonly distinguishedName: (entity: T) => string;
  readonly identity: (entity: T) => string;
  readonly guid: (entity: T) => string;
  readonly domain: (entity: T) => string;
  readonly category: string;
  readonly classes: readonly string[];
  readonly changedAt: (entity: T) => number;
  readonly createdAt: (entity: T) => number;
}

/** The properties of every directory object, in Exchange's order. */
export function directoryColumns<T>(facts: DirectoryFacts<T>): readonly Column<T>[] {
  return [
    { name: 'IsValid', kind: 'bool', read: () => true },
    { name: 'ExchangeVersion', kind: 'text', read: () => '0.10 (14.0.100.0)' },
    { name: 'Name', kind: 'text', read: facts.name },
    { name: 'DistinguishedName', kind: 'text', read: facts.distinguishedName },
    { name: 'Identity', kind: 'text', read: facts.identity },
    { name: 'Guid', kind: 'guid', read: facts.guid },
    {
      name: 'ObjectCategory',
      kind: 'text',
      read: (entity) => `${facts.domain(entity)}/Configuration/Schema/${facts.category}`,
    },
    { name: 'ObjectClass', kind: 'texts', read: () => facts.classes },
    { name: 'WhenChanged', kind: 'local', read: (entity) => wholeSeconds(facts.changedAt(entity)) },
    { name: 'WhenCreated', kind: 'local', read: (entity) => wholeSeconds(facts.createdAt(entity)) },
    { name: 'WhenChangedUTC', kind: 'utc', read: (entity) => wholeSeconds(facts.changedAt(entity)) },
    { name: 'WhenCreatedUTC', kind: 'utc', read: (entity) => wholeSeconds(facts.createdAt(entity)) },
    { name: 'OrganizationId', kind: 'text', read: () => '' },
    { name: 'Id', kind: 'text', read: facts.identity },
    { name: 'OriginatingServer', kind: 'text', read: (entity) => `DC1.${facts.domain(entity)}` },
    { name: 'ObjectState', kind: 'enum', type: OBJECT_STATE, read: () => 'Unchanged' },
  ];
}
