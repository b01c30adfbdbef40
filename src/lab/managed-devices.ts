/**
 * Devices enrolled in the simulated MDM, as Microsoft Graph's managedDevice JSON (v1.0, property names and enum members of
 * its metadata). "Unset" is what Graph really sends: "" for texts, year 0001 for times, year 9999 for "no grace period".
 */
import type { Platform } from '../model/records.ts';

/** Graph's seven compliance states. */
export type ComplianceState =
  | 'unknown'
  | 'compliant'
  | 'noncompliant'
  | 'conflict'
  | 'error'
  | 'inGracePeriod'
  | 'configManager';

/** The MDMs of the organization: its Intune tenant, a second one, and a Jamf Pro, which tells no compliance. */
export type LabMdm = 'intune' | 'second-tenant' | 'jamf';

/** A device to enroll. */
export interface Enrollment {
  /** Default intune. */
  readonly mdm?: LabMdm;
  /** Who enrolls: UPN of a user of the organization, or any other. */
  readonly upn: string;
  readonly platform: Platform;
  readonly model: string;
  readonly name: string;
  readonly serial: string;
  /** The EAS ID the device reports; "" or left out if it reports none (Android other than Samsung Knox). */
  readonly easDeviceId?: string;
  readonly manufacturer?: string;
  readonly osVersion?: string;
  readonly imei?: string;
  readonly phoneNumber?: string;
  /** Default compliant. */
  readonly complianceState?: ComplianceState;
  /** ISO 8601; default none. */
  readonly graceUntil?: string;
  /** Default mdm. */
  readonly managementAgent?: string;
  /** Default managed. */
  readonly managementState?: string;
  readonly ownerType?: 'company' | 'personal' | 'unknown';
  /** Entra object id of the user; default that of the user of this UPN. */
  readonly userId?: string;
  /** Default the primary address of the user of this UPN, else the UPN. */
  readonly emailAddress?: string;
  readonly userDisplayName?: string;
  /** Default a new id. */
  readonly id?: string;
  /** Entra's id of the device; all zeros: it is not registered there. Default a new one. */
  readonly azureADDeviceId?: string;
  /** ISO 8601 UTC; default now. */
  readonly enrolledAt?: string;
}

/** Graph's managedDevice, every property of a list answer. */
export interface ManagedDevice {
  readonly id: string;
  readonly userId: string;
  readonly deviceName: string;
  readonly managedDeviceOwnerType: string;
  readonly enrolledDateTime: string;
  readonly lastSyncDateTime: string;
  readonly operatingSystem: string;
  readonly complianceState: ComplianceState;
  readonly jailBroken: string;
  readonly managementAgent: string;
  readonly osVersion: string;
  readonly easActivated: boolean;
  readonly easDeviceId: string;
  readonly easActivationDateTime: string;
  readonly azureADRegistered: boolean | null;
  readonly deviceEnrollmentType: string;
  readonly activationLockBypassCode: string | null;
  readonly emailAddress: string;
  readonly azureADDeviceId: string;
  readonly deviceRegistrationState: string;
  readonly deviceCategoryDisplayName: string;
  readonly isSupervised: boolean;
  readonly exchangeLastSuccessfulSyncDateTime: string;
  readonly exchangeAccessState: string;
  readonly exchangeAccessStateReason: string;
  readonly remoteAssistanceSessionUrl: string | null;
  readonly remoteAssistanceSessionErrorDetails: string | null;
  readonly isEncrypted: boolean;
  readonly userPrincipalName: string;
  readonly model: string;
  readonly manufacturer: string;
  readonly imei: string;
  readonly complianceGracePeriodExpirationDateTime: string;
  readonly serialNumber: string;
  readonly phoneNumber: string;
  readonly androidSecurityPatchLevel: string;
  readonly userDisplayName: string;
  readonly configurationManagerClientEnabledFeatures: null;
  readonly wiFiMacAddress: string;
  readonly deviceHealthAttestationState: null;
  readonly subscriberCarrier: string;
  readonly meid: string;
  readonly totalStorageSpaceInBytes: number;
  readonly freeStorageSpaceInBytes: number;
  readonly managedDeviceName: string;
  readonly partnerReportedThreatState: string;
  readonly requireUserEnrollmentApproval: boolean | null;
  readonly managementCertificateExpirationDate: string;
  readonly iccid: string | null;
  readonly udid: string | null;
  readonly notes: string | null;
  readonly ethernetMacAddress: string | null;
  readonly physicalMemoryInBytes: number;
  readonly enrollmentProfileName: string;
  readonly managementState: string;
  readonly deviceActionResults: readonly unknown[];
}

