/** What the routes answer: the same shapes as where they are made, as JSON leaves them. Types only, nothing of it is loaded. */
import type {
  auditAnswer,
  candidatesAnswer,
  deviceAnswer,
  oneDeviceAnswer,
  overviewAnswer,
  planAnswer,
  planPageAnswer,
} from '../console/answers.ts';
import type { Named, ToldReadiness } from '../console/answers.ts';
import type { triedAnswer } from '../console/tried-answer.ts';

export type OverviewAnswer = ReturnType<typeof overviewAnswer> & {
  readonly at: string;
  readonly organization: Named | null;
  readonly organizations: readonly Named[];
};

export interface ReadinessAnswer {
  readonly at: string;
  /** Null: no access switch of the organization runs. */
  readonly switch: (Named & { readonly mode: 'simulate' | 'enforce' }) | null;
  readonly checklist: ToldReadiness | null;
}

export type ReadinessLineAnswer = ToldReadiness['lines'][number];

export interface DevicesAnswer {
  readonly devices: readonly ReturnType<typeof deviceAnswer>[];
  readonly next: string | null;
}

export type DeviceAnswer = ReturnType<typeof oneDeviceAnswer>;

export type CandidatesAnswer = ReturnType<typeof candidatesAnswer>;

export type TriedAnswer = ReturnType<typeof triedAnswer>;

export type PlanAnswer = ReturnType<typeof planAnswer>;

export type PlanPageAnswer = Omit<ReturnType<typeof planPageAnswer>, 'next'> & { readonly next: string | null };

export type AuditEntryAnswer = ReturnType<typeof auditAnswer>;

export interface AuditAnswer {
  readonly entries: readonly AuditEntryAnswer[];
  readonly next: string | null;
}
