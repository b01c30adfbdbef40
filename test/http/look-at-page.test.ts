/** A page as this host sees it. */
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { asConnectorError } from '../../src/errors.ts';
import { lookAtPage } from '../../src/http/look-at-page.ts';
import { startHttps, testAuthority } from './loopback-server.ts';

describe('a page that is looked at', () => {
  async function look(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<unknown> {
    const server = await startHttps(answer);
    try {
      return await codeOrPage(new URL('/activate', server.url));
    } finally {
      await server.close();
    }
  }

  async function codeOrPage(url: URL): Promise<unknown> {
    const { ca } = await testAuthority();
    return lookAtPage(url, { ca, signal: new AbortController().signal }).catch(
      (error: unknown) => asConnectorError(error).code,
    );
  }

  it('is asked for once, without credentials, and its status is no error', async () => {
    const asked: unknown[] = [];
    const page = await look(({ method, url, headers }, response) => {
      asked.push([method, url, headers.authorization, headers.cookie]);
      response.writeHead(410).end('gone');
    });
    assert.deepEqual([page, asked], [{ status: 410, text: 'gone' }, [['GET', '/activate', undefined, undefined]]]);
  });

  it('is none that is larger than a page, belongs to a stranger, or is nowhere', async () => {
    assert.equal(await look((_request, response) => response.end('x'.repeat(300_000))), 'ERR_HTTP_TOO_LARGE');
    assert.equal(
      await look((_request, response) => response.writeHead(302, { location: 'https://evil.example/' }).end()),
      'ERR_HTTP_REDIRECT',
    );
    assert.equal(await codeOrPage(new URL('https://127.0.0.1:1/')), 'ERR_HTTP_UNREACHABLE');
  });
});
