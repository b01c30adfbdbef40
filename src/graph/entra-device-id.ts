/** The id by which Intune and Entra know the same device: Entra's `deviceId`, Intune's `azureADDeviceId`. */
import { foreignId } from '../model/foreign.ts';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The id as it is compared and asked for; null: not registered, or no GUID. */
export function entraDeviceId(value: unknown): string | null {
  const id = foreignId(value)?.toLowerCase() ?? '';
  return GUID.test(id) ? id : null;
}