/** How Graph writes an unset time. */
export const UNSET_TIME = '0001-01-01T00:00:00Z';
/** How Graph writes "no grace period". */
export const NO_GRACE_PERIOD = '9999-12-31T23:59:59Z';

const YEAR_MS = 365 * 86_400_000;
const OPERATING_SYSTEM: Readonly<Record<Platform, string>> = {
  ios: 'iOS',
  android: 'Android',
  windows: 'Windows',
  macos: 'macOS',
  other: 'Unknown',
};

/** Facts the organization adds to an enrollment. */
export interface EnrollmentFacts {
  readonly id: string;
  readonly azureADDeviceId: string;
  readonly userId: string;
  readonly emailAddress: string;
  readonly userDisplayName: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Builds the managedDevice of a newly enrolled device. */
export function newManagedDevice(enrollment: Enrollment, facts: EnrollmentFacts): ManagedDevice {
  const now = graphTime(facts.now);
  const easDeviceId = enrollment.easDeviceId ?? '';
  const supervised = enrollment.platform === 'ios' && enrollment.ownerType === 'company';
  return {
    id: facts.id,
    userId: facts.userId,
    deviceName: enrollment.name,
    managedDeviceOwnerType: enrollment.ownerType ?? 'personal',
    enrolledDateTime: enrollment.enrolledAt ?? now,
    lastSyncDateTime: now,
    operatingSystem: OPERATING_SYSTEM[enrollment.platform],
    complianceState: enrollment.complianceState ?? 'compliant',
    jailBroken: enrollment.platform === 'ios' ? 'False' : 'Unknown',
    managementAgent: enrollment.managementAgent ?? 'mdm',
    osVersion: enrollment.osVersion ?? '',
    easActivated: easDeviceId !== '',
    easDeviceId,
    easActivationDateTime: UNSET_TIME,
    azureADRegistered: true,
    deviceEnrollmentType: 'userEnrollment',
    activationLockBypassCode: null,
    emailAddress: facts.emailAddress,
    azureADDeviceId: facts.azureADDeviceId,
    deviceRegistrationState: 'registered',
    deviceCategoryDisplayName: 'Unknown',
    isSupervised: supervised,
    exchangeLastSuccessfulSyncDateTime: UNSET_TIME,
    exchangeAccessState: 'none',
    exchangeAccessStateReason: 'none',
    remoteAssistanceSessionUrl: null,
    remoteAssistanceSessionErrorDetails: null,
    isEncrypted: true,
    userPrincipalName: enrollment.upn,
    model: enrollment.model,
    manufacturer:
      enrollment.manufacturer ?? (enrollment.platform === 'ios' || enrollment.platform === 'macos' ? 'Apple' : ''),
    imei: enrollment.imei ?? '',
    complianceGracePeriodExpirationDateTime: enrollment.graceUntil ?? NO_GRACE_PERIOD,
    serialNumber: enrollment.serial,
    phoneNumber: enrollment.phoneNumber ?? '',
    androidSecurityPatchLevel: enrollment.platform === 'android' ? '2026-10-05' : '',
    userDisplayName: facts.userDisplayName,
    configurationManagerClientEnabledFeatures: null,
    wiFiMacAddress: '',
    deviceHealthAttestationState: null,
    subscriberCarrier: '',
    meid: '',
    totalStorageSpaceInBytes: 128_000_000_000,
    freeStorageSpaceInBytes: 64_000_000_000,
    managedDeviceName: `${enrollment.upn.split('@')[0] ?? ''}_${OPERATING_SYSTEM[enrollment.platform]}_${now}`,
    partnerReportedThreatState: 'unknown',
    requireUserEnrollmentApproval: null,
    managementCertificateExpirationDate: graphTime(facts.now + YEAR_MS),
    iccid: null,
    udid: null,
    notes: null,
    ethernetMacAddress: null,
    physicalMemoryInBytes: 0,
    enrollmentProfileName: '',
    managementState: enrollment.managementState ?? 'managed',
    deviceActionResults: [],
  };
}

/** Milliseconds → Graph's time without fraction. */
export function graphTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
