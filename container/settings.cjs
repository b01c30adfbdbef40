// Node-RED's settings in the container. Everything secret comes from the environment; see docs/container.md.
const { createHash, timingSafeEqual } = require('node:crypto');

function needed(name, what) {
  const value = process.env[name];
  if (!value) throw new Error(`Set ${name}_FILE: ${what}`);
  return value;
}

const credentialSecret = needed('NODE_RED_CREDENTIAL_SECRET', 'a file with what encrypts the passwords in the flows.');
// Whoever may deploy flows owns the connector, so there is no editor without a password.
const password = needed('NODE_RED_ADMIN_PASSWORD', 'a file with the password of the flow editor.');
const username = process.env.NODE_RED_ADMIN_USER || 'admin';
const administrator = { username, permissions: '*' };
const digest = (text) => createHash('sha256').update(String(text)).digest();

module.exports = {
  flowFile: 'flows.json',
  flowFilePretty: true,
  credentialSecret,
  uiHost: '0.0.0.0',
  uiPort: Number(process.env.NODE_RED_PORT || 1880),
  adminAuth: {
    type: 'credentials',
    users: (name) => Promise.resolve(name === username ? administrator : null),
    authenticate: (name, given) => {
      const isRight = timingSafeEqual(digest(given), digest(password)) && name === username;
      return Promise.resolve(isRight ? administrator : null);
    },
  },
  // What runs here is what was built: nothing is installed at run time.
  externalModules: {
    autoInstall: false,
    palette: { allowInstall: false, allowUpload: false },
    modules: { allowInstall: false },
  },
  telemetry: { enabled: false, updateNotification: false },
  // So that the Autodiscover check remembers over a restart what it said last.
  contextStorage: { default: { module: 'localfilesystem' } },
  logging: { console: { level: process.env.NODE_RED_LOG || 'info', metrics: false, audit: false } },
};
