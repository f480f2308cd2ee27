/* One OpenAPI document out of the services' own. */

const SERVICES = ['auth', 'parking', 'reservation', 'payment', 'notification', 'analytics'];
const SECTIONS = [
  'schemas', 'responses', 'parameters', 'examples', 'requestBodies', 'headers', 'securitySchemes', 'links', 'callbacks',
];
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
// In this order a person reads them.
const MEMBERS = ['openapi', 'info', 'servers', 'tags', 'paths', 'components', 'x-unavailable'];
const GUIDE = [
  'All services of the parking platform behind one gateway: accounts, lots and prices, reservations and gates, '
    + 'payments, notifications, figures. Searching for lots, their prices and what is free needs no token.',
  '**Token.** Make an account with `POST /api/v1/auth/register`, then ask `POST /api/v1/auth/token` for an access token '
    + 'with the form `grant_type=password&username=…&password=…`. Send it as `Authorization: Bearer <access_token>`. '
    + 'Before its `expires_in` seconds are over, the refresh token gives the next one.',
  '**Idempotency-Key.** Send a new UUID with each POST that creates something; bookings, payments and refunds need it. '
    + 'The same request with the same key gets the first answer again, with `Idempotent-Replayed: true`. '
    + 'So a lost answer can be asked for again without a second booking.',
  '**Problems.** Every error is `application/problem+json` (RFC 9457). Go by its `type`: it is stable, its words are not. '
    + 'What is wrong in a request stands in `errors`, each with a `pointer` and a `detail`. '
    + 'Where `Retry-After` stands, the same request may succeed after so many seconds. '
    + 'Quote the `request_id` when you ask for help.',
  '**Pages.** Lists answer `{"items": [...], "next": …}`. Follow `next` until it is null; it stands in `Link` too. '
    + '`limit` is 20 unless given.',
  '**Values.** Times are RFC 3339 with an offset. Money is `{"amount": 1250, "currency": "EUR"}` in minor units, '
    + 'here 12.50 EUR. Unknown fields and query parameters are refused. Answers may get new fields, and a text with '
    + '`x-extensible-enum` new words: read on where you meet one.',
  '**Live messages.** `GET /api/v1/ws` is a WebSocket; `POST /api/v1/ws/tickets` says how it is spoken.',
];
const CACHE_SECONDS = 30;
const CACHE_SECONDS_WHEN_PARTIAL = 5;

function has(object, name) {
  return Object.prototype.hasOwnProperty.call(object, name);
}

function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** JSON with sorted keys, so that equal contents give equal texts. */
function canonical(value) {
  if (Array.isArray(value)) {
    return '[' + value.map(canonical).join(',') + ']';
  }
  if (isObject(value)) {
    const members = Object.keys(value).sort().map((name) => JSON.stringify(name) + ':' + canonical(value[name]));
    return '{' + members.join(',') + '}';
  }
  return JSON.stringify(value);
}

/** Calls visit(section, name) for each component that the value refers to. */
function eachReference(value, visit) {
  if (Array.isArray(value)) {
    value.forEach((item) => eachReference(item, visit));
  } else if (isObject(value)) {
    Object.keys(value).forEach((name) => {
      const found = name === '$ref' && /^#\/components\/([A-Za-z]+)\/([^/]+)$/.exec(value[name]);
      if (found) {
        visit(found[1], found[2]);
      } else {
        eachReference(value[name], visit);
      }
    });
  }
}

/** 'section/name' of every component that two documents define differently, directly or through what it refers to. */
function conflictsIn(documents) {
  const contents = {};
  documents.forEach((document) => SECTIONS.forEach((section) => {
    const components = document.components[section] || {};
    Object.keys(components).forEach((name) => {
      const id = section + '/' + name;
      contents[id] = contents[id] || [];
      contents[id].push(components[name]);
    });
  }));
  const shared = Object.keys(contents).filter((id) => contents[id].length > 1);
  const conflicts = {};
  shared.forEach((id) => {
    if (contents[id].some((content) => canonical(content) !== canonical(contents[id][0]))) {
      conflicts[id] = true;
    }
  });
  let before = -1;
  while (before !== Object.keys(conflicts).length) {
    before = Object.keys(conflicts).length;
    shared.forEach((id) => eachReference(contents[id][0], (section, name) => {
      if (has(conflicts, section + '/' + name)) {
        conflicts[id] = true;
      }
    }));
  }
  return conflicts;
}

function titled(service) {
  return service.charAt(0).toUpperCase() + service.slice(1);
}

/** The value with every reference to a conflicting component turned to its service's own name. */
function renamed(value, service, conflicts) {
  if (Array.isArray(value)) {
    return value.map((item) => renamed(item, service, conflicts));
  }
  if (!isObject(value)) {
    return value;
  }
  const copy = {};
  Object.keys(value).forEach((name) => {
    const found = typeof value[name] === 'string' && /^#\/components\/([A-Za-z]+)\/([^/]+)$/.exec(value[name]);
    if (found && has(conflicts, found[1] + '/' + found[2])) {
      copy[name] = '#/components/' + found[1] + '/' + titled(service) + found[2];
    } else if (name === 'security' && Array.isArray(value[name])) {
      copy[name] = value[name].map((requirement) => renamedRequirement(requirement, service, conflicts));
    } else {
      copy[name] = renamed(value[name], service, conflicts);
    }
  });
  return copy;
}

