/** All that the report of a tenant says, in each language. */
import type { CheckWords } from '../../../model/check-words.ts';
import { sayer } from '../../../model/say.ts';
import type { ReportLanguage } from '../../../model/say.ts';
import { VERDICTS } from '../verdicts.ts';
import type { Verdict } from '../verdicts.ts';
import { SAYINGS_DE, SAYINGS_EN } from './sayings.ts';
import { VERDICTS_DE } from './verdicts-de.ts';

/** Says what a step sees. */
export const said = sayer<typeof SAYINGS_EN>();

/** The titles of the steps, in order. */
const TITLES_EN = {
  'sign-in': 'Sign-in',
  permissions: 'Permissions',
  intune: 'Intune',
  devices: 'Devices',
  clock: 'Clock',
} as const;

export type StepId = keyof typeof TITLES_EN;

const TITLES_DE: Readonly<Record<StepId, string>> = {
  'sign-in': 'Anmeldung',
  permissions: 'Berechtigungen',
  intune: 'Intune',
  devices: 'Geräte',
  clock: 'Uhr',
};

interface TenantWords extends CheckWords<Verdict> {
  readonly titles: Readonly<Record<StepId, string>>;
}

export const TENANT_WORDS: Readonly<Record<ReportLanguage, TenantWords>> = {
  en: {
    language: 'en',
    sayings: SAYINGS_EN,
    verdicts: VERDICTS,
    titles: TITLES_EN,
    summary: {
      healthy: 'The connector can work with this tenant.',
      warning: 'The connector can work with this tenant; look at',
      broken: 'The connector cannot work with this tenant yet; look at',
      unknown: 'Whether the connector can work with this tenant was not proven; look at',
    },
  },
  de: {
    language: 'de',
    sayings: SAYINGS_DE,
    verdicts: VERDICTS_DE,
    titles: TITLES_DE,
    summary: {
      healthy: 'Der Connector kann mit diesem Mandanten arbeiten.',
      warning: 'Der Connector kann mit diesem Mandanten arbeiten; siehe',
      broken: 'Der Connector kann mit diesem Mandanten noch nicht arbeiten; siehe',
      unknown: 'Ob der Connector mit diesem Mandanten arbeiten kann, ist nicht nachgewiesen; siehe',
    },
  },
};
