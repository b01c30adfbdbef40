/** Where a report may be fetched from. */
import type { GraphCloud } from '../clouds.ts';
import { exportError } from './export-error.ts';

/**
 * Where each cloud keeps its blobs (learn.microsoft.com/azure/storage/common/storage-account-overview; for the others "Azure
 * Government" and "Azure China" developer guides). With free addresses the tenant may be anywhere: any https host.
 */
const BLOB_HOSTS: Readonly<Record<Exclude<GraphCloud, 'custom'>, string>> = {
  global: '.blob.core.windows.net',
  usgov: '.blob.core.usgovcloudapi.net',
  dod: '.blob.core.usgovcloudapi.net',
  china: '.blob.core.chinacloudapi.cn',
};

/**
 * The address of a report as Graph gave it. It lets in whoever has it, so that no error repeats it.
 * @throws ConnectorError ERR_GRAPH_EXPORT for what is no https address, has a user in it, or is elsewhere
 */
export function blobAddress(cloud: GraphCloud, text: unknown): URL {
  if (typeof text !== 'string' || !URL.canParse(text)) throw exportError('address', 'has no address');
  const url = new URL(text);
  if (url.protocol !== 'https:') throw exportError('address', 'is not on an https address');
  if (url.username !== '' || url.password !== '') throw exportError('address', 'is on an address with a user in it');
  const suffix = cloud === 'custom' ? null : BLOB_HOSTS[cloud];
  if (suffix !== null && (!url.hostname.endsWith(suffix) || url.port !== ''))
    throw exportError('address', `is on ${url.host}, which is no storage of this cloud`, { seen: url.host });
  return url;
}
