/** The table of what is known of an organization and what answers. */
import assert from 'node:assert/strict';
import { judgeOrganization } from '../../src/access/same-organization.ts';
import type { KnownOrganization } from '../../src/access/same-organization.ts';
import type { OrganizationIdentity, OrganizationKind } from '../../src/model/organization-identity.ts';

const AT = '2026-06-01T08:00:00.000Z';
const LATER = '2026-06-01T09:00:00.000Z';
const of = (kind: OrganizationKind, id: string | null): OrganizationIdentity => ({
  kind,
  id,
  name: id === null ? null : `name of ${id}`,
});
const known = (kind: OrganizationKind, id: string | null, found: OrganizationIdentity | null = null) => ({
  ...of(kind, id),
  found: found === null ? null : { ...found, at: AT },
});
const X = 'x';
const Y = 'y';

describe('what answers for an organization', () => {
  type Case = [what: string, known: KnownOrganization | null, answers: OrganizationIdentity, kept: KnownOrganization];
  const table: Case[] = [
    ['is known from now on if nothing was', null, of('online', X), known('online', X)],
    ['is known by its kind if nobody says which it is', null, of('on-premises', null), known('on-premises', null)],
    [
      'says which it is where only the kind was known',
      known('on-premises', null),
      of('on-premises', X),
      known('on-premises', X),
    ],
    ['is unknown as before', known('on-premises', null), of('on-premises', null), known('on-premises', null)],
    ['is the same', known('on-premises', X), of('on-premises', X), known('on-premises', X)],
    ['is the same by another name', { ...known('online', X), name: 'old' }, of('online', X), known('online', X)],
    ['is the same as far as anybody says', known('on-premises', X), of('on-premises', null), known('on-premises', X)],
    [
      'is another one',
      known('on-premises', X),
      of('on-premises', Y),
      { ...known('on-premises', X), found: { ...of('on-premises', Y), at: LATER } },
    ],
    [
      'is of another kind, though nobody ever said which',
      known('simulated', null),
      of('on-premises', null),
      { ...known('simulated', null), found: { ...of('on-premises', null), at: LATER } },
    ],
    [
      'is of another kind, though it says the same',
      known('simulated', X),
      of('on-premises', X),
      { ...known('simulated', X), found: { ...of('on-premises', X), at: LATER } },
    ],
    [
      'is still the other one, found when it was first',
      known('online', X, of('online', Y)),
      of('online', Y),
      known('online', X, of('online', Y)),
    ],
    [
      'is still the other one once it does not say any more',
      known('online', X, of('online', Y)),
      of('online', null),
      known('online', X, of('online', Y)),
    ],
    [
      'is a third one',
      known('online', X, of('online', Y)),
      of('online', 'z'),
      { ...known('online', X), found: { ...of('online', 'z'), at: LATER } },
    ],
    ['is the known one again', known('online', X, of('online', Y)), of('online', X), known('online', X)],
    [
      'is of the known kind again, and nobody says which',
      known('online', X, of('simulated', Y)),
      of('online', null),
      known('online', X),
    ],
  ];
  for (const [what, before, answers, kept] of table) {
    it(what, () => {
      const judged = judgeOrganization(before, answers, LATER);
      assert.deepEqual(judged, kept);
      // Nothing is written where nothing has changed.
      assert.equal(judged === before, JSON.stringify(before) === JSON.stringify(kept));
    });
  }
});
