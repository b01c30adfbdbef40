/*
 * What the fields of this dialog may hold. The runtime refuses the same (nodes/fields.ts); a test holds the two together.
 * Node-RED shows a returned text as the reason only if the validator has two parameters; it runs for every node of a flow,
 * also for those whose dialog was never opened, whose property may then be missing: that is its default.
 */
export function check(property, rule, options) {
  const required = options && options.required;
  const when = (options && options.when) || {};
  return function (value, _opt) {
    const node = this;
    const counts = Object.keys(when).every(function (name) {
      return when[name].indexOf(chosen(node, name)) >= 0;
    });
    if (!counts) return true;
    const unset = value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
    if (unset ? !required : isVariable(value) || rule.test(value, node)) return true;
    const label = node._(node.type + '.field.' + property);
    const reason = typeof rule.reason === 'function' ? rule.reason(value, node) : rule;
    return (
      '“' +
      label +
      '”: ' +
      node._('shared.invalid.' + reason.key, reason.values) +
      ' ' +
      node._('shared.invalid.variable')
    );
  };
}

/* A choice as it stands: in the open dialog, or as it was saved. */
export function chosen(node, property) {
  const prefix = node._def.category === 'config' ? '#node-config-input-' : '#node-input-';
  const input = RED.editor.getEditStack().indexOf(node) >= 0 ? $(prefix + property) : $();
  const value = input.length ? input.val() : node[property];
  return value || node._def.defaults[property].value;
}

/* Node-RED puts the value in when the flow starts. */
export function isVariable(value) {
  return typeof value === 'string' && /^\$(\{\S+\}|\(\S+\))$/.test(value);
}

function textRule(key, test, values) {
  return {
    key: key,
    values: values,
    test: function (value) {
      return typeof value !== 'object' && test(String(value).trim());
    },
  };
}

function numberRule(key, test, min, max) {
  const most = max === undefined ? Number.MAX_SAFE_INTEGER : max;
  const fits = function (text) {
    const number = Number(text);
    return Number.isFinite(number) && number >= min && number <= most && test(number);
  };
  return max === undefined ? textRule(key, fits, { min: min }) : textRule(key + 'To', fits, { min: min, max: max });
}

export function number(min, max) {
  return numberRule('number', Number.isFinite, min, max);
}

export function wholeNumber(min, max) {
  return numberRule('wholeNumber', Number.isInteger, min, max);
}

export function choice(words) {
  const fits = function (text) {
    return words.indexOf(text) >= 0;
  };
  return textRule('choice', fits, { choices: words.join(', ') });
}

export function matching(key, pattern) {
  return textRule(key, function (text) {
    return pattern.test(text);
  });
}

/* A name of the IANA time zone database. */
export function timeZone() {
  return textRule('timeZone', function (text) {
    try {
      return Boolean(new Intl.DateTimeFormat('en', { timeZone: text }));
    } catch {
      return false;
    }
  });
}

/* Every entry of a list fits. */
export function listOf(key, rule) {
  return textRule(key, function (text) {
    return text
      .split(/[\s,;]+/)
      .filter(Boolean)
      .every(rule.test);
  });
}

export function anyText() {
  return matching('text', /^/);
}

export function flag() {
  return matching('flag', /^(true|false)$/);
}

/* An https address; `here`: http to this host too; `plain`: without a query. */
export function address(key, here, plain) {
  return textRule(key, function (text) {
    if (/\s/.test(text) || (plain && /[?#]/.test(text))) return false;
    try {
      const url = new URL(text);
      const loopback = /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
      const safe = url.protocol === 'https:' || (Boolean(here) && url.protocol === 'http:' && loopback);
      return safe && url.username === '' && url.password === '';
    } catch {
      return false;
    }
  });
}

export function mailAddress() {
  const plain =
    /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
  return textRule('mailAddress', function (text) {
    return text.length <= 254 && text.lastIndexOf('@') <= 64 && plain.test(text);
  });
}

export function domain() {
  const plain = /^(?=.{1,240}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?\.?$/i;
  return textRule('domain', function (text) {
    return plain.test(asciiDomain(text));
  });
}

/* `müller.example` as DNS knows it; empty if it is no name. */
function asciiDomain(text) {
  if (/^[ -~]*$/.test(text)) return text;
  try {
    return /[\s/?#@:\\[\]]/.test(text) ? '' : new URL('http://' + text).hostname;
  } catch {
    return '';
  }
}

function isAddress6(text) {
  if (text.indexOf(':') < 0 || !/^[0-9a-f:.]+$/i.test(text)) return false;
  try {
    return Boolean(new URL('http://[' + text + ']'));
  } catch {
    return false;
  }
}

export function nameServer() {
  return textRule('nameServers', function (text) {
    if (text === 'system' || isAddress6(text)) return true;
    const parts = /^(?:\[([^\]]+)\]|(\d{1,3}(?:\.\d{1,3}){3}))(?::(\d{1,5}))?$/.exec(text);
    if (!parts) return false;
    const host = parts[1] ? isAddress6(parts[1]) : parts[2].split('.').every((byte) => Number(byte) < 256);
    return host && (!parts[3] || (Number(parts[3]) > 0 && Number(parts[3]) < 65536));
  });
}

export function host() {
  return textRule('host', function (text) {
    return /^[^\s/@:]+$/.test(text) || isAddress6(text);
  });
}

export function tenant() {
  return matching('tenant', /^(?!(common|organizations|consumers)$)[a-z0-9][a-z0-9.-]*$/i);
}
