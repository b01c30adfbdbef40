/** Signs in at the editor as its administrator, as Node-RED's own page does: https://nodered.org/docs/api/admin/oauth */
export function signIn(editor: string, password: string): Promise<Response> {
  return fetch(new URL('/auth/token', editor), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_id: 'node-red-admin',
      grant_type: 'password',
      scope: '',
      username: 'admin',
      password,
    }),
  });
}
