/** What the application proves itself with: a client secret, or a certificate and its private key. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { invalidTenant } from './tenant-field.ts';

/** The sign-in part of the mdm-tenant node. */
export interface CredentialChoice {
  readonly authMethod: 'secret' | 'certificate';
  readonly clientSecret?: string;
  /** PEM; the first certificate is the application's. */
  readonly certificate?: string;
  /** PEM, RSA. */
  readonly privateKey?: string;
  readonly privateKeyPassphrase?: string;
}

/** In the words of @azure/msal-node's `auth` options. */
export type Credential =
  | { readonly clientSecret: string }
  | {
      readonly clientCertificate: {
        readonly thumbprintSha256: string;
        readonly privateKey: string;
        readonly x5c: string;
      };
    };

/**
 * Checks the credential before the first request, so that a mistake names its field and not an AADSTS number.
 * @throws ConnectorError ERR_CONFIG_INVALID
 */
export function readCredential(choice: CredentialChoice): Credential {
  if (choice.authMethod === 'secret') {
    const clientSecret = choice.clientSecret?.trim() ?? '';
    if (clientSecret === '') throw invalidTenant('clientSecret', 'is empty');
    return { clientSecret };
  }
  const certificate = readCertificate(choice.certificate);
  const key = readPrivateKey(choice.privateKey, choice.privateKeyPassphrase);
  // Entra takes PS256 and RS256 assertions (learn.microsoft.com, "certificate credentials"); both are RSA.
  if (key.asymmetricKeyType !== 'rsa')
    throw invalidTenant('privateKey', `is ${String(key.asymmetricKeyType)}, but sign-in needs RSA`);
  if (!certificate.checkPrivateKey(key)) throw invalidTenant('privateKey', 'does not belong to the certificate');
  return {
    clientCertificate: {
      thumbprintSha256: certificate.fingerprint256.replaceAll(':', ''),
      privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      x5c: certificate.toString(),
    },
  };
}

function readCertificate(pem: string | undefined): X509Certificate {
  if (pem === undefined || pem.trim() === '') throw invalidTenant('certificate', 'is empty');
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw invalidTenant('certificate', 'is not a PEM certificate', cause);
  }
}

function readPrivateKey(pem: string | undefined, passphrase: string | undefined): KeyObject {
  if (pem === undefined || pem.trim() === '') throw invalidTenant('privateKey', 'is empty');
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    // No cause: OpenSSL's text may quote the input.
    throw invalidTenant('privateKey', 'is not a PEM private key, or its passphrase is wrong');
  }
}
