import assert from 'node:assert/strict';
import { isConnectorError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';

/** Checks the code of a rejection and that no secret is in it. */
export async function rejectsWith(work: Promise<unknown>, code: ErrorCode, text?: RegExp): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof Error);
    assert.ok(isConnectorError(error), `not one of ours: ${error.stack ?? ''}`);
    assert.equal(error.code, code, error.message);
    assert.doesNotMatch(`${error.message}${JSON.stringify(error.details)}`, /s3cret/);
    if (text !== undefined) assert.match(error.message, text);
    return true;
  });
}
