/** Asks every MDM for the devices of one user, right before a block that no sync has just decided (ADR 0016). */
import type { Asked, MdmAsker } from '../../src/access/apply.ts';
import { asConnectorError, throwIfAborted } from '../../src/errors.ts';
import { managedDevicesOfUser } from '../../src/graph/managed-devices.ts';
import { Matcher } from '../../src/match/matcher.ts';
import { MdmIndex } from '../../src/match/mdm-index.ts';
import { isSameUser } from '../../src/match/same-user.ts';
import type { DeviceRecord, EasRecord, MdmRecord } from '../../src/model/records.ts';
import type { Store } from '../../src/store/store.ts';
import type { MdmConnection } from '../connections.ts';
import type { Definition, RED } from '../red.ts';
import { choiceOf, textOf } from '../red.ts';
import type { MatchSettings } from '../../src/connector/matching/match-settings.ts';

/** What asking needs. */
export interface AskScene {
  readonly RED: RED;
  readonly store: Store;
  readonly matcher: MatchSettings;
}

/**
 * An asker for one run of changes: when an MDM has failed, none is asked again in it. `unreachable` where one cannot be
 * asked, and where the devices of the user alone do not tell what merges.
 */
export function mdmAsker(scene: AskScene): MdmAsker {
  let failed: string | null = null;
  return {
    async ask({ eas }, { signal }): Promise<Asked> {
      const why = failed ?? (await whyNotByUser(scene, eas));
      if (eas === undefined || why !== null) return { kind: 'unreachable', why: why ?? '' };
      const askedAt = new Date().toISOString();
      let records: MdmRecord[];
      try {
        records = await devicesOfUser(scene, eas, signal);
      } catch (error) {
        throwIfAborted(signal);
        failed = asConnectorError(error).message;
        return { kind: 'unreachable', why: failed };
      }
      return {
        kind: 'asked',
        device: await matchedAnew(scene, eas, records, askedAt),
        unread: await countUnread(
          scene.store,
          records.filter((record) => isSameUser(eas, record)),
        ),
      };
    },
  };
}

/*
 *   the device or the flow                                 asking by user
 *   names neither UPN nor address                          tells nothing
 *   paired by an administrator                             may miss the paired record, which may be another user's
 *   the matcher merges the EAS ID of another user too      may miss that user's record
 *   no MDM, a mapped one, one whose tenant is not there    there is nobody to ask
 *   otherwise                                              tells what merges
 */
async function whyNotByUser(scene: AskScene, eas: EasRecord | undefined): Promise<string | null> {
  if (eas === undefined || namesOf(eas).length === 0) return 'Exchange names no user of this device.';
  if (!scene.matcher.sameUser) return 'the merge matcher also merges devices of other users.';
  const pairings = await scene.store.pairings.list();
  if (pairings.some(({ easKey }) => easKey === eas.key)) return 'an administrator has paired this device.';
  const mdms = await mdmsOf(scene);
  if (mdms.size === 0) return 'there is no MDM to ask.';
  const deaf = [...mdms].find(([, tenant]) => tenant === null);
  return deaf === undefined ? null : `the MDM "${deaf[0]}" cannot be asked for the devices of a user.`;
}

/**
 * Every MDM whose records count, by the name that its records carry: those this store has a reading of, and every deployed
 * MDM source, read or not. Null: it cannot be asked.
 */
async function mdmsOf({ RED, store }: AskScene): Promise<Map<string, MdmConnection | null>> {
  const names = (await store.snapshots.list('mdm')).map(({ scope }) => scope);
  RED.nodes.eachNode((node) => {
    const definition = node as unknown as Definition;
    // A node that is disabled has a definition only.
    if (definition.type !== 'mdm-source' || RED.nodes.getNode(definition.id) === null) return;
    const isIntune = choiceOf(definition, 'provider', ['intune', 'mapping'], 'intune') === 'intune';
    names.push(isIntune ? textOf(definition, 'tenant') : definition.name || definition.id);
  });
  return new Map(names.map((name) => [name, tenantOf(RED, name)]));
}

function tenantOf(RED: RED, id: string): MdmConnection | null {
  const node = RED.nodes.getNode(id) as unknown as Partial<MdmConnection> | null;
  return node?.connection === 'mdm-tenant' ? (node as MdmConnection) : null;
}

function namesOf({ mailbox }: EasRecord): string[] {
  return [mailbox.upn, mailbox.address, ...mailbox.addresses].filter((name) => name !== null);
}

async function devicesOfUser(scene: AskScene, eas: EasRecord, signal: AbortSignal | undefined): Promise<MdmRecord[]> {
  const records: MdmRecord[] = [];
  for (const [source, tenant] of await mdmsOf(scene)) {
    const options = { source, ...(signal === undefined ? {} : { signal }) };
    if (tenant !== null) records.push(...(await managedDevicesOfUser(tenant.graph(), namesOf(eas), options)));
  }
  return records;
}

/** The device as the merge matcher would match it with these records: without the whole picture it holds what it is not sure of. */
async function matchedAnew(
  { store, matcher }: AskScene,
  eas: EasRecord,
  records: readonly MdmRecord[],
  askedAt: string,
): Promise<DeviceRecord> {
  const mdm = new MdmIndex(Math.max(16, records.length));
  mdm.add(records);
  const { maxAgeHours: _, ...options } = matcher;
  const activations = await store.activations.forMailbox(eas.mailbox.id);
  const rules = { ...options, mdmStartedAt: askedAt, mdmComplete: true, mdmFresh: true };
  const byKey = new Map(records.map((record) => [record.key, record]));
  const [device] = await new Matcher({ mdm, activations, options: rules }).matchPage([eas], () =>
    Promise.resolve(byKey),
  );
  return device!;
}

async function countUnread(store: Store, records: readonly MdmRecord[]): Promise<number> {
  const known = await store.snapshots.getMany(records.map(({ key }) => key));
  return records.filter(({ key }) => !known.has(key)).length;
}
