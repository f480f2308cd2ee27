/* One OpenAPI document out of the services' own. */

const SERVICES = ['auth', 'parking', 'reservation', 'payment', 'notification', 'analytics'];
const SECTIONS = [
  'schemas', 'responses', 'parameters', 'examples', 'requestBodies', 'headers', 'securitySchemes', 'links', 'callbacks',
];
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
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

function addPaths(merged, document, conflicts, operationIds) {
  Object.keys(document.paths).filter((path) => path.startsWith('/api/')).forEach((path) => {
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

function addTags(merged, document) {
  (document.tags || []).forEach((tag) => {
    if (!merged.tags.some((known) => known.name === tag.name)) {
      merged.tags.push(tag);
    }
  });
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
      description: unavailable.length === 0 ? 'All services behind one gateway.'
        : 'Not answering at the moment, so missing here: ' + unavailable.join(', ') + '.',
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
  r.return(200, JSON.stringify(merge(documents, unavailable)));
}

export default { merged };
