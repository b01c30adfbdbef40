/** What a container engine says that was asked for the manifest of an image: whether a registry has it. Pure. */

/** Who was asked, and how it ended. */
export interface ManifestAnswer {
  readonly code: number;
  readonly said: string;
}

/*
 *   the engine                                               the image
 *   shows the manifest                                       is there
 *   says that the registry does not know it                  is missing: the tag is wrong, or was taken away
 *   cannot reach the registry, is refused, or is not there   is not known: skipped, for the reason that it gave
 */
export type ImageState =
  | { readonly state: 'there' | 'missing' }
  | { readonly state: 'skipped'; readonly reason: string };

/** Words of the registries' answers for an image that there is not (https://github.com/opencontainers/distribution-spec). */
const UNKNOWN = /manifest unknown|MANIFEST_UNKNOWN|name unknown|NAME_UNKNOWN|no such manifest/;

/** Whether there is an image. @param answer null: no engine is installed */
export function imageState(answer: ManifestAnswer | null): ImageState {
  if (answer === null) return { state: 'skipped', reason: 'no Podman is installed to ask a registry' };
  if (answer.code === 0) return { state: 'there' };
  if (UNKNOWN.test(answer.said)) return { state: 'missing' };
  const last = answer.said.trim().split('\n').at(-1) ?? '';
  return { state: 'skipped', reason: last.slice(0, 300) || `it ended with ${answer.code}` };
}
