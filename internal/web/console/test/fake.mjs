import { readFileSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';

// A daemon that says what a test wants: the built page under the daemon's own policy, and the API as docs describe it.

const dist = new URL('../dist/', import.meta.url);
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.txt': 'text/plain' };
const policy = readFileSync(new URL('../../routes.go', import.meta.url), 'utf8')
  .match(/Content-Security-Policy", ([^)]*)\)/)[1].replace(/"\s*\+\s*"/g, '').replace(/^"|"$/g, '');

export const place = {
  name: 'test', version: 'test', simulated: true,
  sectors: [{ id: 's', extent: { west: -97.34, south: 48.95, east: -97.13, north: 49.06 }, sides: ['US', 'CA'] }],
  border: { type: 'FeatureCollection', features: [{ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: [[-97.1, 49], [-97.4, 49]] } }] },
  zones: { type: 'FeatureCollection', features: [] },
  sensors: [{ id: 'twr-01', sector: 's', group: 'tower-01', kind: 'radar', format: 'cutline/v1', topic: 'border/s/twr-01/detections', pose: { lat: 49.02, lon: -97.28, alt_m: 240, heading_deg: 180 }, coverage: { range_m: 9000, azimuth_deg: [85, 275] } }],
  basemap: null,
};

export function alertEvent(id, more = {}) {
  const now = new Date().toISOString();
  return {
    type: 'alert', time: now, sector: 's',
    alert: {
      id, kind: 'crossing', state: 'unacknowledged', level: 'confirmed', priority: 'high', change: 'new', time: now, raised: now, updated: now, lat: 49.0004, lon: -97.24, direction: 'US>CA', count: 1,
      class: 'person', confidence: 0.97, tracks: [`t-${id}`], evidence: [{ sensor: 'twr-01', group: 'tower-01', time: now, residual_sigma: 0.8, detection: '1-1' }, { sensor: 'cam-02', group: 'tower-02', time: now, residual_sigma: -1.4, detection: '2-1' }],
      rule: '2 independent groups agree', rule_fr: '2 groupes indépendants concordent', text: `Person crossed, number ${id}`, text_fr: `Une personne a franchi la ligne, numéro ${id}`, revision: 1, ...more,
    },
  };
}

export function trackEvent(id, lat, lon, more = {}) {
  return {
    type: 'track', time: new Date().toISOString(), sector: 's',
    track: { id, status: 'confirmed', lat, lon, speed_mps: 1.4, course_deg: 10, cov: { ee: 40, en: 5, nn: 30 }, existence: 1, class: { person: 0.8, unknown: 0.2 }, sensors: ['twr-01'], groups: ['tower-01'], lineage: [], friendly: false, ...more },
  };
}

const changes = {
  ack: (_, b) => ({ state: 'acknowledged', acked_by: b.by }),
  assign: (_, b) => ({ owner: b.owner }),
  shelve: (_, b) => ({ state: 'shelved', shelf: { by: b.by, reason: b.reason, until: new Date(Date.now() + 1000 * b.for_s).toISOString() } }),
  unshelve: () => ({ state: 'unacknowledged', shelf: undefined }),
  comment: (a, b) => ({ comments: [...(a.comments ?? []), { by: b.by, time: new Date().toISOString(), text: b.comment }] }),
  resolve: (_, b) => ({ state: 'resolved', change: 'end', verdict: b.verdict, resolved_by: b.by }),
};

export class Fake {
  streams = new Set();
  state = new Map(); // what exists, by what it is about
  history = [];
  log = []; // the messages of the stream, by their sequence less one
  posted = [];
  seq = 0;
  port = 0;

  constructor(site = place) {
    this.site = site;
  }

  async start() {
    this.server = createServer((q, s) => this.answer(q, s));
    await new Promise((done) => this.server.listen(this.port, '127.0.0.1', done));
    this.port = this.server.address().port;
    return `http://127.0.0.1:${this.port}/`;
  }

  async stop() {
    for (const s of this.streams) s.destroy();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  emit(...events) {
    let text = '';
    for (const e of events) {
      this.seq++;
      const body = e[e.type];
      this.state.set(`${e.type}/${body?.id ?? ''}`, e);
      this.history.push(e);
      const message = `event: ${e.type}\nid: ${this.seq}\ndata: ${JSON.stringify(e)}\n\n`;
      this.log.push(message);
      text += message;
    }
    for (const s of this.streams) s.write(text);
  }

  raw(data) {
    for (const s of this.streams) s.write(`event: track\ndata: ${data}\n\n`);
  }

  answer(q, s) {
    const url = new URL(q.url, 'http://x');
    s.setHeader('Content-Security-Policy', policy);
    const json = (code, v) => {
      s.writeHead(code, { 'Content-Type': 'application/json' });
      s.end(JSON.stringify(v));
    };
    const api = url.pathname.match(/^\/api\/v1\/(.*)$/)?.[1];
    if (api === undefined) return this.file(url.pathname, s);
    if (api === 'stream') return this.stream(q, s);
    if (api === 'status') return json(200, { ready: true, components: [{ name: 'influx', ok: true, since: '', message: '1 points' }], versions: {}, rates: {}, lags: {}, started: '', seq: this.seq, streams: 1 });
    if (api === 'site') return json(200, this.site);
    if (api === 'basemap') return s.writeHead(200, { 'Content-Type': 'application/octet-stream' }).end('this is no file of tiles');
    if (api === 'alerts') return json(200, { seq: this.seq, alerts: [...this.state.values()].filter((e) => e.type === 'alert') });
    if (api === 'rejects') return json(200, { seq: this.seq, rejects: [] });
    if (api === 'history') {
      s.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
      return s.end(this.history.map((e) => JSON.stringify(e)).join('\n'));
    }
    const [, id, verb] = api.match(/^alerts\/([^/]+)\/(\w+)$/) ?? [];
    if (q.method === 'POST' && id) return this.command(q, decodeURIComponent(id), verb, json);
    return json(404, { error: 'there is none' });
  }

  command(q, id, verb, json) {
    let text = '';
    q.on('data', (d) => (text += d));
    q.on('end', () => {
      const body = JSON.parse(text);
      this.posted.push({ id, verb, ...body });
      const e = this.state.get(`alert/${id}`);
      if (!e) return json(404, { error: `there is no alert ${id}` });
      if (q.headers['if-match'] && q.headers['if-match'] !== `"${e.alert.revision}"`) return json(409, { error: `${e.alert.acked_by} has acknowledged it`, alert: e });
      const change = changes[verb](e.alert, body);
      const after = { ...e, alert: { ...e.alert, change: 'update', ...change, revision: e.alert.revision + 1 } };
      this.emit(after);
      json(200, after);
    });
  }

  stream(q, s) {
    s.writeHead(200, { 'Content-Type': 'text/event-stream' });
    s.write('retry: 1000\n\n');
    const last = q.headers['last-event-id'];
    if (last) {
      for (const message of this.log.slice(Number(last))) s.write(message);
    } else {
      s.write(': existing\n\n');
      for (const e of this.state.values()) s.write(`event: ${e.type}\ndata: ${JSON.stringify(e)}\n\n`);
    }
    s.write(`event: live\nid: ${this.seq}\ndata: {"seq":${this.seq}}\n\n`);
    this.streams.add(s);
    s.on('close', () => this.streams.delete(s));
  }

  file(path, s) {
    const file = new URL(`.${path === '/' ? '/index.html' : path}`, dist);
    if (!existsSync(file)) return s.writeHead(404).end();
    s.writeHead(200, { 'Content-Type': types[extname(file.pathname)] ?? 'application/octet-stream' });
    return s.end(readFileSync(file));
  }
}