/** Security requirements name their schemes bare, without a reference. */
function renamedRequirement(requirement, service, conflicts) {
  const copy = {};
  Object.keys(requirement).forEach((name) => {
    copy[has(conflicts, 'securitySchemes/' + name) ? titled(service) + name : name] = requirement[name];
  });
  return copy;
}

/** The paths that the gateway routes, in alphabetical order: that of the document is lost in reading it. */
function publicPaths(document) {
  return Object.keys(document.paths).filter((path) => path.startsWith('/api/')).sort();
}

function addPaths(merged, document, conflicts, operationIds) {
  publicPaths(document).forEach((path) => {
    const item = renamed(document.paths[path], document.service, conflicts);
    METHODS.filter((method) => isObject(item[method])).forEach((method) => {
      const operation = item[method];
      if (operation.operationId !== undefined && has(operationIds, operation.operationId)) {
        operation.operationId = document.service + '_' + operation.operationId;
      }
      operationIds[operation.operationId] = true;
      if (operation.security === undefined && Array.isArray(document.security)) {
        operation.security = document.security.map(
          (requirement) => renamedRequirement(requirement, document.service, conflicts));
      }
    });
    merged.paths[path] = Object.assign(merged.paths[path] || {}, item);
  });
}

function addComponents(merged, document, conflicts) {
  SECTIONS.forEach((section) => {
    const components = document.components[section] || {};
    Object.keys(components).forEach((name) => {
      const target = has(conflicts, section + '/' + name) ? titled(document.service) + name : name;
      merged.components[section] = merged.components[section] || {};
      merged.components[section][target] = renamed(components[name], document.service, conflicts);
    });
  });
}

/** The tags that a document describes, and after them those that its operations merely use. */
function addTags(merged, document) {
  const used = [];
  publicPaths(document).forEach((path) => METHODS.forEach((method) => {
    const operation = document.paths[path][method];
    ((isObject(operation) && operation.tags) || []).forEach((name) => used.push({ name }));
  }));
  (document.tags || []).concat(used).forEach((tag) => {
    if (!merged.tags.some((known) => known.name === tag.name)) {
      merged.tags.push(tag);
    }
  });
}

/** What the document is and where to begin, in Markdown. */
function described(unavailable) {
  const missing = 'Not answering at the moment, so missing here: ' + unavailable.join(', ') + '.';
  return (unavailable.length === 0 ? [] : [missing]).concat(GUIDE).join('\n\n');
}

/** JSON with the members of an object in this order. */
function inOrder(object, names, write) {
  return '{' + names.map((name) => JSON.stringify(name) + ':' + write(object[name])).join(',') + '}';
}

/** The JSON of the merged document: njs alone writes the members of a large object in the order of their hashes. */
function written(document, paths) {
  const alphabetical = (section) => inOrder(section, Object.keys(section).sort(), JSON.stringify);
  const parts = {
    paths: () => inOrder(document.paths, paths, JSON.stringify),
    components: () => inOrder(document.components, SECTIONS.filter((each) => has(document.components, each)), alphabetical),
  };
  const members = MEMBERS.filter((name) => has(document, name));
  return '{' + members.map(
    (name) => JSON.stringify(name) + ':' + (has(parts, name) ? parts[name]() : JSON.stringify(document[name]))).join(',') + '}';
}

/** The documents as one. Paths that the gateway does not route are left out. */
function merge(documents, unavailable) {
  const conflicts = conflictsIn(documents);
  const operationIds = {};
  const merged = {
    openapi: '3.1.0',
    info: {
      title: 'Parking platform',
      version: 'v1',
      description: described(unavailable),
    },
    servers: [{ url: '/' }],
    tags: [],
    paths: {},
    components: {},
  };
  if (unavailable.length > 0) {
    merged['x-unavailable'] = unavailable;
  }
  documents.forEach((document) => {
    addPaths(merged, document, conflicts, operationIds);
    addComponents(merged, document, conflicts);
    addTags(merged, document);
  });
  return merged;
}

async function documentOf(r, service) {
  try {
    const reply = await r.subrequest('/documents/' + service);
    const document = reply.status === 200 ? JSON.parse(reply.responseText) : null;
    if (!isObject(document) || !isObject(document.paths)) {
      return null;
    }
    document.service = service;
    document.components = document.components || {};
    return document;
  } catch (e) {
    r.warn('no OpenAPI document of ' + service);
    return null;
  }
}

/** Asks all services at once; 503 only where none answers. */
async function merged(r) {
  const replies = await Promise.all(SERVICES.map((service) => documentOf(r, service)));
  const documents = replies.filter((document) => document !== null);
  const unavailable = SERVICES.filter((service) => !documents.some((document) => document.service === service));
  if (documents.length === 0) {
    r.return(503);
    return;
  }
  const seconds = unavailable.length === 0 ? CACHE_SECONDS : CACHE_SECONDS_WHEN_PARTIAL;
  r.headersOut['Content-Type'] = 'application/json';
  r.headersOut['X-Accel-Expires'] = String(seconds);
  r.headersOut['Cache-Control'] = 'public, max-age=' + seconds;
  // The services in the order of a driver's journey, as `SERVICES` has them.
  const paths = documents.map(publicPaths).reduce((all, each) => all.concat(each.filter((path) => !all.includes(path))), []);
  r.return(200, written(merge(documents, unavailable), paths));
}

export default { merged };
